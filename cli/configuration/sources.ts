import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { badUsage } from '../trouble.ts';
import { textOfUtf8 } from '../utf-8.ts';
import type { Source } from './read-documents.ts';

/** The texts of files, of all YAML and JSON files below folders, and of standard input, which is called `-`. */
export async function readSources(paths: string[]): Promise<Source[]> {
  const sources: Source[] = [];
  for (const path of paths) {
    if (path === '-') sources.push({ name: '<stdin>', text: await standardInput() });
    else sources.push(...filesOf(path).map((name) => ({ name, text: textOf(name) })));
  }
  return sources;
}

const SAVE_AS_UTF_8 = 'save it as UTF-8';

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return textOfUtf8(Buffer.concat(chunks), 'standard input', SAVE_AS_UTF_8);
}

function filesOf(path: string): string[] {
  if (!statOf(path).isDirectory()) return [path];
  // In capitals too: with --prune, what a file that is passed over names would be deleted.
  const found = globSync('**/*', { cwd: path }).filter(
    (file) => /\.(ya?ml|json)$/i.test(file) && !/(^|[\\/])(\.|node_modules)/.test(file),
  );
  if (found.length === 0) throw badUsage(`there is no .yaml, .yml or .json file in ${path}`);
  return found.sort().map((file) => join(path, file));
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function textOf(path: string): string {
  return textOfUtf8(bytesOf(path), path, SAVE_AS_UTF_8);
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Says of a file why it can not be read. */
export function unreadable(path: string, error: unknown) {
  const { code = '' } = error as { code?: string };
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'you may not read it',
    EISDIR: 'it is a folder',
  };
  return badUsage(`can not read ${path}: ${reasons[code] ?? code}`);
}
