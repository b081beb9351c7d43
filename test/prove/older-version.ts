import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleProduct } from '../simulator/bundle.ts';

const root = resolve(import.meta.dirname, '../..');

/** The oldest commit whose functions must get on with those of today, on one table and one pair of queues. */
const OLDER = '8caa3c0973';
const NEEDED = ['core', 'store', 'lambdas', 'local'];

/** Its functions as the simulator runs them; undefined where there is no history that has it, or no tar. */
export async function bundleOlder(folder: string): Promise<{ bundle: string; name: string } | undefined> {
  const tree = join(folder, 'older');
  mkdirSync(tree);
  const archive = spawnSync('git', ['archive', OLDER, ...NEEDED], { cwd: root, maxBuffer: 2 ** 28 });
  if (archive.status !== 0) return undefined;
  if (spawnSync('tar', ['-x', '-C', tree], { input: archive.stdout }).status !== 0) return undefined;
  const bundle = join(folder, 'older.mjs');
  await bundleProduct(bundle, [], tree);
  return { bundle, name: OLDER };
}
