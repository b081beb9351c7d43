import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The oldest commit whose functions must get on with those of today, on one table and one pair of queues. */
const OLDER = '8caa3c0973';
const NEEDED = ['core', 'store', 'lambdas', 'local'];

/** Unpacks that commit; without a history `work` gets no tree, and the reason in the place of a name. */
export async function withOlderVersion<Value>(
  folder: string,
  work: (tree: string | undefined, name: string) => Promise<Value>,
): Promise<Value> {
  const tree = join(folder, 'older');
  mkdirSync(tree);
  const archive = spawnSync('git', ['archive', OLDER, ...NEEDED], { cwd: root, maxBuffer: 2 ** 28 });
  if (archive.status !== 0) return work(undefined, `commit ${OLDER} is not here`);
  const { status } = spawnSync('tar', ['-x', '-C', tree], { input: archive.stdout });
  return status === 0 ? work(tree, OLDER) : work(undefined, 'there is no tar');
}
