import { openEvent, openPoints, packMessages, unpackMessage } from '../../core/event-message.ts';
import { eventReader } from '../../core/matching/event-reader.ts';
import type { MatchCounts } from '../../core/matching/filter-index.ts';
import { ScopeIndex } from '../../core/matching/scope-index.ts';
import { Watcher } from '../../core/matching/watcher.ts';
import { newRunMemory } from '../../core/runs/memory.ts';
import { applyMetrics, type MetricContext } from '../../core/runs/metrics.ts';
import type { MetricsTrigger, Trigger } from '../../core/trigger.ts';
import { matchRun } from '../../lambdas/matcher/match-run.ts';
import {
  aDefinition,
  aHeartbeat,
  aLinkedEvent,
  anAliasEvent,
  aStateEvent,
  aWatcher,
  losses,
  onEvent,
  onMetrics,
  onStates,
  onThreshold,
} from '../support/builders.ts';
import { aMatcher } from '../support/matcher.ts';

const manyMetrics = (count: number) =>
  losses([], 0, {
    points: Array.from({ length: 50 }, (_, step) => ({
      step,
      metrics: Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, step])),
    })),
  });

describe('what an event costs', () => {
  test('100 metrics of which none is watched: no load of the run and no write', async () => {
    const { send, store, lines } = aMatcher(aWatcher({ trigger: onThreshold() }, 'aut'));
    await send(manyMetrics(100));
    expect(store.calls()).toBe(0);
    expect(lines).toMatchObject([{ stage: 'event.matched', watching: 0, events: 1 }]);
  });

  test.each([
    ['an artifact event', () => aLinkedEvent()],
    ['a heartbeat', () => aHeartbeat()],
    ['a state', () => aStateEvent('FINISHED')],
    ['metrics', () => losses([1])],
  ])('%s that nobody watches: no read and no write', async (_name, event) => {
    const { send, store } = aMatcher();
    await send(event());
    expect(store.calls()).toBe(0);
  });

  test('a batch of many points, messages and metrics that fires nothing: one read and one write', async () => {
    const { send, store, run } = aMatcher(aWatcher({ trigger: onThreshold({ window: 50 }) }, 'aut'));
    await send(losses(new Array(500).fill(1)), losses(new Array(500).fill(1), 500), manyMetrics(20));
    expect(run()!.version).toBe(1);
    expect(store.calls()).toBe(2);
  });

  test('a batch that fires: two writes of the run, one of each delivery, one sending', async () => {
    const { send, store, run } = aMatcher(
      aWatcher({ trigger: onThreshold() }, 'one'),
      aWatcher({ trigger: onThreshold({ window: 2 }) }, 'two'),
    );
    expect(await send(losses(new Array(500).fill(0.1)))).toHaveLength(2);
    expect(run()!.version).toBe(2);
    // Load, save, two deliveries, one sending, save.
    expect(store.calls()).toBe(6);
  });

  test.each([
    ['repeated values', () => losses([0.9, 0.9])],
    ['the same state event again', () => aStateEvent('RUNNING', { id: 'state' })],
    ['values that are held back by a latch again', () => losses(['NaN'], 3)],
  ])('a batch that changes nothing: no write (%s)', async (_name, event) => {
    const { send, run } = aMatcher(
      aWatcher({ trigger: onThreshold({ window: 9 }) }, 'metrics'),
      aWatcher({ trigger: onStates(['PENDING']) }, 'states'),
      aWatcher({ trigger: onMetrics({ not_finite: { metric: 'loss' } }) }, 'finite'),
    );
    await send(losses([0.9, 0.9, 'NaN', 'NaN']), aStateEvent('RUNNING', { id: 'state' }));
    const { version } = run()!;
    await send(event());
    expect(run()!.version).toBe(version);
  });

  test('the whole of an event is opened only when somebody watches it', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    try {
      const { deps } = aMatcher();
      const messages = packMessages([manyMetrics(5)], { receivedAtMs: 1, depth: 0 });
      const message = unpackMessage(messages[0]!.body);
      const opened = parse.mock.calls.length;
      await matchRun([message], deps);
      expect(parse.mock.calls.length).toBe(opened);
    } finally {
      parse.mockRestore();
    }
  });
});

/** How often the matcher looks at one of these automations. */
interface Looks {
  looks: number;
}

/** An automation that counts every look at it, but for its being put into an index. */
function counted(trigger: Trigger, id: string, counts: Looks): Watcher {
  const watcher = new Watcher(
    { id },
    { revision: 1, definition: aDefinition({ trigger }), triggerSavedAtMs: 0 },
  );
  for (const field of ['automationId', 'definition', 'countsFromMs'] as const) {
    const value = watcher[field];
    Object.defineProperty(watcher, field, {
      get: () => {
        counts.looks++;
        return value;
      },
    });
  }
  return watcher;
}

const AMOUNTS = [10, 10_000];

/** A changed trigger, without the schema: that would take longer than all the rest. */
const like = (trigger: Trigger, change: object) => ({ ...trigger, ...change }) as Trigger;
const bound = (trigger: Trigger, change: object) =>
  like(trigger, { threshold: { ...(trigger as MetricsTrigger).threshold, ...change } });

/** What one event costs in looks, with so many automations that it does not match and two that it does. */
function looksFor<Found>(
  make: (n: number) => Trigger,
  matching: Trigger,
  look: (index: ScopeIndex) => Found,
) {
  return AMOUNTS.map((amount) => {
    const counts = { looks: 0 };
    const index = new ScopeIndex();
    for (let n = 0; n < amount; n++) index.put(counted(make(n), `aut_${n}`, counts));
    for (const id of ['yes_1', 'yes_2']) index.put(counted(matching, id, counts));
    look(index);
    counts.looks = 0;
    const found = look(index);
    return { looks: counts.looks, found };
  });
}

describe('the cost of an event does not grow with automations that do not match (10 or 10,000)', () => {
  test.each<[string, (n: number) => object, object]>([
    ['alias equal', (n) => ({ alias: `a${n}` }), { alias: 'production' }],
    [
      'alias one of several',
      (n) => ({ alias: { $in: [`a${n}`, `b${n}`] } }),
      { alias: { $in: ['x', 'production'] } },
    ],
    ['alias by prefix', (n) => ({ alias: { $regex: `^p${n}` } }), { alias: { $regex: '^prod' } }],
    ['alias by suffix', (n) => ({ alias: { $regex: `${n}n$` } }), { alias: { $regex: 'tion$' } }],
    [
      'alias by what it contains',
      (n) => ({ alias: { $contains: `pro${n}` } }),
      { alias: { $contains: 'duct' } },
    ],
    ['deep metadata', (n) => ({ 'metadata.data.rows': n + 100 }), { 'metadata.data.rows': 12 }],
    [
      'collection and a bound',
      (n) => ({ 'collection.name': `c${n}`, index: { $gt: 0 } }),
      { 'collection.name': 'detector' },
    ],
  ])('by %s', (_name, filterOf, filter) => {
    const added = onEvent('artifact.alias_added');
    const results = AMOUNTS.map((amount) => {
      const index = new ScopeIndex();
      for (let n = 0; n < amount; n++) {
        index.put(aWatcher({ trigger: like(added, { filter: filterOf(n) }) }, `aut_${n}`));
      }
      index.put(aWatcher({ trigger: onEvent('artifact.alias_added', filter) }, 'yes'));
      const counts: MatchCounts = { candidates: 0 };
      const found = index.plain('artifact.alias_added')!.matching(eventReader(anAliasEvent()), counts);
      return { candidates: counts.candidates, found: found.map(({ automationId }) => automationId) };
    });
    expect(results).toEqual([
      { candidates: 1, found: ['yes'] },
      { candidates: 1, found: ['yes'] },
    ]);
  });

  const linked = onEvent('artifact.linked');
  test('by the type of the event', () => {
    const [few, many] = looksFor(
      (n) => like(linked, { event: n % 2 ? 'artifact.linked' : `custom.x${n}` }),
      onEvent('artifact.alias_added', { alias: 'production' }),
      (index) => index.plain('artifact.alias_added')!.matching(eventReader(anAliasEvent())).length,
    );
    expect(many).toEqual(few);
    expect(few!.found).toBe(2);
  });

  const failed = onStates(['FAILED']);
  test('by the user of a run whose state changed', () => {
    const [few, many] = looksFor(
      (n) => like(failed, { filter: { user: `u${n}` } }),
      onStates(['FAILED'], { filter: { user: 'ada' } }),
      (index) =>
        index.states()!.matching('FAILED', eventReader(aStateEvent('FAILED', { user: 'ada' }))).length,
    );
    expect(many).toEqual(few);
    expect(few!.found).toBe(2);
  });

  /** Applies one event to a run that has a latch, and answers what fired. */
  const applyTo = (values: (number | string)[], change: object = {}) => {
    const [body] = packMessages([losses(values, 1, change)], { receivedAtMs: 10, depth: 0 });
    const message = unpackMessage(body!.body);
    const route = message.routes[0]!;
    return (index: ScopeIndex) => {
      const memory = newRunMemory();
      memory.latches.set('some', { triggerHash: 'h', atMs: 1, wasFalse: false });
      const metric = index.metric('loss');
      const context: MetricContext = {
        receivedAtMs: 10,
        indexes: new Map(metric ? [['loss', [metric]]] : []),
        lastOfOthers: () => undefined,
        gauges: new Map(),
        counts: { candidates: 0 },
      };
      const event = openEvent(message, route) as Parameters<typeof applyMetrics>[1];
      const { firings } = applyMetrics(memory, event, openPoints(message, route), context);
      return { fired: firings.length, candidates: context.counts!.candidates };
    };
  };
  const every = { repeat: { mode: 'every_time' } };

  const bounded = onThreshold({}, every);
  const range = onThreshold({ comparison: 'between', value: undefined, values: [0, 0] }, every);
  const waiting = onThreshold({}, { repeat: { mode: 'after_false' } });
  const finite = onMetrics({ not_finite: { metric: 'loss' } }, every);
  test.each<[string, (n: number) => Trigger]>([
    ['the metric', (n) => bound(bounded, { metric: `m${n}` })],
    ['a bound below', (n) => bound(bounded, { value: -n })],
    ['a bound above', (n) => bound(bounded, { comparison: '>=', value: n + 1 })],
    ['a single number', (n) => bound(bounded, { comparison: '==', value: n + 1 })],
    ['a range', (n) => bound(range, { values: [n + 1, n + 2] })],
    ['what is outside of a range', (n) => bound(range, { comparison: 'outside', values: [-n, n + 1] })],
    ['a bound below, waiting for it to be false', (n) => bound(waiting, { value: -n })],
  ])('by %s', (_name, make) => {
    const [few, many] = looksFor(make, onThreshold({ value: 0.5 }, every), applyTo([0.25]));
    expect(many).toEqual(few);
    expect(few!.found).toEqual({ fired: 2, candidates: 2 });
  });

  test('by a window that is not full', () => {
    const make = () => bound(bounded, { window: 900 });
    const [few, many] = looksFor(make, onThreshold({}, every), applyTo([0.25]));
    expect(many).toEqual(few);
    expect(few!.found).toEqual({ fired: 2, candidates: 2 });
  });

  test('by the number being finite, for those that wait for one that is not', () => {
    const make = () => finite;
    const [few, many] = looksFor(make, onThreshold({}, every), applyTo([0.25]));
    expect(many).toEqual(few);
  });

  test('by the filter of a run, for a condition that is met', () => {
    const make = (n: number) => like(bounded, { filter: { 'run.name': `r${n}` } });
    const matching = onThreshold({}, { ...every, filter: { 'run.name': 'calm' } });
    const [few, many] = looksFor(make, matching, applyTo([0.25], { run: { id: 'run-1', name: 'calm' } }));
    expect(few!.found.fired).toBe(2);
    expect(many).toEqual(few);
  });
});
