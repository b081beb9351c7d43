import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

const PRODUCT = `
export type Unit = 'left' | 'right';
const names = { many: 'many', few: 'few' };
export function size(count: number): string {
  if (count < 0) throw new Error('a count is never below nothing');
  return count > 3 ? names.many : names.few;
}
export function drained(count: number): number {
  let left = count;
  while (left > 0) left -= 1;
  return left;
}
`;

const WEAK = `
import { drained, size } from '../../core/size.ts';
test('sizes', () => {
  expect(size(9)).toBe('many');
  expect(size(1)).toBe('few');
  expect(drained(2)).toBe(0);
});
`;

const STRONG = `
import { drained, size } from '../../core/size.ts';
test.each([[0, 'few'], [3, 'few'], [4, 'many']])('%d is %s', (count, name) => expect(size(count)).toBe(name));
test('a count below nothing is refused', () => expect(() => size(-1)).toThrow());
test('nothing is left', () => expect(drained(2)).toBe(0));
`;

/** What the runner prints of a product whose tests are these. */
function proved(tests: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-mutation-test-'));
  try {
    for (const name of ['core', 'test/unit']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'core/size.ts'), PRODUCT);
    writeFileSync(join(folder, 'test/unit/size.test.ts'), tests);
    const args = ['bin/node.mjs', 'test/prove/mutation.ts', '--folder', folder, '--workers', '1'];
    return execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const survivors = (lines: string[]) => lines.filter((line) => line.startsWith('core/'));

test('a weak test leaves the bounds that it does not try', () => {
  const lines = survivors(proved(WEAK));
  expect(lines).toContainEqual(expect.stringContaining('EqualityOperator: count > 3 → count >= 3'));
  expect(lines).toContainEqual(expect.stringContaining('EqualityOperator: count < 0 → count <= 0'));
  expect(lines).not.toContainEqual(expect.stringContaining("'many'"));
}, 120_000);

test('a strong test kills them all, and a loop without end is ended', () => {
  const lines = proved(STRONG);
  expect(survivors(lines)).toEqual([]);
  expect(lines).toContainEqual('1 mutants of wording are left out of core/.');
}, 120_000);
