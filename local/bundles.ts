import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildFunctions } from '../bin/build.ts';
import { Trouble } from './trouble.ts';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache/signalbox');
const sources = ['lambdas', 'core', 'store', 'bin/build.ts', 'package-lock.json'];
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The folder of the built functions, built now if any source changed since. A folder is named after what it was
 * built from and never changes, so runtimes that start side by side cannot disturb each other.
 */
export async function builtFunctions(): Promise<string> {
  const folder = join(cache, sourceHash());
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  try {
    mkdirSync(cache, { recursive: true });
    await buildFunctions(unfinished);
    writeFileSync(join(unfinished, 'package.json'), '{"type":"commonjs"}\n');
    keep(unfinished, folder);
  } catch (error) {
    throw new Trouble(`The functions do not build: ${reasonOf(error)}`, { cause: error });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  removeOld();
  return folder;
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesIn(source)).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

function filesIn(source: string): string[] {
  const path = join(root, source);
  if (!statSync(path).isDirectory()) return [source];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

/** Somebody else may have built the same meanwhile; theirs is as good. */
function keep(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function removeOld(): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  type BuildError = { errors?: { text: string; location?: { file: string; line: number } | null }[] };
  const [first] = (error as BuildError).errors ?? [];
  if (!first) return error instanceof Error ? error.message : String(error);
  return first.location ? `${first.location.file}:${first.location.line}: ${first.text}` : first.text;
}
