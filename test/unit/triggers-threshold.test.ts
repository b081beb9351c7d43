import { aWatcher, losses, onThreshold } from '../support/builders.ts';
import { aMatcher } from '../support/matcher.ts';
import { type MetricRow, testMetricRow, windowWith } from '../support/metric-row.ts';

const aggregates = ['last', 'min', 'max', 'average'] as const;

/** What meets a comparison with 2 (or with the range from 1 to 2), and what does not. */
const comparisons = [
  { comparison: '>', value: 2, met: 2.5, notMet: 1.5, atBound: [2], firesAtBound: false },
  { comparison: '>=', value: 2, met: 2.5, notMet: 1.5, atBound: [2], firesAtBound: true },
  { comparison: '<', value: 2, met: 1.5, notMet: 2.5, atBound: [2], firesAtBound: false },
  { comparison: '<=', value: 2, met: 1.5, notMet: 2.5, atBound: [2], firesAtBound: true },
  { comparison: '==', value: 2, met: 2, notMet: 2.5, atBound: [2], firesAtBound: true },
  { comparison: '!=', value: 2, met: 2.5, notMet: 2, atBound: [2], firesAtBound: false },
  { comparison: 'between', values: [1, 2], met: 1.5, notMet: 2.5, atBound: [1, 2], firesAtBound: true },
  { comparison: 'outside', values: [1, 2], met: 2.5, notMet: 1.5, atBound: [1, 2], firesAtBound: false },
];

const rows: MetricRow[] = aggregates.flatMap((aggregate) =>
  comparisons.map(({ met, notMet, atBound, firesAtBound, ...comparison }) => ({
    title: `threshold ${aggregate} ${comparison.comparison}`,
    condition: { threshold: { metric: 'loss', aggregate, window: 3, ...comparison } },
    met: windowWith(aggregate, met, 3),
    notMet: windowWith(aggregate, notMet, 3),
    atBound: atBound.map((bound) => windowWith(aggregate, bound, 3)),
    firesAtBound,
    notFull: windowWith(aggregate, met, 2),
  })),
);

for (const row of rows) testMetricRow(row);

describe('threshold', () => {
  const fires = (change: object, values: (number | string)[]) =>
    aMatcher(aWatcher({ trigger: onThreshold(change, { repeat: { mode: 'every_time' } }) }, 'aut')).send(
      losses(values),
    );

  test('without a window looks at the newest value alone', async () => {
    expect(await fires({}, [0.9, 0.4, 0.9, 0.4])).toEqual(['aut@1', 'aut@3']);
  });

  test.each([
    ['between below its range', 'between', 0.5, false],
    ['between above its range', 'between', 2.5, false],
    ['outside below its range', 'outside', 0.5, true],
    ['outside above its range', 'outside', 2.5, true],
    ['outside inside its range', 'outside', 1.5, false],
  ])('%s', async (_name, comparison, value, isMet) => {
    const change = { comparison, values: [1, 2], value: undefined };
    expect(await fires(change, [value])).toEqual(isMet ? ['aut@0'] : []);
  });

  test('between two equal numbers is met by that number only', async () => {
    const change = { comparison: 'between', values: [2, 2], value: undefined };
    expect(await fires(change, [1.9, 2, 2.1])).toEqual(['aut@1']);
  });

  test('slides its window from value to value', async () => {
    // Averages of two: 0.75, 0.5, 0.45, 0.65.
    const change = { aggregate: 'average', window: 2, comparison: '<', value: 0.5 };
    expect(await fires(change, [0.9, 0.6, 0.4, 0.5, 0.8])).toEqual(['aut@3']);
  });

  test('takes the average of the largest numbers for a number', async () => {
    const change = { aggregate: 'average', window: 2, comparison: '==', value: 1.7e308 };
    expect(await fires(change, [1.7e308, 1.7e308])).toEqual(['aut@1']);
  });

  test('takes -0 and 0 for the same number', async () => {
    expect(await fires({ comparison: '==', value: 0 }, [-0, 0, 1])).toEqual(['aut@0', 'aut@1']);
    expect(await fires({ comparison: '==', value: -0 }, [0])).toEqual(['aut@0']);
    expect(await fires({ comparison: '!=', value: 0 }, [-0])).toEqual([]);
  });
});
