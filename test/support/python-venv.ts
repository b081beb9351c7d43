import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const INSTALL_MS = 180_000;

/** The Python that holds exactly what `requirements` pins; made once, and undefined where it can't be. */
export function venvPython(name: string, requirements: string): string | undefined {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(root, '.cache', `${name}-${hash}`);
  const python = (venv: string) => join(venv, 'bin/python');
  if (existsSync(folder)) return python(folder);
  // Suites that start side by side each make one, and the first to be ready stays.
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
    const isMade =
      runs('python3', ['-m', 'venv', unfinished]) &&
      runs(python(unfinished), [...install, '-r', requirements]);
    if (!isMade) return undefined;
    if (!existsSync(folder)) renameSync(unfinished, folder);
    return python(folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function runs(program: string, args: string[]): boolean {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: INSTALL_MS });
  if (status !== 0) console.warn(`${program} ${args.join(' ')} failed: ${stderr?.trim().split('\n').at(-1)}`);
  return status === 0;
}
