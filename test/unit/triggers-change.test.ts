import { aWatcher, losses, onMetrics } from '../support/builders.ts';
import { aMatcher } from '../support/matcher.ts';
import { type MetricRow, testMetricRow, windowWith } from '../support/metric-row.ts';

const aggregates = ['min', 'max', 'average'] as const;
/** From 4 on: an amount of 2 is a half of it. */
const directions = [
  { direction: 'increase', met: 7, notMet: 5, atBound: [6] },
  { direction: 'decrease', met: 1, notMet: 3, atBound: [2] },
  { direction: 'either', met: 7, notMet: 5, atBound: [2, 6] },
];
const types = [
  { change_type: 'absolute', amount: 2 },
  { change_type: 'relative', amount: 0.5 },
];

const rows: MetricRow[] = aggregates.flatMap((aggregate) =>
  types.flatMap((type) =>
    directions.map(({ direction, met, notMet, atBound }) => {
      const series = (now: number) => [...windowWith(aggregate, 4, 3), ...windowWith(aggregate, now, 2)];
      const change = { metric: 'loss', aggregate, window: 2, prior_window: 3, direction, ...type };
      return {
        title: `change ${aggregate} ${type.change_type} ${direction}`,
        condition: { change },
        met: series(met),
        notMet: series(notMet),
        atBound: atBound.map(series),
        firesAtBound: true,
        notFull: series(met).slice(1),
      };
    }),
  ),
);

for (const row of rows) testMetricRow(row);

describe('change', () => {
  const fires = (change: object, values: number[]) => {
    const condition = { metric: 'loss', window: 1, prior_window: 1, ...change };
    const trigger = onMetrics({ change: condition }, { repeat: { mode: 'every_time' } });
    return aMatcher(aWatcher({ trigger }, 'aut')).send(losses(values));
  };

  test.each([
    ['increase', [4, 1], []],
    ['decrease', [4, 7], []],
    ['either', [4, 1, 4], ['aut@1', 'aut@2']],
  ])('in the direction %s is blind to the other one', async (direction, values, fired) => {
    expect(await fires({ change_type: 'absolute', direction, amount: 2 }, values)).toEqual(fired);
  });

  test.each(['increase', 'decrease', 'either'])(
    'relative to a prior of 0 is never met (%s)',
    async (direction) => {
      expect(await fires({ direction, amount: 0.1 }, [0, 5])).toEqual([]);
      expect(await fires({ direction, amount: 0.1 }, [0, -5])).toEqual([]);
    },
  );

  test('absolute from a prior of 0 is met', async () => {
    expect(await fires({ change_type: 'absolute', amount: 5 }, [0, 5])).toEqual(['aut@1']);
  });

  test('relative is measured against the size of a negative prior', async () => {
    expect(await fires({ direction: 'increase', amount: 0.5 }, [-4, -2])).toEqual(['aut@1']);
    expect(await fires({ direction: 'decrease', amount: 0.5 }, [-4, -6])).toEqual(['aut@1']);
    expect(await fires({ direction: 'increase', amount: 0.5 }, [-4, -6])).toEqual([]);
  });

  test('compares with the window right before, which does not overlap', async () => {
    // Of 1 1 | 5 5 the change is 4; were the windows to overlap, it would be 2 or 0.
    const change = { window: 2, prior_window: 2, change_type: 'absolute', amount: 4 };
    expect(await fires(change, [1, 1, 5, 5, 5])).toEqual(['aut@3']);
  });

  test('has W&B’s defaults: the average of 10 against that of the 50 before, relative, either way', async () => {
    const condition = { change: { metric: 'loss', amount: 1 } };
    const matcher = aMatcher(aWatcher({ trigger: onMetrics(condition) }, 'aut'));
    const values = [...new Array(50).fill(1), ...new Array(9).fill(2)];
    expect(await matcher.send(losses(values))).toEqual([]);
    expect(await matcher.send(losses([2], 59))).toEqual(['aut@59']);
    const [delivery] = matcher.store.deliveries.values();
    expect(delivery!.facts).toMatchObject({ metric_value: 1, metric_values: new Array(10).fill(2) });
  });

  test('among the largest numbers is still a number', async () => {
    expect(await fires({ amount: 1.5 }, [-1.7e308, 1.7e308])).toEqual(['aut@1']);
  });
});
