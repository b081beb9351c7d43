import { emptySeries, placeValue } from '../../core/metrics/series.ts';
import { encodeSeries } from '../../core/metrics/series-codec.ts';
import { reachOf } from '../../core/watch.ts';
import { keptBytes, seriesBytes, shareOf, windowBudgets } from '../../core/window-budget.ts';
import { onEvent, onMetrics, onStates, onThreshold } from '../support/builders.ts';
import { worstSeries } from '../support/worst-series.ts';

describe('what automations make a run keep', () => {
  test('is for each metric its name and the largest reach, and for each automation a latch', () => {
    const shares = [
      { metric: 'loss', reach: 5, latches: 1 },
      { metric: 'loss', reach: 60, latches: 1 },
      { metric: 'loss', reach: 1, latches: 1 },
      { metric: '__proto__', reach: 2, latches: 1 },
      { metric: '損失', reach: 1, latches: 1 },
      { metric: '', reach: 0, latches: 7 },
    ];
    expect(keptBytes([])).toBe(0);
    expect(keptBytes(shares)).toBe(4 + 32 + 60 * 22 + (9 + 32 + 2 * 22) + (6 + 32 + 22) + 12 * 80);
  });

  test.each<[string, Parameters<typeof shareOf>[0], ReturnType<typeof shareOf>]>([
    ['a threshold', onThreshold({ window: 7 }), { metric: 'loss', reach: 7, latches: 1 }],
    ['a state', onStates(['KILLED']), { metric: '', reach: 0, latches: 1 }],
    ['FAILED, which takes CRASHED as well', onStates(['FAILED']), { metric: '', reach: 0, latches: 2 }],
    ['states named twice', onStates(['CRASHED', 'FAILED', 'FAILED']), { metric: '', reach: 0, latches: 2 }],
    ['an artifact event', onEvent('artifact.linked'), undefined],
  ])('of one on %s', (_name, trigger, share) => {
    expect(shareOf(trigger)).toEqual(share);
  });

  test.each([1, 2, 3, 10, 60, 65, 300, 1_000, 2_000])(
    'holds %i values of a metric, however badly they pack',
    (count) => {
      const bytes = encodeSeries(worstSeries(count)).length;
      expect(bytes).toBeLessThanOrEqual(seriesBytes('', count) - 2);
      // They do pack badly.
      if (count > 1) expect(bytes).toBeGreaterThan(count * 20);
    },
  );

  test('holds a series of which all was let go', () => {
    const series = emptySeries();
    placeValue(series, { step: 2 ** 52, value: 1 / 3, receivedAtMs: 1_790_000_000_000 }, 1);
    series.start = series.end;
    expect(encodeSeries(series).length).toBeLessThanOrEqual(seriesBytes('', 0) - 2);
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

  test('has a limit in the three scopes that a run is in, 350,000 bytes all together', () => {
    expect(windowBudgets).toEqual({ organization: 70_000, team: 90_000, project: 190_000 });
  });
});
