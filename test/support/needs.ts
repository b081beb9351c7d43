import { spawnSync } from 'node:child_process';
import { findTrainer } from '../../local/demo/training.ts';

interface Need {
  name: string;
  isMet: () => boolean;
}

/** What a test may need of the machine beyond npm and Node. */
const needs = {
  curl: {
    name: 'bash and curl 7.76 or newer',
    isMet: () => spawnSync('bash', ['-c', 'curl --fail-with-body --version']).status === 0,
  },
  python3: { name: 'a Python 3.9 or newer that runs', isMet: () => findTrainer('python') !== undefined },
} satisfies Record<string, Need>;

/**
 * `test` where the machine has what the test needs. Where it has not, the test is skipped under a name that says
 * why, and with CI_STRICT=1 it fails.
 */
export function testNeeding(
  need: keyof typeof needs,
): (name: string, run: () => Promise<void>, timeoutMs?: number) => void {
  const { name: what, isMet } = needs[need];
  if (isMet()) return test;
  if (process.env['CI_STRICT'] !== '1') return (name, run) => test.skip(`${name} (needs ${what})`, run);
  return (name) =>
    test(name, () => {
      throw new Error(`CI_STRICT=1 and this machine lacks ${what}`);
    });
}
