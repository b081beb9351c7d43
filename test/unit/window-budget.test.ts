import { reachOf } from '../../core/watch.ts';
import { keptValues, windowBudgets } from '../../core/window-budget.ts';
import { onEvent, onMetrics, onStates, onThreshold } from '../support/builders.ts';

describe('how many values a run keeps', () => {
  test('is for each metric the largest reach', () => {
    expect(keptValues([])).toBe(0);
    expect(
      keptValues([
        { metric: 'loss', reach: 5 },
        { metric: 'loss', reach: 60 },
        { metric: 'loss', reach: 1 },
        { metric: 'accuracy', reach: 3 },
        { metric: '__proto__', reach: 2 },
      ]),
    ).toBe(65);
  });

  test.each<[string, Parameters<typeof reachOf>[0], number]>([
    ['a threshold: its window', onThreshold({ window: 7 }), 7],
    ['a change: both windows', onMetrics({ change: { metric: 'a', amount: 1 } }), 60],
    ['a z-score across values: its window and the newest', onMetrics({ zscore: { metric: 'a' } }), 31],
    ['a z-score across runs: the newest', onMetrics({ zscore: { metric: 'a', across: 'runs' } }), 1],
    ['not_finite: one', onMetrics({ not_finite: { metric: 'a' } }), 1],
    ['run states: none', onStates(['FAILED']), 0],
    ['an artifact event: none', onEvent('artifact.linked'), 0],
  ])('the reach of %s', (_name, trigger, reach) => {
    expect(reachOf(trigger)).toBe(reach);
  });

  test('has a limit in the three scopes that a run is in, 15,000 values all together', () => {
    expect(windowBudgets).toEqual({ organization: 3_000, team: 4_000, project: 8_000 });
  });
});
