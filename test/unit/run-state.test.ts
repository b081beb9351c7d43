import type { Threshold } from '../../core/automation.ts';
import { parseJson } from '../../core/json.ts';
import { describeThreshold, judgeThreshold } from '../../core/metrics/threshold.ts';
import { applyMetrics, beginMessage, newRunState, type RunState } from '../../core/run-state.ts';
import { type ThresholdWatcher, thresholdWatchers } from '../../core/watcher.ts';
import { aMetricsEvent, aThreshold, aWatcher, pointsOf } from '../support/builders.ts';

const HOUR_MS = 3_600_000;

function watching(
  change: Partial<Threshold> = {},
  more: Partial<ThresholdWatcher> = {},
  filter = {},
  id = 'aut_1',
) {
  const watcher = aWatcher({ trigger: { event: 'run.metrics', threshold: aThreshold(change), filter } }, id);
  return thresholdWatchers([watcher]).map((one) => ({ ...one, ...more }));
}

function apply(
  state: RunState,
  watchers: ThresholdWatcher[],
  values: (number | string)[],
  { firstStep = 0, receivedAtMs = 1000, change = {} as object } = {},
) {
  const event = aMetricsEvent({ points: pointsOf('loss', values, firstStep), ...change });
  return applyMetrics(state, event, receivedAtMs, new Map([['loss', watchers]]));
}

const stepsOf = (firings: { step: number }[]) => firings.map(({ step }) => step);

describe('a threshold', () => {
  test.each<[Threshold['comparison'], number, boolean]>([
    ['>', 2.1, true],
    ['>', 2, false],
    ['>=', 2, true],
    ['>=', 1.9, false],
    ['<', 1.9, true],
    ['<', 2, false],
    ['<=', 2, true],
    ['<=', 2.1, false],
    ['==', 2, true],
    ['==', 2.1, false],
    ['!=', 2.1, true],
    ['!=', 2, false],
  ])('%s 2 judges %p as %p', (comparison, value, met) => {
    expect(judgeThreshold(aThreshold({ comparison, value: 2 }), [value]).met).toBe(met);
  });

  test.each<[Threshold['aggregate'], number]>([
    ['last', 4],
    ['min', 1],
    ['max', 7],
    ['average', 4],
  ])('takes the %s of its window', (aggregate, value) => {
    expect(judgeThreshold(aThreshold({ aggregate }), [1, 7, 4]).value).toBe(value);
  });

  test('takes the average of the largest numbers for a number', () => {
    expect(judgeThreshold(aThreshold({ aggregate: 'average' }), [1.7e308, 1.7e308]).value).toBe(1.7e308);
  });

  test('reads as a condition', () => {
    expect(describeThreshold(aThreshold({ aggregate: 'average', window: 5 }))).toBe('average(loss, 5) < 0.5');
    expect(describeThreshold(aThreshold())).toBe('loss < 0.5');
  });
});

describe('metrics of a run', () => {
  test('fire at the step at which the window’s aggregate first meets the bound', () => {
    const watchers = watching({ aggregate: 'average', window: 3, comparison: '<=', value: 0.4 });
    const [firing, ...others] = apply(newRunState(), watchers, [0.9, 0.6, 0.4, 0.3, 0.1, 0.1]);
    // Averages from step 2 on: 0.633, 0.433, 0.267.
    expect(firing).toMatchObject({ step: 4, window: [0.4, 0.3, 0.1], metric: 'loss', attempt: 0 });
    expect(firing!.value).toBeCloseTo(0.8 / 3, 12);
    expect(others).toEqual([]);
  });

  test('do not fire before the window is full', () => {
    expect(apply(newRunState(), watching({ window: 3 }), [0.1, 0.1])).toEqual([]);
  });

  test('fire the same whether they come one by one or together', () => {
    const values = [0.9, 0.8, 0.3, 0.9, 0.2];
    const [together, single] = [newRunState(), newRunState()];
    const firings = apply(together, watching({ window: 2, aggregate: 'max' }), [...values, 0.1]);
    const oneByOne = [...values, 0.1].flatMap((value, at) =>
      apply(single, watching({ window: 2, aggregate: 'max' }), [value], { firstStep: at }),
    );
    expect(stepsOf(firings)).toEqual([5]);
    expect(stepsOf(oneByOne)).toEqual([5]);
    expect(single.series).toEqual(together.series);
  });

  test('fire once per run in 24 hours, and again after that', () => {
    const state = newRunState();
    expect(stepsOf(apply(state, watching(), [0.1, 0.1]))).toEqual([0]);
    const later = { firstStep: 2, receivedAtMs: 1000 + 24 * HOUR_MS - 1 };
    expect(apply(state, watching(), [0.1], later)).toEqual([]);
    const dayLater = { firstStep: 3, receivedAtMs: 1000 + 24 * HOUR_MS };
    expect(stepsOf(apply(state, watching(), [0.1], dayLater))).toEqual([3]);
  });

  test('fire again when the trigger was changed, not when only the action was', () => {
    const state = newRunState();
    apply(state, watching(), [0.1]);
    expect(apply(state, watching(), [0.1], { firstStep: 1 })).toEqual([]);
    expect(stepsOf(apply(state, watching({ value: 0.4 }), [0.1], { firstStep: 2 }))).toEqual([2]);
  });

  test('received before the trigger was saved do not count', () => {
    const state = newRunState();
    const watchers = watching({ window: 2 }, { triggerSavedAtMs: 1500 });
    expect(apply(state, watchers, [0.1, 0.1, 0.1], { receivedAtMs: 1000 })).toEqual([]);
    expect(apply(state, watchers, [0.1], { firstStep: 3, receivedAtMs: 2000 })).toEqual([]);
    expect(stepsOf(apply(state, watchers, [0.1], { firstStep: 4, receivedAtMs: 2000 }))).toEqual([4]);
  });

  test('that are repeated change nothing', () => {
    const state = newRunState();
    const watchers = watching({ window: 2 });
    expect(apply(state, watchers, [0.1])).toEqual([]);
    expect(apply(state, watchers, [0.1])).toEqual([]);
    expect(state.series.get('loss')!.values).toEqual([0.1]);
  });

  test('that come late take their place, and the window is judged again', () => {
    const state = newRunState();
    const watchers = watching({ window: 3, aggregate: 'max' });
    apply(state, watchers, [0.1], { firstStep: 0 });
    apply(state, watchers, [0.1], { firstStep: 2 });
    const [firing] = apply(state, watchers, [0.3], { firstStep: 1 });
    expect(firing).toMatchObject({ step: 2, window: [0.1, 0.3, 0.1] });
  });

  test('that come too late are counted and dropped', () => {
    const state = newRunState();
    apply(state, watching({ window: 2 }), [0.9, 0.9, 0.9], { firstStep: 5 });
    expect(apply(state, watching({ window: 2 }), [0.1], { firstStep: 1 })).toEqual([]);
    expect(state.late).toBe(1);
  });

  test('that are not finite stay out of the window', () => {
    const state = newRunState();
    const values = ['NaN', 'Infinity', 0.1, '-Infinity', 0.1];
    expect(stepsOf(apply(state, watching({ window: 2 }), values))).toEqual([4]);
  });

  test('without a step are the next one', () => {
    const state = newRunState();
    apply(state, watching({ window: 9 }), [0.5], { firstStep: 6 });
    const points = [{ metrics: { loss: 0.4 } }, { metrics: { loss: 0.3 } }];
    apply(state, watching({ window: 9 }), [], { change: { points } });
    expect(state.series.get('loss')!.steps).toEqual([6, 7, 8]);
  });

  test('of a newer attempt replace what came at its first step and later', () => {
    const state = newRunState();
    const watchers = watching({ window: 9 });
    apply(state, watchers, [0.9, 0.8, 0.7, 0.6]);
    apply(state, watchers, [0.5], { firstStep: 2, change: { run: { id: 'run-1', attempt: 1 } } });
    expect(state.series.get('loss')).toMatchObject({ steps: [0, 1, 2], values: [0.9, 0.8, 0.5] });
    apply(state, watchers, [0.1], { firstStep: 9, change: { run: { id: 'run-1', attempt: 0 } } });
    expect(state.series.get('loss')!.steps).toEqual([0, 1, 2]);
  });

  test('that nobody watches leave no trace', () => {
    const state = newRunState();
    applyMetrics(
      state,
      aMetricsEvent({ points: pointsOf('other', [1, 2]) }),
      1,
      new Map([['loss', watching()]]),
    );
    expect(state.series.size).toBe(0);
  });

  test('are seen only by automations whose filter takes the run', () => {
    const byName = (pattern: string) => watching({}, {}, { 'run.name': { $regex: pattern } });
    expect(apply(newRunState(), byName('^calm'), [0.1])).toHaveLength(1);
    expect(apply(newRunState(), byName('^wild'), [0.1])).toHaveLength(0);
  });

  test('watched by several automations are kept once, as long as the longest window needs', () => {
    const state = newRunState();
    const watchers = [...watching({ window: 1 }), ...watching({ window: 4 }, {}, {}, 'aut_2')];
    const firings = apply(state, watchers, [0.1, 0.1, 0.1, 0.1, 0.1]);
    expect(firings.map(({ watcher, step }) => [watcher.automationId, step])).toEqual([
      ['aut_1', 0],
      ['aut_2', 3],
    ]);
    expect(state.series.get('loss')!.steps).toEqual([1, 2, 3, 4]);
  });

  test('named like a property of every object are metrics like any other', () => {
    const event = aMetricsEvent({ points: [{ step: 0, metrics: parseJson('{"toString": 0.1}') }] });
    const watchers = new Map([
      ['toString', watching({ metric: 'toString' })],
      ['valueOf', watching()],
    ]);
    expect(applyMetrics(newRunState(), event, 1, watchers)).toHaveLength(1);
  });
});

describe('a message', () => {
  test('is applied once', () => {
    const state = newRunState();
    expect([beginMessage(state, 'm1'), beginMessage(state, 'm1'), beginMessage(state, 'm2')]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('is remembered among the last 32', () => {
    const state = newRunState();
    for (let n = 0; n < 40; n++) beginMessage(state, `m${n}`);
    expect(state.applied).toHaveLength(32);
    expect(beginMessage(state, 'm39')).toBe(false);
  });
});
