import { execFileSync, spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/local-runtime.ts';

const root = join(import.meta.dirname, '../..');

/** What was landed first: its stack could be deployed. */
export const FIRST_VERSION = 'f336ac4';

/** Whether this is a clone whose history reaches back to it. */
export function hasFirstVersion(): boolean {
  return spawnSync('git', ['cat-file', '-e', `${FIRST_VERSION}^{commit}`], { cwd: root }).status === 0;
}

/** The files of a commit in a folder of their own, with the packages of this version: all that it uses are the same. */
export function checkOut(commit: string): string {
  const folder = temporaryFolder();
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['x', '-C', folder], { input: archive });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
