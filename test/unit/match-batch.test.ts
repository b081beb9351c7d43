import type { SignalboxEvent } from '../../core/event.ts';
import { packMessages } from '../../core/event-message.ts';
import { scopeKey } from '../../core/scope.ts';
import { watchOf } from '../../core/watch.ts';
import type { Watcher } from '../../core/watcher.ts';
import { type MatchBatchDeps, matchBatch } from '../../lambdas/matcher/match-batch.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';
import {
  aLinkedEvent,
  aMetricsEvent,
  aThreshold,
  aWatcher,
  onArtifact,
  pointsOf,
} from '../support/builders.ts';
import { type Fault, memoryStore } from '../support/memory-store.ts';

const onLoss = (change: object, id: string) =>
  aWatcher({ trigger: { event: 'run.metrics', threshold: aThreshold(change), filter: {} } }, id);

const watchers = [
  onLoss({ window: 2, aggregate: 'average', value: 0.5 }, 'aut_average'),
  onLoss({ value: 0.2 }, 'aut_last'),
  aWatcher(
    { scope: { kind: 'registry', registry: 'models' }, trigger: onArtifact('artifact.linked') },
    'aut_link',
  ),
];

function setUp(watching: Watcher[] = watchers) {
  const store = memoryStore();
  const lines: StageLine[] = [];
  const buried: string[] = [];
  const deps: MatchBatchDeps = {
    ...store.deps,
    async watchersOf(scope, event, metrics) {
      const here = watching.filter(({ definition }) => scopeKey(definition.scope) === scope);
      return new Map(
        metrics.flatMap((metric) => {
          const found = here.filter(({ definition }) => {
            const watch = watchOf(definition);
            return watch.event === event && watch.metric === metric;
          });
          return found.length > 0 ? [[metric, found] as const] : [];
        }),
      );
    },
    bury: async ({ messageId }) => {
      buried.push(messageId);
    },
    now: () => 2_000,
    log: (line) => lines.push(line),
  };
  const run = (...batches: SignalboxEvent[][]) => matchBatch(recordsOf(...batches), deps);
  return { store, deps, lines, buried, run };
}

const recordsOf = (...batches: SignalboxEvent[][]) =>
  batches.flatMap((events, batch) =>
    packMessages(events, { receivedAtMs: 1_000 + batch, depth: 0 }).map(({ body }, at) => ({
      messageId: `r${batch}.${at}`,
      body,
    })),
  );

const steps = (values: number[], firstStep: number, run = 'run-1') =>
  aMetricsEvent({ id: `${run}@${firstStep}`, run: { id: run }, points: pointsOf('loss', values, firstStep) });

const firedBy = (store: ReturnType<typeof memoryStore>) =>
  [...store.deliveries.values()]
    .map(({ automationId, facts }) => `${automationId}@${facts['step'] ?? '-'}`)
    .sort();

describe('matching a batch', () => {
  test('writes one delivery for each firing and sends each', async () => {
    const { store, run } = setUp();
    const response = await run([steps([0.9, 0.4], 0), aLinkedEvent()], [steps([0.4, 0.1], 2)]);
    expect(response.batchItemFailures).toEqual([]);
    expect(firedBy(store)).toEqual(['aut_average@2', 'aut_last@3', 'aut_link@-']);
    expect(store.sent.toSorted()).toEqual([...store.deliveries.keys()].toSorted());
  });

  test('writes a run’s state once a batch, and once more when something fired', async () => {
    const { store, run } = setUp();
    await run([steps([0.9], 0)], [steps([0.9], 1)], [steps([0.9], 2)]);
    expect(store.runs.get('vision/mnist/run-1')!.version).toBe(1);
    await run([steps([0.1], 3)]);
    expect(store.runs.get('vision/mnist/run-1')!.version).toBe(3);
  });

  test('reads and writes nothing for a run that nobody watches', async () => {
    const { store, run, lines } = setUp([]);
    await run([steps([0.1], 0)], [aLinkedEvent()]);
    expect(store.calls()).toBe(0);
    expect(lines.map(({ watching, events }) => ({ watching, events }))).toEqual([
      { watching: 0, events: 1 },
      { watching: 0, events: 1 },
    ]);
  });

  test('does nothing new for a batch that comes again', async () => {
    const { store, run } = setUp();
    const batch = [steps([0.9, 0.4, 0.1, 0.1], 0), aLinkedEvent()];
    await run(batch);
    const before = [...store.deliveries.keys()];
    await run(batch);
    expect([...store.deliveries.keys()]).toEqual(before);
  });

  test('keeps a no-op’s delivery and sends nothing', async () => {
    const { store, run } = setUp([
      { ...watchers[2]!, definition: { ...watchers[2]!.definition, action: { type: 'no_op' } } },
    ]);
    await run([aLinkedEvent()]);
    expect(store.deliveries.size).toBe(1);
    expect(store.sent).toEqual([]);
  });

  test('buries what is no message, and goes on', async () => {
    const { store, deps, buried } = setUp();
    const response = await matchBatch(
      [{ messageId: 'bad', body: '{' }, ...recordsOf([aLinkedEvent()])],
      deps,
    );
    expect(response.batchItemFailures).toEqual([]);
    expect(buried).toEqual(['bad']);
    expect(store.deliveries.size).toBe(1);
  });

  test('sends back the records of a group that failed, and no others', async () => {
    const { store, deps } = setUp();
    deps.loadRun = async () => {
      throw new Error('DynamoDB is away');
    };
    const records = recordsOf([steps([0.1], 0), steps([0.1], 0, 'run-2'), aLinkedEvent()]);
    const { batchItemFailures } = await matchBatch(records, deps);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['r0.0', 'r0.1']);
    expect(firedBy(store)).toEqual(['aut_link@-']);
  });

  test('buries the one message that DynamoDB refuses for ever, and goes on with its group', async () => {
    const { store, deps, buried } = setUp([watchers[2]!]);
    const { putDelivery } = deps;
    deps.putDelivery = async (delivery) => {
      if (delivery.facts['event_id'] === 'huge')
        throw Object.assign(new Error('Item size'), { name: 'ValidationException' });
      return putDelivery(delivery);
    };
    const batches = [aLinkedEvent({ id: 'huge' }), aLinkedEvent({ id: 'next' })].map((event) => [event]);
    const { batchItemFailures } = await matchBatch(recordsOf(...batches), deps);
    expect(batchItemFailures).toEqual([]);
    expect(buried).toEqual(['r0.0']);
    expect([...store.deliveries.values()].map(({ facts }) => facts['event_id'])).toEqual(['next']);
  });

  test('takes back what it could not even bury, and nothing else', async () => {
    const { store, deps } = setUp();
    deps.bury = async () => {
      throw new Error('DynamoDB is away');
    };
    const response = await matchBatch(
      [{ messageId: 'bad', body: '{' }, ...recordsOf([aLinkedEvent()])],
      deps,
    );
    expect(response.batchItemFailures).toEqual([{ itemIdentifier: 'bad' }]);
    expect(store.deliveries.size).toBe(1);
  });

  test('starts over when a rival changed the run meanwhile', async () => {
    const { store, deps, run } = setUp();
    const { saveRun, loadRun } = deps;
    let rivals = 2;
    deps.saveRun = async (name, state) => {
      if (rivals-- > 0) {
        const theirs = await loadRun(name);
        await saveRun(name, { ...theirs, late: theirs.late + 1 });
      }
      return saveRun(name, state);
    };
    await run([steps([0.9, 0.1, 0.1], 0)]);
    expect(firedBy(store)).toEqual(['aut_average@2', 'aut_last@1']);
    // Both what the rivals wrote and what this batch brought is there.
    const state = store.runs.get('vision/mnist/run-1')!;
    expect([state.late, state.series.get('loss')!.steps, state.outbox]).toEqual([2, [1, 2], []]);
  });

  test('writes deliveries at once when they are too many for the run’s item', async () => {
    const many = Array.from({ length: 300 }, (_, n) => onLoss({ value: 0.2 }, `aut_${n}`));
    const { store, run } = setUp(many);
    await run([steps([0.1], 0)]);
    expect(store.deliveries.size).toBe(300);
    expect(store.runs.get('vision/mnist/run-1')!.outbox).toEqual([]);
  });
});

describe('a crash at any call', () => {
  const batches = [[steps([0.9, 0.4], 0)], [steps([0.4, 0.1], 2), aLinkedEvent()]];

  async function undisturbed() {
    const { store, run } = setUp();
    for (const batch of batches) await run(batch);
    return { expected: firedBy(store), calls: store.calls() };
  }

  /** Runs each batch until it succeeds, as the queue does, with one fault on the way. */
  async function withFault(fault: Fault) {
    const { store, run } = setUp();
    store.plan(fault);
    for (const batch of batches) {
      for (let tries = 0; (await run(batch)).batchItemFailures.length > 0; tries++) {
        if (tries > 3) throw new Error('never got through');
      }
    }
    return store;
  }

  test('loses nothing and repeats nothing', async () => {
    const { expected, calls } = await undisturbed();
    expect(expected).toHaveLength(3);
    for (let call = 0; call < calls; call++) {
      for (const when of ['before', 'after'] as const) {
        const store = await withFault({ call, when });
        expect(firedBy(store)).toEqual(expected);
        expect(new Set(store.sent)).toEqual(new Set(store.deliveries.keys()));
        expect([...store.runs.values()].every(({ outbox }) => outbox.length === 0)).toBe(true);
      }
    }
  });
});
