import { setTimeout as sleep } from 'node:timers/promises';
import type { SignalboxEvent } from '../../core/event.ts';
import { packMessages } from '../../core/event-message.ts';
import { pointsOf as heldBy } from '../../core/metrics/series.ts';
import { newRunMemory } from '../../core/runs/memory.ts';
import { type MatchBatchDeps, matchBatch } from '../../lambdas/matcher/match-batch.ts';
import {
  aHeartbeat,
  aLinkedEvent,
  aMetricsEvent,
  aStateEvent,
  aWatcher,
  onEvent,
  onMetrics,
  onStates,
  onThreshold,
  pointsOf,
} from '../support/builders.ts';
import { aMatcher, firingOf, type Matcher, recordsOf, START_MS } from '../support/matcher.ts';
import type { Fault } from '../support/memory-store.ts';

const every = { repeat: { mode: 'every_time' } };
const zscore = { metric: 'loss', window: 2, threshold: 1, across: 'runs' };
const inRegistry = { kind: 'registry', registry: 'models' } as const;
const linkWatcher = (change: object = {}) =>
  aWatcher({ scope: inRegistry, trigger: onEvent('artifact.linked'), ...change }, 'aut_link');

/** One automation of each kind that the matcher treats in a way of its own. */
const watchers = [
  aWatcher({ trigger: onThreshold({ window: 2, aggregate: 'average' }) }, 'aut_average'),
  aWatcher({ trigger: onThreshold({ value: 0.2 }, every) }, 'aut_last'),
  aWatcher({ trigger: onMetrics({ not_finite: { metric: 'loss' } }) }, 'aut_finite'),
  aWatcher({ trigger: onStates(['FAILED']) }, 'aut_failed'),
  linkWatcher(),
];

const steps = (values: (number | string)[], firstStep: number, run = 'run-1') =>
  aMetricsEvent({ id: `${run}@${firstStep}`, run: { id: run }, points: pointsOf('loss', values, firstStep) });

const firedBy = ({ store }: Pick<Matcher, 'store'>) => [...store.deliveries.values()].map(firingOf).sort();
const batchOf = (...batches: SignalboxEvent[][]) =>
  batches.flatMap((events, batch) => recordsOf(events, START_MS + batch));

describe('matching a batch', () => {
  test('writes one delivery for each firing and sends each', async () => {
    const matcher = aMatcher(...watchers);
    const batch = batchOf([steps([0.9, 0.4], 0), aLinkedEvent()], [steps([0.4, 0.1], 2)]);
    const { batchItemFailures } = await matchBatch(batch, matcher.deps);
    expect(batchItemFailures).toEqual([]);
    expect(firedBy(matcher)).toEqual(['aut_average@2', 'aut_last@3', 'aut_link@link-1']);
    expect(matcher.store.sent.toSorted()).toEqual([...matcher.store.deliveries.keys()].toSorted());
  });

  test('writes a few deliveries at a time; what there is no time for comes back in order', async () => {
    const matcher = aMatcher(linkWatcher());
    const linked = (from: number) =>
      Array.from({ length: 250 }, (_, n) => aLinkedEvent({ id: `link-${from + n}` }));
    const batch = batchOf(linked(0), linked(250), linked(500), linked(750));
    const { putDelivery } = matcher.deps;
    let [busy, most, written] = [0, 0, 0];
    const deps: MatchBatchDeps = {
      ...matcher.deps,
      stopAtMs: 1,
      now: () => Math.floor(written / 500),
      putDelivery: async (delivery) => {
        most = Math.max(most, ++busy);
        await sleep(0);
        busy--;
        written++;
        return putDelivery(delivery);
      },
    };
    const idsOf = (records: typeof batch) => records.map(({ messageId }) => ({ itemIdentifier: messageId }));
    expect((await matchBatch(batch, deps)).batchItemFailures).toEqual(idsOf(batch.slice(2)));
    expect(matcher.store.deliveries.size).toBe(500);
    // Where there is no time at all it still comes on.
    expect((await matchBatch(batch.slice(2), deps)).batchItemFailures).toEqual(idsOf(batch.slice(3)));
    expect(await matchBatch(batch.slice(3), deps)).toEqual({ batchItemFailures: [] });
    expect(matcher.store.deliveries.size).toBe(1_000);
    expect(matcher.store.sent.toSorted()).toEqual([...matcher.store.deliveries.keys()].toSorted());
    expect(most).toBe(200);
  });

  test('matches the runs of a batch each by itself', async () => {
    const matcher = aMatcher(...watchers);
    await matcher.send(steps([0.1], 0), steps([0.9], 0, 'run-2'), steps([0.1], 0, 'run-3'));
    expect(firedBy(matcher)).toEqual(['aut_last@0', 'aut_last@0']);
    expect([...matcher.store.runs.keys()].toSorted()).toEqual(
      ['run-1', 'run-2', 'run-3'].map((run) => `vision/mnist/${run}`),
    );
  });

  test('keeps the order of a run’s messages, and of the events in each', async () => {
    const matcher = aMatcher(aWatcher({ trigger: onStates(['RUNNING', 'FAILED'], every) }, 'aut'));
    const states = (['RUNNING', 'FAILED', 'RUNNING'] as const).map((state, at) =>
      aStateEvent(state, { id: `${at}` }),
    );
    await matchBatch(batchOf([states[0]!, states[1]!], [states[2]!]), matcher.deps);
    expect([...matcher.store.deliveries.values()].map(firingOf)).toEqual(['aut@0', 'aut@1', 'aut@2']);
    expect(matcher.run()!.state).toEqual({ state: 'RUNNING' });
  });

  test('does nothing new for a batch that comes again', async () => {
    const matcher = aMatcher(...watchers);
    const batch = batchOf([steps([0.9, 0.4, 0.1, 'NaN', 0.1], 0), aStateEvent('FAILED'), aLinkedEvent()]);
    await matchBatch(batch, matcher.deps);
    const before = [...matcher.store.deliveries.keys()];
    expect(before).toHaveLength(6);
    const { version } = matcher.run()!;
    await matchBatch(batch, matcher.deps);
    expect([...matcher.store.deliveries.keys()]).toEqual(before);
    expect(matcher.run()!.version).toBe(version);
  });

  test('applies a message once, also when its points name no steps', async () => {
    const matcher = aMatcher(aWatcher({ trigger: onThreshold({ window: 9 }) }, 'aut'));
    const points = [{ metrics: { loss: 1 } }, { metrics: { loss: 2 } }];
    const batch = batchOf([aMetricsEvent({ points })]);
    await matchBatch(batch, matcher.deps);
    await matchBatch(batch, matcher.deps);
    await matchBatch([...batch, ...batch], matcher.deps);
    expect(heldBy(matcher.run()!.series.get('loss')!).map(({ value }) => value)).toEqual([1, 2]);
  });

  test('keeps a no-op’s delivery and sends nothing', async () => {
    const matcher = aMatcher(linkWatcher({ action: { type: 'no_op' } }));
    await matcher.send(aLinkedEvent());
    expect(matcher.store.deliveries.size).toBe(1);
    expect(matcher.store.sent).toEqual([]);
  });

  test('tells the depth of the chain that an event came by, and when it was received', async () => {
    const matcher = aMatcher(linkWatcher());
    const [message] = packMessages([aLinkedEvent()], { receivedAtMs: 77, depth: 3 });
    matcher.clock.nowMs = 99;
    await matchBatch([{ messageId: 'm', body: message!.body }], matcher.deps);
    expect([...matcher.store.deliveries.values()]).toMatchObject([
      { depth: 3, receivedAtMs: 77, createdAtMs: 99 },
    ]);
  });

  test('writes one line a message that somebody watches, one for all others of a run together', async () => {
    const matcher = aMatcher(...watchers);
    await matchBatch(batchOf([steps([0.1], 0)], [steps([0.1, 0.1], 1)]), matcher.deps);
    await matchBatch(
      batchOf([aLinkedEvent({ registry: 'other' })], [aLinkedEvent({ registry: 'other', id: 'x' })]),
      matcher.deps,
    );
    expect(matcher.lines).toMatchObject([
      { stage: 'event.matched', subject: 'run vision/mnist/run-1', firedCount: 1, events: 1 },
      { stage: 'event.matched', subject: 'run vision/mnist/run-1', firedCount: 3, events: 1 },
      { stage: 'event.matched', watching: 0, events: 2, firedCount: 0 },
    ]);
    expect(JSON.stringify(matcher.lines)).not.toContain('accuracy');
  });

  test('says in each line how many values of its message came too late', async () => {
    const matcher = aMatcher(...watchers);
    await matcher.send(steps([1, 1, 1, 1, 1], 10));
    await matcher.sendEach(steps([1, 1], 0), steps([1], 2));
    expect(matcher.lines.map(({ late }) => late)).toEqual([undefined, 2, 1]);
  });

  test('notes what fired and what a latch held back, once for each time', async () => {
    const matcher = aMatcher(...watchers);
    await matcher.send(steps(['NaN', 'NaN', 0.1, 0.1, 0.1], 0), aLinkedEvent());
    expect(Object.fromEntries(matcher.noted)).toEqual({
      aut_average: { fired: 1, heldBack: 1 },
      aut_last: { fired: 3, heldBack: 0 },
      aut_finite: { fired: 1, heldBack: 1 },
      aut_link: { fired: 1, heldBack: 0 },
    });
  });

  test('notes what is decided again as one firing, as it is one delivery', async () => {
    const matcher = aMatcher(...watchers);
    const rewind = aStateEvent('RUNNING', { rewind_to: 0 });
    await matcher.sendEach(
      aLinkedEvent(),
      aLinkedEvent(),
      steps([0.1, 0.1], 0),
      rewind,
      steps([0.1, 0.1], 0),
    );
    await matcher.send(aLinkedEvent({ id: 'link-2' }), aLinkedEvent());
    expect(firedBy(matcher)).toEqual([
      'aut_average@1',
      ...['aut_last@0', 'aut_last@1', 'aut_link@link-1', 'aut_link@link-2'],
    ]);
    const { aut_last, aut_link } = Object.fromEntries(matcher.noted);
    expect([aut_last, aut_link]).toEqual([
      { fired: 2, heldBack: 0 },
      { fired: 2, heldBack: 0 },
    ]);
  });

  test('notes what a crash left in the outbox, when it is written', async () => {
    const matcher = aMatcher(...watchers);
    const records = batchOf([steps([0.1], 0)]);
    const deps = { ...matcher.deps, putDelivery: async () => Promise.reject(new Error('an outage')) };
    expect((await matchBatch(records, deps)).batchItemFailures).toHaveLength(1);
    expect(matcher.noted.get('aut_last')).toBeUndefined();
    await matchBatch(records, matcher.deps);
    await matchBatch(records, matcher.deps);
    expect(matcher.noted.get('aut_last')).toEqual({ fired: 1, heldBack: 0 });
  });
});

describe('messages that can never be worked on', () => {
  test('are buried, and the batch goes on', async () => {
    const matcher = aMatcher(...watchers);
    const bad = ['{', '', '{"v":1}\n{}', 'null\n'].map((body, at) => ({ messageId: `bad-${at}`, body }));
    const { batchItemFailures } = await matchBatch([...bad, ...batchOf([aLinkedEvent()])], matcher.deps);
    expect(batchItemFailures).toEqual([]);
    expect(matcher.buried).toEqual(bad.map(({ messageId }) => messageId));
    expect(matcher.store.deliveries.size).toBe(1);
    expect(matcher.lines.filter(({ stage }) => stage === 'error')).toMatchObject(
      bad.map(({ messageId }) => ({ messageId, buried: true })),
    );
  });

  test.each([
    ['a route', 0, aLinkedEvent()],
    ['an event', 1, aLinkedEvent()],
    ['a run’s description', 1, steps([0.1, 0.2], 0)],
    ['points', 2, steps([0.1, 0.2], 0)],
  ])('are those whose line of %s is damaged, too', async (_name, line, event) => {
    const matcher = aMatcher(...watchers);
    const [record] = recordsOf([event], START_MS);
    const lines = record!.body.split('\n');
    lines[line + 1] = '{"damaged';
    const { batchItemFailures } = await matchBatch([{ ...record!, body: lines.join('\n') }], matcher.deps);
    expect(batchItemFailures).toEqual([]);
    expect(matcher.buried).toEqual([record!.messageId]);
  });

  test('are those that DynamoDB refuses for ever, one by one, and their group goes on', async () => {
    const matcher = aMatcher(linkWatcher());
    const { putDelivery } = matcher.deps;
    matcher.deps.putDelivery = async (delivery) => {
      if (delivery.facts['event_id'] === 'huge')
        throw Object.assign(new Error('Item size'), { name: 'ValidationException' });
      return putDelivery(delivery);
    };
    const batch = batchOf(...['first', 'huge', 'next'].map((id) => [aLinkedEvent({ id })]));
    expect((await matchBatch(batch, matcher.deps)).batchItemFailures).toEqual([]);
    expect(matcher.buried).toEqual([batch[1]!.messageId]);
    expect(firedBy(matcher)).toEqual(['aut_link@first', 'aut_link@next']);
  });

  test('of a run are found the same way, and the others are applied in order', async () => {
    const matcher = aMatcher(aWatcher({ trigger: onThreshold({ window: 9 }) }, 'aut'));
    const { saveRun } = matcher.deps;
    matcher.deps.saveRun = async (name, memory) => {
      const series = memory.series.get('loss');
      if (series && heldBy(series).some(({ value }) => value === 666))
        throw Object.assign(new Error('Item size'), { name: 'ValidationException' });
      return saveRun(name, memory);
    };
    const batch = batchOf([steps([1], 0)], [steps([666], 1)], [steps([3], 2)]);
    expect((await matchBatch(batch, matcher.deps)).batchItemFailures).toEqual([]);
    expect(matcher.buried).toEqual([batch[1]!.messageId]);
    expect(heldBy(matcher.run()!.series.get('loss')!).map(({ value }) => value)).toEqual([1, 3]);
  });

  test('come back when they could not even be buried, and nothing else does', async () => {
    const matcher = aMatcher(...watchers);
    matcher.deps.bury = async () => {
      throw new Error('DynamoDB is away');
    };
    const records = [{ messageId: 'bad', body: '{' }, ...batchOf([aLinkedEvent()])];
    const response = await matchBatch(records, matcher.deps);
    expect(response.batchItemFailures).toEqual([{ itemIdentifier: 'bad' }]);
    expect(matcher.store.deliveries.size).toBe(1);
  });

  test('that come back take those behind them in their group along, for the order counts', async () => {
    const matcher = aMatcher(linkWatcher());
    matcher.deps.putDelivery = async () => {
      throw Object.assign(new Error('Item size'), { name: 'ValidationException' });
    };
    matcher.deps.bury = async () => {
      throw new Error('DynamoDB is away');
    };
    const batch = batchOf([aLinkedEvent({ id: 'a' })], [aLinkedEvent({ id: 'b' })]);
    const { batchItemFailures } = await matchBatch(batch, matcher.deps);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(
      batch.map(({ messageId }) => messageId),
    );
  });
});

describe('an outage', () => {
  test('sends back the records of a group that failed, and no others', async () => {
    const matcher = aMatcher(...watchers);
    const { loadRun } = matcher.deps;
    matcher.deps.loadRun = async (name) => {
      if (name.run === 'run-2') throw new Error('DynamoDB is away');
      return loadRun(name);
    };
    const batch = batchOf(
      [steps([0.1], 0), steps([0.1], 0, 'run-2'), aLinkedEvent()],
      [steps([0.1], 1, 'run-2')],
    );
    const { batchItemFailures } = await matchBatch(batch, matcher.deps);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
      batch[1]!.messageId,
      batch[3]!.messageId,
    ]);
    expect(firedBy(matcher)).toEqual(['aut_last@0', 'aut_link@link-1']);
    expect(matcher.buried).toEqual([]);
  });

  test('of a group that comes back counts a firing once', async () => {
    const matcher = aMatcher(linkWatcher());
    const { putDelivery } = matcher.deps;
    let outages = 2;
    matcher.deps.putDelivery = async (delivery) => {
      if (outages-- > 0) throw new Error('throttled');
      return putDelivery(delivery);
    };
    const batch = batchOf([aLinkedEvent()]);
    while ((await matchBatch(batch, matcher.deps)).batchItemFailures.length > 0);
    expect(matcher.noted.get('aut_link')).toEqual({ fired: 1, heldBack: 0 });
  });
});

describe('a rival for the same run', () => {
  /** Lets a rival write the run right before this matcher does, so many times. */
  function withRivals(count: number) {
    const matcher = aMatcher(...watchers);
    const { saveRun, loadRun } = matcher.store.deps;
    let rivals = count;
    matcher.deps.saveRun = async (name, memory) => {
      if (rivals-- > 0) {
        const theirs = await loadRun(name);
        await saveRun(name, { ...theirs, late: theirs.late + 1 });
      }
      return saveRun(name, memory);
    };
    return matcher;
  }

  test('makes the matcher start over, and both writes count', async () => {
    const matcher = withRivals(2);
    await matcher.send(steps([0.9, 0.1, 0.1], 0));
    expect(firedBy(matcher)).toEqual(['aut_average@2', 'aut_last@1', 'aut_last@2']);
    const { late, series, outbox } = matcher.run()!;
    expect([late, heldBy(series.get('loss')!).map(({ step }) => step), outbox]).toEqual([2, [1, 2], []]);
  });

  test('that never stops sends the batch back', async () => {
    const matcher = withRivals(99);
    await expect(matcher.send(steps([0.9], 0))).rejects.toThrow('changed by others');
  });

  test('that left its outbox behind has it written first', async () => {
    const matcher = aMatcher(...watchers);
    await matcher.send(steps([0.9], 0));
    const [theirs] = await deliveriesOf(linkWatcher());
    const run = matcher.run()!;
    matcher.store.runs.set('vision/mnist/run-1', { ...run, version: run.version + 1, outbox: [theirs!] });
    expect(await matcher.send(steps([0.9], 1))).toEqual(['aut_link@link-1']);
    expect(matcher.run()!.outbox).toEqual([]);
  });

  const deliveriesOf = async (watcher: ReturnType<typeof aWatcher>) => {
    const other = aMatcher(watcher);
    await other.send(aLinkedEvent());
    return [...other.store.deliveries.values()];
  };
});

test('deliveries that are too many for the run’s item are written at once', async () => {
  const many = Array.from({ length: 300 }, (_, n) =>
    aWatcher({ trigger: onThreshold({ value: 0.2 }) }, `aut_${n}`),
  );
  const matcher = aMatcher(...many);
  const outboxes: number[] = [];
  const { saveRun } = matcher.deps;
  matcher.deps.saveRun = (name, memory) => {
    outboxes.push(memory.outbox.length);
    return saveRun(name, memory);
  };
  await matcher.send(steps([0.1], 0));
  expect(matcher.store.deliveries.size).toBe(300);
  expect(outboxes).toEqual([0]);
});

test('deliveries of a run whose item is nearly full are written at once', async () => {
  const matcher = aMatcher(...watchers);
  const saved: number[] = [];
  const { saveRun } = matcher.deps;
  matcher.deps.saveRun = (name, memory) => {
    saved.push(memory.outbox.length);
    return saveRun(name, memory);
  };
  const fill = (count: number) => {
    const latch = { triggerHash: '0123456789ab', atMs: START_MS, wasFalse: false };
    const latches = new Map(Array.from({ length: count }, (_, n) => [`aut_other_${n}`, latch]));
    matcher.store.runs.set('vision/mnist/run-1', { ...newRunMemory(), version: 1, latches });
  };
  fill(4_900);
  expect(await matcher.send(steps([0.1], 0))).toEqual(['aut_last@0']);
  fill(5_024);
  expect(await matcher.send(steps([0.1], 1))).toEqual(['aut_last@1']);
  expect(saved).toEqual([1, 0, 0]);
});

describe('a crash at any call', () => {
  const across = aWatcher({ trigger: onMetrics({ zscore }) }, 'aut_across');
  const batches = [
    [steps([0.9, 0.4], 0), aHeartbeat(60, { id: 'h' }), aStateEvent('RUNNING', { id: 's1' })],
    [steps([9], 0, 'run-2'), aStateEvent('FINISHED', { id: 's2', run: { id: 'run-2' } })],
    [steps([8], 0, 'run-3'), aStateEvent('KILLED', { id: 's3', run: { id: 'run-3' } })],
    [steps([0.4, 0.1, 'NaN'], 2), aStateEvent('FAILED', { id: 's4' }), aLinkedEvent()],
  ];

  /** Runs each batch until it succeeds, as the queue does, with one fault on the way. */
  async function through(fault?: Fault) {
    const matcher = aMatcher(...watchers, across);
    matcher.store.plan(fault);
    for (const [at, batch] of batches.entries()) {
      const records = recordsOf(batch, START_MS + at);
      for (let tries = 0; (await matchBatch(records, matcher.deps)).batchItemFailures.length > 0; tries++) {
        if (tries > 3) throw new Error(`never got through: ${JSON.stringify(matcher.lines.at(-1))}`);
      }
    }
    return matcher;
  }

  const endsOf = async ({ store }: Matcher) =>
    (
      await store.deps.readEndedRuns({ team: 'vision', project: 'mnist', metric: 'loss' }, START_MS + 99, 9)
    ).map(({ run, value }) => [run, value]);
  const statesOf = ({ store }: Matcher) =>
    [...store.runs].map(([name, { series, state, latches, attempt, lastStep, late, outbox }]) => [
      name,
      { state, attempt, lastStep, late, outbox, latches: [...latches] },
      [...series].map(([metric, one]) => [metric, heldBy(one)]),
    ]);

  test('loses nothing and repeats nothing', async () => {
    const undisturbed = await through();
    const calls = undisturbed.store.calls();
    const [expected, ends, states] = [firedBy(undisturbed), await endsOf(undisturbed), statesOf(undisturbed)];
    expect(expected).toEqual([
      'aut_across@2',
      'aut_average@2',
      'aut_failed@s4',
      'aut_finite@4',
      'aut_last@3',
      'aut_link@link-1',
    ]);
    expect(ends).toEqual([
      ['run-1', 0.1],
      ['run-3', 8],
      ['run-2', 9],
    ]);
    expect(calls).toBeGreaterThan(20);
    for (let call = 0; call < calls; call++) {
      for (const when of ['before', 'after'] as const) {
        const matcher = await through({ call, when });
        expect([call, when, firedBy(matcher)]).toEqual([call, when, expected]);
        expect(new Set(matcher.store.sent)).toEqual(new Set(matcher.store.deliveries.keys()));
        expect(JSON.stringify([call, when, statesOf(matcher)])).toBe(JSON.stringify([call, when, states]));
        expect([call, when, await endsOf(matcher)]).toEqual([call, when, ends]);
      }
    }
  });
});
