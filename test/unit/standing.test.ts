import type { RunState } from '../../core/event.ts';
import { emptySeries, placeValue } from '../../core/metrics/series.ts';
import { ANY_TRIGGER } from '../../core/runs/latch.ts';
import { latchKey, newRunMemory, type RunMemory } from '../../core/runs/memory.ts';
import { type Standing, standingOf } from '../../core/runs/standing.ts';
import type { Trigger } from '../../core/trigger.ts';
import { aWatcher, onEvent, onMetrics, onStates, onThreshold } from '../support/builders.ts';

const NOW_MS = 1_000_000;
const DAY_MS = 86_400_000;
const average = { aggregate: 'average', window: 3 };
const onChange = onMetrics({
  change: { metric: 'loss', window: 2, prior_window: 2, change_type: 'absolute', amount: 1 },
});

/** A run that had these values of loss, received 10 ms apart. */
function aRun(values: number[], change: Partial<RunMemory> = {}): RunMemory {
  const series = emptySeries();
  for (const [step, value] of values.entries()) {
    placeValue(series, { step, value, receivedAtMs: 100 + 10 * step }, 100);
  }
  return { ...newRunMemory(), series: new Map([['loss', series]]), ...change };
}

function standing(memory: RunMemory, trigger: Trigger, savedAtMs = 0, others?: number[]): Standing {
  const watcher = aWatcher({ trigger }, 'aut_1', savedAtMs);
  return standingOf(memory, watcher, { nowMs: NOW_MS, lastOfOthers: () => others });
}

test.each<[string, Trigger, number[], object]>([
  ['one value', onThreshold(), [2], { held: 1, needed: 1, value: 2, isMet: false }],
  ['one value that meets it', onThreshold(), [2, 0.25], { held: 1, needed: 1, value: 0.25, isMet: true }],
  ['a window that fills', onThreshold(average), [1, 2], { held: 2, needed: 3, isMet: false }],
  ['a full window', onThreshold(average), [9, 1, 2, 3], { held: 3, needed: 3, value: 2, isMet: false }],
  ['a full window that meets it', onThreshold(average), [0, 0, 0], { value: 0, isMet: true }],
  ['a change that fills its current window', onChange, [1], { held: 1, prior: { held: 0, needed: 2 } }],
  ['a change that fills its prior window', onChange, [1, 1, 1], { held: 3, prior: { held: 1, needed: 2 } }],
  [
    'a full change',
    onChange,
    [1, 1, 3, 3],
    { needed: 4, prior: { held: 2, needed: 2 }, value: 2, isMet: true },
  ],
  [
    'a change of nothing',
    onMetrics({ change: { metric: 'loss', window: 1, prior_window: 1, amount: 1 } }),
    [0, 5],
    { value: Number.NaN, isMet: false },
  ],
])('tells how full the windows are of %s', (_, trigger, values, expected) => {
  expect(standing(aRun(values), trigger).window).toMatchObject({ tooOld: 0, ...expected });
});

test('tells no value while the window is not full, and no prior window of what has none', () => {
  const { window } = standing(aRun([1]), onThreshold(average));
  expect(window).toEqual({
    held: 1,
    needed: 3,
    tooOld: 0,
    newestStep: 0,
    lastReceivedAtMs: 100,
    isMet: false,
  });
});

test('a filter does not change how full the windows are', () => {
  const trigger = onThreshold({}, { filter: { user: 'ada' } });
  expect(standing(aRun([0.25]), trigger).window).toMatchObject({ value: 0.25, isMet: true });
});

test.each([
  [100, { held: 3, tooOld: 0 }],
  [101, { held: 3, tooOld: 0 }],
  [110, { held: 3, tooOld: 0 }],
  [111, { held: 2, tooOld: 1 }],
  [121, { held: 1, tooOld: 2 }],
  [1_000, { held: 0, tooOld: 3 }],
])(
  'of four values, those that came before the trigger was saved at %i do not count',
  (savedAtMs, expected) => {
    expect(standing(aRun([1, 1, 1, 1]), onThreshold(average), savedAtMs).window).toMatchObject(expected);
  },
);

test('a series that lost all its values tells none, nor a time where it never got one', () => {
  const memory = { ...newRunMemory(), series: new Map([['loss', emptySeries()]]) };
  expect(standing(memory, onThreshold()).window).toEqual({ held: 0, needed: 1, tooOld: 0, isMet: false });
});

test('a z-score across runs is one against the other runs', () => {
  const trigger = onMetrics({ zscore: { metric: 'loss', window: 3, across: 'runs' } });
  expect(standing(aRun([9, 6]), trigger, 0, [1, 2, 3]).window).toMatchObject({ value: 4, isMet: true });
  expect(standing(aRun([6]), trigger).window).not.toHaveProperty('value');
});

test.each<[string, RunMemory, Trigger]>([
  ['a run that is not known', newRunMemory(), onThreshold()],
  ['another metric', aRun([1]), onThreshold({ metric: 'accuracy' })],
  ['states', aRun([1]), onStates(['FAILED'])],
])('there is no window of %s', (_, memory, trigger) => {
  expect(standing(memory, trigger)).not.toHaveProperty('window');
});

test('a value that is not finite has no window to tell of', () => {
  const trigger = onMetrics({ not_finite: { metric: 'loss' } });
  expect(standing(aRun([1]), trigger).window).toMatchObject({ held: 1, needed: 1, isMet: false });
});

describe('what holds it back', () => {
  const latched = (trigger: Trigger, atMs: number, change: object = {}, state?: RunState) => {
    const { triggerHash } = aWatcher({ trigger });
    const latch = { triggerHash, atMs, wasFalse: false, ...change };
    return standing(aRun([1], { latches: new Map([[latchKey('aut_1', state), latch]]) }), trigger).latches;
  };
  const repeated = (mode: string, more: object = {}) => onThreshold({}, { repeat: { mode, ...more } });

  test.each<[string, Trigger, number, object, Standing['latches']]>([
    ['for a day', onThreshold(), 500, {}, [{ firedAtMs: 500, untilMs: 500 + DAY_MS }]],
    ['until the day is over', onThreshold(), NOW_MS - DAY_MS, {}, []],
    [
      'to the last moment',
      onThreshold(),
      NOW_MS - DAY_MS + 1,
      {},
      [{ firedAtMs: NOW_MS - DAY_MS + 1, untilMs: NOW_MS + 1 }],
    ],
    ['for good', repeated('once_per_run'), 500, {}, [{ firedAtMs: 500 }]],
    ['not at all', repeated('every_time'), 500, {}, []],
    ['until it is false', repeated('after_false'), 500, {}, [{ firedAtMs: 500 }]],
    ['no more, once it was false', repeated('after_false'), 500, { wasFalse: true }, []],
    [
      'for an interval',
      repeated('interval', { seconds: 2_000 }),
      500,
      {},
      [{ firedAtMs: 500, untilMs: 2_000_500 }],
    ],
    ['not by an earlier trigger', onThreshold(), 500, { triggerHash: 'another' }, []],
    [
      'by a latch of the first version, whatever its trigger',
      onThreshold(),
      500,
      { triggerHash: ANY_TRIGGER },
      [{ firedAtMs: 500, untilMs: 500 + DAY_MS }],
    ],
  ])('is told: %s', (_, trigger, atMs, change, expected) => {
    expect(latched(trigger, atMs, change)).toEqual(expected);
  });

  test('is told of each state, and of CRASHED with FAILED', () => {
    const trigger = onStates(['FAILED']);
    const told = [{ state: 'CRASHED', firedAtMs: 500, untilMs: 500 + DAY_MS }];
    expect(latched(trigger, 500, {}, 'CRASHED')).toEqual(told);
    expect(latched(trigger, 500, {}, 'FINISHED')).toEqual([]);
    expect(latched(trigger, 500)).toEqual([]);
  });
});

describe('the state of the run', () => {
  const pulse = { intervalMs: 60_000, lastAtMs: 1_000, run: { id: 'run-1' } };

  test.each<[string, Partial<RunMemory>, object]>([
    ['nothing', {}, {}],
    ['as an event said', { state: { state: 'FAILED' } }, { state: { now: 'FAILED', isSilent: false } }],
    [
      'as silence said',
      { state: { state: 'CRASHED', before: 'RUNNING' } },
      { state: { now: 'CRASHED', isSilent: true } },
    ],
    [
      'as silence said of a run of which nothing was known',
      { state: { state: 'CRASHED', before: null } },
      { state: { now: 'CRASHED', isSilent: true } },
    ],
    ['a pulse that is waited for', { pulse }, { silentAtMs: 181_000 }],
    [
      'a pulse of a run that is over',
      { pulse, state: { state: 'FINISHED' } },
      { state: { now: 'FINISHED', isSilent: false } },
    ],
    ['late values', { late: 3 }, { late: 3 }],
  ])('is told: %s', (_, change, expected) => {
    const { window: _window, ...rest } = standing(aRun([1], change), onThreshold());
    expect(rest).toEqual({ latches: [], late: 0, ...expected });
  });
});

test('an automation on other events stands nowhere', () => {
  expect(standing(aRun([1]), onEvent('artifact.linked'))).toEqual({ latches: [], late: 0 });
});
