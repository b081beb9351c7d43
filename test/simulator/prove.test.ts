import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

function prove(...args: string[]) {
  const all = ['bin/node.mjs', 'test/prove/prove.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

// The long form, and everything else that is proved: npm run prove.
test('5,000 schedules of faults break no promise', () => {
  const { status, said } = prove('--short');
  expect(said).toMatch(/5,000 schedules from seed 1, .* 0 violations/);
  expect(status).toBe(0);
}, 600_000);

test('a schedule that is replayed leaves the same trace', () => {
  const [once, again] = [prove('--seed', '7'), prove('--seed', '7')];
  expect(once.said).toMatch(/seed 7, trace [0-9a-f]{16}, 0 violations/);
  expect(again.said).toBe(once.said);
}, 120_000);
