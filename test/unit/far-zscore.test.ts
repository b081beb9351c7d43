import { zscoreAgainst } from '../../core/metrics/gauge.ts';

const ROOT = Math.SQRT1_2;

test.each([
  ['of small numbers', 4, [1, 2, 3], 2],
  ['below the average', 0, [1, 2, 3], -2],
  ['at the average', 2, [1, 2, 3], 0],
  ['of numbers whose squares overflow', 1e200, [1e200, -1e200], ROOT],
  ['of numbers whose sums overflow', 1.7e308, [1.7e308, -1.7e308], ROOT],
  ['far beyond what the others say', 1.7e308, [1, -1], 1.7e308 * ROOT],
  ['of numbers whose squares vanish', 1e-200, [1e-200, -1e-200], ROOT],
])('a z-score %s is right', (_, newest, others, expected) => {
  const zscore = zscoreAgainst(newest, others);
  expect(zscore / (expected || 1)).toBeCloseTo(expected === 0 ? 0 : 1, 9);
});

test.each([
  ['no other', []],
  ['one other', [1]],
  ['others that are all the same', [2, 2, 2]],
])('there is no z-score with %s', (_, others) => {
  expect(zscoreAgainst(1, others)).toBeNaN();
});
