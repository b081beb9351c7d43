import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { plantedBugs as bugsOfMatching } from '../prove/planted-bugs.ts';
import { plantedBugs as bugsOfTheDesign } from '../simulator/planted-bugs.ts';

const root = resolve(import.meta.dirname, '../..');
const edits = [
  ...bugsOfTheDesign.flatMap(({ name, edits: all }) => all.map((edit) => ({ name, ...edit }))),
  ...bugsOfMatching,
];

/** An edit that no longer fits plants no bug: the proof would stop there hours later. */
test.each(edits)('$name: its text stands once in $file, and becomes another', ({ file, from, to }) => {
  const text = readFileSync(resolve(root, file), 'utf8');
  expect(text.split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});

test.each([
  ['of the design', bugsOfTheDesign, 63],
  ['of matching', bugsOfMatching, 60],
])('planted bugs %s have names of their own', (_which, bugs, least) => {
  const names = bugs.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(least);
});
