import { PairTable } from '../../core/matching/pair-table.ts';

const pairs = Array.from({ length: 5_000 }, (_, at) => [at % 71, at - 2_500] as const);

test('each pair keeps its number while the table grows, and no other pair is taken for it', () => {
  const table = new PairTable();
  for (const [at, [a, b]] of pairs.entries()) expect(table.getOrMake(a, b, () => at + 1)).toBe(at + 1);
  expect(pairs.map(([a, b]) => table.get(a, b))).toEqual(pairs.map((_, at) => at + 1));
  expect(pairs.filter(([a, b]) => table.get(a + 71, b) !== 0)).toEqual([]);
});

test('a pair that is known is not made again', () => {
  const table = new PairTable();
  table.getOrMake(3, -4, () => 9);
  const make = () => {
    throw new Error('made twice');
  };
  expect(table.getOrMake(3, -4, make)).toBe(9);
});

test('a pair of zeros has no number before it has one', () => {
  const table = new PairTable();
  expect(table.get(0, 0)).toBe(0);
  expect(table.getOrMake(0, 0, () => 5)).toBe(5);
  expect(table.get(0, 0)).toBe(5);
  expect(table.get(0, 1)).toBe(0);
});
