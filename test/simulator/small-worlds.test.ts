import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

interface Told {
  isComplete: boolean;
  violations: string[];
  steps: number;
  outcomes: string[];
}

// All of them, and whole: npm run prove -- --only smallest.
test('the orders that make a difference end as all orders do, and show a planted bug', () => {
  const args = ['bin/node.mjs', join('test', 'simulator', 'compare-searches.ts')];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const [crashing, racing, planted]: { few: Told; all: Told }[] = JSON.parse(stdout);
  for (const { few, all } of [crashing, racing] as { few: Told; all: Told }[]) {
    for (const one of [few, all]) expect(one).toMatchObject({ isComplete: true, violations: [] });
    expect(few.outcomes).toEqual(all.outcomes);
    expect(few.steps * 4).toBeLessThan(all.steps);
  }
  expect(crashing?.few.outcomes).toHaveLength(12);
  expect(racing?.few.outcomes).toHaveLength(2);
  expect(planted?.few.violations[0]).toMatch(/^G\d/);
}, 300_000);
