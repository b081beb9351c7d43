import { GaugeBoard, zscoreAgainst } from '../../core/metrics/gauge.ts';
import { emptySeries, placeValue } from '../../core/metrics/series.ts';

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

/** A board over a series that grew to these values, brought up to date after each. */
function slid(values: number[], read: (board: GaugeBoard) => number, capacity = 100): number {
  const series = emptySeries();
  const board = new GaugeBoard(series);
  let last = Number.NaN;
  for (const [step, value] of values.entries()) {
    placeValue(series, { step, value, receivedAtMs: 0 }, capacity);
    board.update();
    last = read(board);
  }
  return last;
}

test('a z-score is right far from where the window was before', () => {
  const zscore = slid([1e-100, 2e-100, 3e-100, 1, 2, 3, 1e250], (board) =>
    board.gauge({ kind: 'zscore', window: 3 }).read(),
  );
  expect(zscore / 1e250).toBeCloseTo(1, 9);
});

test.each([
  ['ordinary numbers', [1, 2, 3], 1],
  ['wide numbers', [0, 1_000, 2_000], 1_000],
  ['large numbers', [1e200, 2e200, 3e200], 1e200],
  ['small numbers', [1e-200, 2e-200, 3e-200], 1e-200],
  ['numbers that others came before', [1e9, -1e9, 7, 10, 20, 30], 10],
])('the deviation of %s is in their own units', (_, values, expected) => {
  expect(slid(values, (board) => board.deviation(3).read()) / expected).toBeCloseTo(1, 9);
});

test('a z-score among small numbers does not suffer from what their squares lost beside a large one', () => {
  // Its square is 0.45 of a last digit of 1 more than whole ones: beside 1, each of them is rounded down.
  const small = Math.sqrt((2 ** 32 + 0.45) * 2 ** -52);
  const alternating = Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? small : -small));
  const values = [1, ...alternating, 1];
  const zscore = slid(values, (board) => board.gauge({ kind: 'zscore', window: 1_000 }).read(), 1_001);
  expect(zscore * small * Math.sqrt(1_000 / 999)).toBeCloseTo(1, 12);
});
