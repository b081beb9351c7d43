// What a dry run tells of each event, by hand.
import { type DryEvent, dryRun } from '../../core/dry-run/dry-run.ts';
import type { SignalboxEvent } from '../../core/event.ts';
import type { Trigger } from '../../core/trigger.ts';
import {
  aCustomEvent,
  aDefinition,
  aHeartbeat,
  aLinkedEvent,
  aMetricsEvent,
  aStateEvent,
  losses,
  onEvent,
  onMetrics,
  onStates,
  onThreshold,
} from '../support/builders.ts';

const DAY_MS = 86_400_000;
const ORGANIZATION = { kind: 'organization' } as const;

/** The events received a second apart, from second 1 on. */
const received = (events: SignalboxEvent[]): DryEvent[] =>
  events.map((event, at) => ({ event, receivedAtMs: 1_000 * (at + 1) }));

function told(trigger: Trigger, events: DryEvent[], definition: object = {}) {
  const tried = { id: 'aut_1', revision: 1, definition: aDefinition({ trigger, ...definition }) };
  const { firings, misses, counts } = dryRun(tried, events, 0);
  const fired = firings.map(({ delivery: { facts }, ...rest }) => ({ ...rest, step: facts['step'] }));
  return { fired, misses, counts: Object.fromEntries(counts) };
}

const average = { aggregate: 'average', window: 3 };
const everyTime = { repeat: { mode: 'every_time' } };
const failed = aStateEvent('FAILED', { run: { id: 'run-1', attempt: 1 } });
const linked = aLinkedEvent({ id: 'link-7' });

test('a window that fills, a firing, and what its latch holds back', () => {
  expect(told(onThreshold(average), received([losses([1, 0.2, 0.2, 0.2, 0.2])]))).toEqual({
    fired: [{ event: 0, attempt: 0, step: 2 }],
    misses: [
      {
        event: 0,
        count: 2,
        miss: { reason: 'window_not_full', held: 2, needed: 3 },
        steps: { first: 0, last: 1 },
      },
      {
        event: 0,
        count: 2,
        miss: { reason: 'held_back', untilMs: 1_000 + DAY_MS },
        steps: { first: 3, last: 4 },
      },
    ],
    counts: { window_not_full: 2, fired: 1, held_back: 2 },
  });
});

test('numbers that do not meet it are one stretch for each event, with the smallest and the largest', () => {
  const events = received([losses([0.75, 0.9, 0.6]), losses([0.8], 3)]);
  expect(told(onThreshold(), events).misses).toEqual([
    {
      event: 0,
      count: 3,
      miss: { reason: 'not_met', value: 0.6 },
      steps: { first: 0, last: 2 },
      numbers: { least: 0.6, most: 0.9 },
    },
    {
      event: 1,
      count: 1,
      miss: { reason: 'not_met', value: 0.8 },
      steps: { first: 3, last: 3 },
      numbers: { least: 0.8, most: 0.8 },
    },
  ]);
});

test('a firing between them ends a stretch', () => {
  const { fired, misses } = told(onThreshold({}, everyTime), received([losses([0.9, 0.1, 0.8])]));
  expect(fired).toEqual([{ event: 0, attempt: 0, step: 1 }]);
  expect(misses.map(({ steps, count }) => [steps, count])).toEqual([
    [{ first: 0, last: 0 }, 1],
    [{ first: 2, last: 2 }, 1],
  ]);
});

test.each<[string, Trigger, SignalboxEvent[], object[]]>([
  ['another event', onThreshold(), [linked], [{ reason: 'other_event' }]],
  ['another project', onThreshold(), [losses([0.1], 0, { project: 'cifar' })], [{ reason: 'other_scope' }]],
  [
    'another metric',
    onThreshold(),
    [aMetricsEvent({ points: [{ step: 0, metrics: { accuracy: 1 } }] })],
    [{ reason: 'other_metric' }],
  ],
  [
    'an event whose user the filter does not take',
    onThreshold({}, { filter: { user: 'ada' } }),
    [losses([0.1], 0, { user: 'bob' })],
    [{ reason: 'filter', clauses: { holds: false } }],
  ],
  [
    'a value that comes again, and one that comes too late',
    onThreshold({ value: 0 }),
    [losses([1], 5), losses([1], 5), losses([1], 3)],
    [{ reason: 'not_met' }, { reason: 'repeated' }, { reason: 'late' }],
  ],
  ['a value that is not finite', onThreshold(), [losses(['NaN'])], [{ reason: 'not_finite' }]],
  ['a finite value', onMetrics({ not_finite: { metric: 'loss' } }), [losses([1])], [{ reason: 'finite' }]],
  [
    'a change from nothing',
    onMetrics({ change: { metric: 'loss', window: 1, prior_window: 1, amount: 1 } }),
    [losses([0, 1])],
    [{ reason: 'window_not_full', held: 1, needed: 2 }, { reason: 'prior_is_zero' }],
  ],
  [
    'a z-score among equal values',
    onMetrics({ zscore: { metric: 'loss', window: 2 } }),
    [losses([1, 1, 9])],
    [{ reason: 'window_not_full', held: 2, needed: 3 }, { reason: 'no_deviation' }],
  ],
  [
    'metrics of an attempt that another has replaced',
    onThreshold(),
    [
      losses([0.9], 0, { run: { id: 'run-1', attempt: 2 } }),
      losses([0.1, 0.1], 0, { run: { id: 'run-1', attempt: 1 } }),
    ],
    [{ reason: 'not_met' }, { reason: 'older_attempt' }],
  ],
  [
    'a state that it does not name',
    onStates(['FAILED']),
    [aStateEvent('RUNNING')],
    [{ reason: 'other_state' }],
  ],
  ['a sign of life', onStates(['FAILED']), [aHeartbeat()], [{ reason: 'sign_of_life' }]],
  [
    'a state that the run is in already',
    onStates(['FAILED']),
    [failed, aStateEvent('FAILED', { run: { id: 'run-1', attempt: 1 } })],
    [{ reason: 'same_state' }],
  ],
  ['a state whose event comes again', onStates(['FAILED']), [failed, failed], [{ reason: 'repeated' }]],
  [
    'a state of an earlier attempt',
    onStates(['FAILED']),
    [failed, aStateEvent('KILLED', { run: { id: 'run-1', attempt: 0 } })],
    [{ reason: 'older_attempt' }],
  ],
  [
    'a state whose user the filter does not take',
    onStates(['FAILED'], { filter: { user: 'ada' } }),
    [aStateEvent('FAILED', { user: 'bob' })],
    [{ reason: 'filter', clauses: { holds: false } }],
  ],
  [
    'a state that its latch holds back',
    onStates(['FAILED'], { repeat: { mode: 'once_per_run' } }),
    [aStateEvent('FAILED'), aStateEvent('RUNNING'), aStateEvent('FAILED')],
    [{ reason: 'other_state' }, { reason: 'held_back' }],
  ],
])('it tells of %s', (_, trigger, events, reasons) => {
  const { misses } = told(trigger, received(events));
  expect(misses.map(({ miss }) => miss)).toMatchObject(reasons);
});

test('how many values an event has that do not count is told', () => {
  const first = losses([0.9], 0, { run: { id: 'run-1', attempt: 2 } });
  const older = losses([0.1, 0.1], 0, { run: { id: 'run-1', attempt: 1 } });
  const { counts, misses } = told(onThreshold(), received([first, older]));
  expect(counts).toEqual({ not_met: 1, older_attempt: 2 });
  expect(misses.at(-1)).toEqual({ event: 1, count: 2, miss: { reason: 'older_attempt' } });
});

test('an event of metrics that comes again as a whole is repeated, also of an attempt that is the newest', () => {
  const run = (attempt: number) => ({ run: { id: 'run-1', attempt } });
  const [first, second] = [losses([0.9, 0.8]), losses([0.9], 0, run(1))];
  // What comes at the same moment is the same message.
  const events = [first, first, second, second, first].map((event) => ({ event, receivedAtMs: 1_000 }));
  const { misses } = told(onThreshold(), events);
  expect(misses.map(({ miss, count }) => [miss.reason, count])).toEqual([
    ['not_met', 2],
    ['repeated', 2],
    ['not_met', 1],
    ['repeated', 1],
    ['repeated', 2],
  ]);
});

test('states tell of a new attempt, whose values an older one can not rewind, also where only metrics are watched', () => {
  const state = (attempt: number, change = {}) =>
    aStateEvent('RUNNING', { run: { id: 'run-1', attempt }, ...change });
  const [first, again] = [losses([0.9, 0.8]), losses([0.9, 0.8])];
  const lastOf = (...events: SignalboxEvent[]) =>
    told(onThreshold(), received(events)).misses.at(-1)?.miss.reason;
  const rewind = state(0, { rewind_to: 0 });
  expect(lastOf(first, rewind, again)).toBe('not_met');
  expect(lastOf(first, state(1), rewind, again)).toBe('repeated');
});

test('an event that is about no run fires, is the same occurrence when it comes again, and may miss the filter', () => {
  const trigger = onEvent('artifact.linked', { user: 'ada' });
  const events = received([linked, linked, aLinkedEvent({ id: 'other', user: 'bob' }), aCustomEvent()]);
  const { fired, misses, counts } = told(trigger, events, { scope: ORGANIZATION });
  expect(fired).toEqual([{ event: 0, step: undefined }]);
  expect(misses.map(({ event, miss }) => [event, miss.reason])).toEqual([
    [1, 'same_occurrence'],
    [2, 'filter'],
    [3, 'other_event'],
  ]);
  expect(counts).toEqual({ fired: 1, same_occurrence: 1, filter: 1, other_event: 1 });
});

test('silences fire in the order in which they were complete, not in that of the runs', () => {
  const beat = (id: string, seconds: number) => ({
    event: aHeartbeat(seconds, { run: { id } }),
    receivedAtMs: 0,
  });
  const later = { event: linked, receivedAtMs: 999_999 };
  const trigger = onStates(['CRASHED']);
  const tried = { id: 'aut_1', revision: 1, definition: aDefinition({ trigger }) };
  const { firings } = dryRun(tried, [beat('slow', 120), beat('quick', 60), beat('last', 180), later], 0);
  expect(firings.map(({ delivery }) => delivery.facts['run_id'])).toEqual(['quick', 'slow', 'last']);
});

test('a silence is an event of its own, from the moment at which a sweeper would have found it', () => {
  const trigger = onStates(['CRASHED'], { repeat: { mode: 'every_time' } });
  const beats = [
    { event: aHeartbeat(60), receivedAtMs: 0 },
    { event: aHeartbeat(60, { run: { id: 'run-2' } }), receivedAtMs: 180_000 },
  ];
  expect(told(trigger, beats).fired).toEqual([]);
  const later = { event: aHeartbeat(60, { run: { id: 'run-3' } }), receivedAtMs: 180_001 };
  expect(told(trigger, [...beats, later]).fired).toEqual([{ event: undefined, step: undefined }]);
  const muchLater = { event: aHeartbeat(60, { run: { id: 'run-3' } }), receivedAtMs: 999_999 };
  const { misses, ...rest } = told(trigger, [...beats, muchLater]);
  expect(rest.fired).toHaveLength(2);
  expect(misses.map(({ miss }) => miss.reason)).toEqual(['sign_of_life', 'sign_of_life', 'sign_of_life']);
});

test('across runs it tells how many other runs ended before', () => {
  const trigger = onMetrics({ zscore: { metric: 'loss', window: 3, across: 'runs' } });
  const ended = ['a', 'b'].flatMap((id) => [
    losses([1], 0, { run: { id } }),
    aStateEvent('FINISHED', { run: { id } }),
  ]);
  const { misses } = told(trigger, received([...ended, losses([2], 0, { run: { id: 'c' } })]));
  expect(misses.at(-1)).toMatchObject({ event: 4, miss: { reason: 'too_few_runs', held: 2, needed: 3 } });
  const more = ['d', 'e'].flatMap((id) => [
    losses([3], 0, { run: { id } }),
    aStateEvent('FINISHED', { run: { id } }),
  ]);
  const all = told(trigger, received([...ended, ...more, losses([99], 0, { run: { id: 'c' } })]));
  expect(all.fired).toEqual([{ event: 8, attempt: 0, step: 0 }]);
});
