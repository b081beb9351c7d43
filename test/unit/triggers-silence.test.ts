import { unpackMessage } from '../../core/event-message.ts';
import { silenceDueAtMs } from '../../core/runs/memory.ts';
import { matchBatch } from '../../lambdas/matcher/match-batch.ts';
import type { QueueMessage } from '../../lambdas/shared/queue.ts';
import { sweep } from '../../lambdas/sweeper/sweep.ts';
import {
  aHeartbeat,
  aStateEvent,
  aWatcher,
  losses,
  onMetrics,
  onStates,
  onThreshold,
} from '../support/builders.ts';
import { aMatcher, firingOf, type Matcher, SECOND_MS } from '../support/matcher.ts';

const every = { repeat: { mode: 'every_time' } };
const name = { team: 'vision', project: 'mnist', run: 'run-1' };

/** Automations on CRASHED and on RUNNING, and the sweeper beside the matcher. */
function set(...more: Parameters<typeof aMatcher>) {
  const matcher = aMatcher(
    aWatcher({ trigger: onStates(['CRASHED'], every) }, 'crashed'),
    aWatcher({ trigger: onStates(['RUNNING'], every) }, 'running'),
    ...more,
  );
  return { ...matcher, ...sweeping(matcher) };
}

function sweeping({ store, clock, deps }: Matcher) {
  /** Lets the sweeper look at the run, and answers the messages that it put on the events queue. */
  async function report(): Promise<QueueMessage[]> {
    const queued: QueueMessage[] = [];
    const lines: object[] = [];
    await sweep({
      ...store.deps,
      readDue: async () => {
        const dueAtMs = silenceDueAtMs(await store.deps.loadRun(name));
        return dueAtMs !== undefined && dueAtMs <= clock.nowMs ? [{ kind: 'run', name }] : [];
      },
      stamp: async () => undefined,
      finishChange: async () => {},
      advanceResend: async () => undefined,
      send: async () => {},
      sendEvents: async (messages) => {
        queued.push(...messages);
      },
      now: () => clock.nowMs,
      stopAtMs: clock.nowMs + 1,
      log: (line) => lines.push(line),
    });
    expect(lines).toMatchObject([{ stage: 'sweep.done', failed: 0 }]);
    return queued;
  }
  /** The matcher takes what is on the queue; answers the automations that fired. */
  async function take(queued: QueueMessage[]): Promise<string[]> {
    const known = new Set(store.deliveries.keys());
    const records = queued.map(({ body }, at) => ({ messageId: `q${at}-${Math.random()}`, body }));
    expect((await matchBatch(records, deps)).batchItemFailures).toEqual([]);
    clock.nowMs++;
    const fresh = [...store.deliveries.values()].filter(({ id }) => !known.has(id));
    return fresh.map((delivery) => firingOf(delivery).split('@')[0]!);
  }
  const silence = async () => take(await report());
  return { report, take, silence };
}

describe('silence', () => {
  test('of three intervals makes the run CRASHED, once', async () => {
    const { send, silence, clock, run } = set();
    const heardAtMs = clock.nowMs;
    await send(aHeartbeat(60));
    clock.nowMs = heardAtMs + 180 * SECOND_MS - 1;
    expect(await silence()).toEqual([]);
    clock.nowMs = heardAtMs + 180 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
    expect(run()!.state).toEqual({ state: 'CRASHED', before: null });
    clock.nowMs += 1_000 * SECOND_MS;
    expect(await silence()).toEqual([]);
  });

  test('counts the interval of the last heartbeat', async () => {
    const { send, silence, clock } = set();
    await send(aHeartbeat(60));
    const heardAtMs = clock.nowMs;
    await send(aHeartbeat(10));
    clock.nowMs = heardAtMs + 30 * SECOND_MS - 1;
    expect(await silence()).toEqual([]);
    clock.nowMs = heardAtMs + 30 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });

  test('of a run that never sent a heartbeat is none', async () => {
    const { send, report, clock } = set();
    await send(aStateEvent('RUNNING'), losses([1]));
    clock.nowMs += 1e9;
    expect(await report()).toEqual([]);
  });

  test.each([
    ['a heartbeat', () => aHeartbeat(60)],
    ['a state', () => aStateEvent('RUNNING')],
    ['metrics that somebody watches', () => losses([1], 7)],
    ['metrics that nobody watches', () => losses([], 0, { points: [{ step: 1, metrics: { other: 1 } }] })],
  ])('is broken by %s', async (_name, life) => {
    const { send, silence, clock } = set(aWatcher({ trigger: onThreshold({ value: -1 }) }, 'metrics'));
    await send(aHeartbeat(60));
    clock.nowMs += 170 * SECOND_MS;
    const heardAtMs = clock.nowMs;
    await send(life());
    clock.nowMs = heardAtMs + 180 * SECOND_MS - 1;
    expect(await silence()).toEqual([]);
    clock.nowMs = heardAtMs + 180 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });

  test('is an end for automations across runs', async () => {
    const zscore = { metric: 'loss', window: 2, across: 'runs' };
    const { send, silence, clock, store } = set(aWatcher({ trigger: onMetrics({ zscore }) }, 'across'));
    await send(aHeartbeat(1), losses([1, 2]));
    clock.nowMs += 3 * SECOND_MS;
    await silence();
    const of = { team: 'vision', project: 'mnist', metric: 'loss' };
    expect(await store.deps.readEndedRuns(of, clock.nowMs + 1, 9)).toMatchObject([{ value: 2 }]);
  });

  test('fires those that name FAILED as well', async () => {
    const { send, silence, clock } = set(aWatcher({ trigger: onStates(['FAILED'], every) }, 'failed'));
    await send(aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    expect((await silence()).toSorted()).toEqual(['crashed', 'failed']);
  });

  test('is reported again with each sweep until the matcher took it, as one message', async () => {
    const { send, report, take, clock } = set();
    await send(aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    const [first, second] = [await report(), await report()];
    expect(first.map(({ dedupId, groupId }) => [dedupId, groupId])).toEqual(
      second.map(({ dedupId, groupId }) => [dedupId, groupId]),
    );
    expect(first).toHaveLength(1);
    expect(await take([...first, ...second])).toEqual(['crashed']);
    expect(await take(second)).toEqual([]);
  });

  test('that is reported again when its message is forgotten leaves the run what it was before', async () => {
    const { send, report, take, clock, run } = set();
    await send(aStateEvent('RUNNING'), aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    const queued = await report();
    expect(await take(queued)).toEqual(['crashed']);
    run()!.applied = [];
    expect(await take(queued)).toEqual([]);
    await send(aHeartbeat(1));
    expect(run()!.state).toEqual({ state: 'RUNNING' });
  });

  test('is remembered also where it fires nothing', async () => {
    const { send, silence, report, automations, clock, run } = set();
    automations.shift();
    await send(aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    expect(await silence()).toEqual([]);
    expect(run()!.state).toEqual({ state: 'CRASHED', before: null });
    expect(await report()).toEqual([]);
  });

  test('travels in the run’s own group, so that a sign of life that waits there comes first', async () => {
    const { send, report, take, clock, store } = set();
    await send(aHeartbeat(1));
    const beforeSilence = store.runs.size;
    clock.nowMs += 3 * SECOND_MS;
    const queued = await report();
    // The heartbeat was in the queue when the sweeper looked.
    await send(aHeartbeat(1));
    expect(await take(queued)).toEqual([]);
    expect(store.runs.size).toBe(beforeSilence);
    const { groupId } = unpackMessage(queued[0]!.body);
    expect(groupId).toBe(queued[0]!.groupId);
  });

  test('in one batch behind a sign of life says nothing', async () => {
    const { send, report, take, clock, run } = set();
    await send(aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    const queued = await report();
    await send(aStateEvent('RUNNING'));
    expect(await take(queued)).toEqual([]);
    expect(run()!.state).toEqual({ state: 'RUNNING' });
  });

  test('tells the run as it was last described', async () => {
    const { send, silence, clock, store } = set();
    await send(aHeartbeat(1, { user: 'ada', run: { id: 'run-1', name: 'calm-lake', config: { lr: 0.1 } } }));
    await send(aHeartbeat(1, { run: { id: 'run-1', tags: ['nightly'] } }));
    clock.nowMs += 3 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
    const [delivery] = store.deliveries.values();
    expect(delivery!.facts).toMatchObject({
      event_type: 'RUN_STATE',
      run_status: 'CRASHED',
      run_name: 'calm-lake',
      event_author: 'ada',
      entity_name: 'vision',
      project_name: 'mnist',
    });
  });

  test('is seen through filters on what the run was', async () => {
    const filter = { user: 'ada', 'run.config.lr': 0.1 };
    const { send, silence, clock } = set(
      aWatcher({ trigger: onStates(['CRASHED'], { filter }) }, 'filtered'),
      aWatcher({ trigger: onStates(['CRASHED'], { filter: { user: 'bob' } }) }, 'other'),
    );
    await send(aHeartbeat(1, { user: 'ada', run: { id: 'run-1', config: { lr: 0.1 } } }));
    clock.nowMs += 3 * SECOND_MS;
    expect((await silence()).toSorted()).toEqual(['crashed', 'filtered']);
  });

  test('is not kept with a description that is too large, but with the rest of it', async () => {
    const { send, run, silence, clock } = set();
    const config = { text: 'x'.repeat(20_000) };
    await send(aHeartbeat(1, { run: { id: 'run-1', name: 'calm', tags: ['a'], config } }));
    expect(run()!.pulse!.run).toEqual({ id: 'run-1', name: 'calm', tags: ['a'] });
    const tags = Array.from({ length: 100 }, (_, at) => `${at}`.padStart(200, 'x'));
    await send(aHeartbeat(1, { run: { id: 'run-1', tags, config } }));
    expect(run()!.pulse!.run).toEqual({ id: 'run-1', name: 'calm' });
    clock.nowMs += 3 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });

  test('is kept with a description of up to 16 KiB', async () => {
    const { send, run } = set();
    const of = (length: number) => {
      const empty = { id: 'run-1', config: { text: '' } };
      return { ...empty, config: { text: 'x'.repeat(length - JSON.stringify(empty).length) } };
    };
    await send(aHeartbeat(1, { run: of(16_384) }));
    expect(run()!.pulse!.run).toEqual(of(16_384));
    await send(aHeartbeat(1, { run: of(16_385) }));
    expect(run()!.pulse!.run).toEqual({ id: 'run-1' });
  });
});

describe('where nobody watched for a while', () => {
  const onCrash = (head = {}, savedAtMs = 0) =>
    aWatcher({ trigger: onStates(['CRASHED'], every) }, 'crashed', savedAtMs, head);
  /** A heartbeat of 10 seconds, and 40 more of which nobody took note. */
  const unwatched = async () => {
    const matcher = aMatcher(onCrash());
    const { send, clock, automations } = matcher;
    await send(aHeartbeat(10));
    automations.splice(0);
    for (let beats = 0; beats < 4; beats++) {
      clock.nowMs += 10 * SECOND_MS;
      await send(aHeartbeat(10));
    }
    return { ...matcher, ...sweeping(matcher) };
  };

  test.each([
    ['enabled again', (nowMs: number) => onCrash({ enabledAtMs: nowMs })],
    ['saved', (nowMs: number) => onCrash({}, nowMs)],
  ])('a run did not crash when the automation was %s, but three intervals later', async (_, made) => {
    const { silence, clock, automations } = await unwatched();
    const watchedSinceMs = clock.nowMs;
    automations.push(made(watchedSinceMs));
    clock.nowMs += 2 * SECOND_MS;
    expect(await silence()).toEqual([]);
    clock.nowMs = watchedSinceMs + 30 * SECOND_MS - 1;
    expect(await silence()).toEqual([]);
    clock.nowMs = watchedSinceMs + 30 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });

  test('its heartbeats count from then on', async () => {
    const { send, silence, clock, automations } = await unwatched();
    automations.push(onCrash({ enabledAtMs: clock.nowMs }));
    clock.nowMs += 2 * SECOND_MS;
    await silence();
    clock.nowMs += 18 * SECOND_MS;
    await send(aHeartbeat(10));
    clock.nowMs += 29 * SECOND_MS - 1;
    expect(await silence()).toEqual([]);
    clock.nowMs += SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });

  test('the wait goes on where another automation, of whatever scope, watched all the time', async () => {
    const matcher = aMatcher(onCrash());
    const { send, clock, automations } = matcher;
    const trigger = onStates(['FINISHED'], every);
    automations.push(aWatcher({ trigger, scope: { kind: 'organization' } }, 'other'));
    await send(aHeartbeat(10));
    clock.nowMs += 29 * SECOND_MS;
    automations[0] = onCrash({ enabledAtMs: clock.nowMs });
    clock.nowMs += SECOND_MS;
    expect(await sweeping(matcher).silence()).toEqual(['crashed']);
  });
});

describe('a run that comes back', () => {
  const crashed = async (...before: Parameters<Matcher['send']>) => {
    const all = set();
    await all.send(...before, aHeartbeat(1));
    all.clock.nowMs += 3 * SECOND_MS;
    expect(await all.silence()).toEqual(['crashed']);
    return all;
  };

  test.each([
    ['a heartbeat', () => aHeartbeat(1)],
    ['the state that it had', () => aStateEvent('RUNNING')],
    ['metrics', () => losses([1])],
  ])('is what it was before, which fires nothing (by %s)', async (_name, life) => {
    const { send, run } = await crashed(aStateEvent('RUNNING'));
    expect(await send(life())).toEqual([]);
    expect(run()!.state).toEqual({ state: 'RUNNING' });
    expect(await send(aStateEvent('RUNNING'))).toEqual([]);
  });

  test('was nothing before: its first state is a change still', async () => {
    const { send, run } = await crashed();
    await send(aHeartbeat(1));
    expect(run()!.state).toBeUndefined();
    expect(await send(aStateEvent('RUNNING', { id: 'evt' }))).toEqual(['running@evt']);
  });

  test('and falls silent again is CRASHED again', async () => {
    const { send, silence, clock } = await crashed(aStateEvent('RUNNING'));
    await send(aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });

  test('with another state changes to that', async () => {
    const { send, automations } = await crashed(aStateEvent('RUNNING'));
    automations.push(aWatcher({ trigger: onStates(['FINISHED']) }, 'finished'));
    expect(await send(aStateEvent('FINISHED', { id: 'evt' }))).toEqual(['finished@evt']);
  });

  test('to say that it crashed says nothing new, and ends the wait', async () => {
    const { send, run } = await crashed(aStateEvent('RUNNING'));
    expect(await send(aStateEvent('CRASHED'))).toEqual([]);
    expect(run()!.state).toEqual({ state: 'CRASHED' });
    expect(run()!.pulse).toBeUndefined();
  });
});

describe('after_false, a silence that is undone', () => {
  const afterFalse = { repeat: { mode: 'after_false' } };
  const waiting = (states: string[], rest: object = {}) => {
    const matcher = aMatcher(aWatcher({ trigger: onStates(states, { ...afterFalse, ...rest }) }, 'aut'));
    const { silence } = sweeping(matcher);
    /** The run says something, and then nothing any more. */
    const crash = async (...said: Parameters<Matcher['send']>) => {
      await matcher.send(...said);
      matcher.clock.nowMs += 30 * SECOND_MS;
      return silence();
    };
    return { ...matcher, crash };
  };

  test.each([
    ['the state that it had', () => aStateEvent('RUNNING')],
    ['a heartbeat', () => aHeartbeat(10)],
    ['metrics', () => losses([1])],
    ['a heartbeat of a newer attempt', () => aHeartbeat(10, { run: { id: 'run-1', attempt: 1 } })],
  ])('is a change back: the run may crash again (by %s)', async (_, life) => {
    const { crash, send, noted } = waiting(['CRASHED']);
    await send(aStateEvent('RUNNING'));
    expect(await crash(aHeartbeat(10))).toEqual(['aut']);
    expect(await crash(life())).toEqual(['aut']);
    expect(await crash(life())).toEqual(['aut']);
    expect(noted.get('aut')).toEqual({ fired: 3, heldBack: 0 });
  });

  test('is a change back where no state was known: the run is in none, and so in none that is named', async () => {
    const { crash } = waiting(['CRASHED', 'RUNNING', 'PENDING']);
    expect(await crash(aHeartbeat(10))).toEqual(['aut']);
    expect(await crash(aHeartbeat(10))).toEqual(['aut']);
  });

  test('is none to a state that the automation names', async () => {
    const { crash, send, noted } = waiting(['CRASHED', 'RUNNING']);
    await send(aStateEvent('RUNNING'));
    expect(await crash(aHeartbeat(10))).toEqual(['aut']);
    expect(await crash(aHeartbeat(10))).toEqual([]);
    expect(noted.get('aut')).toEqual({ fired: 2, heldBack: 1 });
  });

  test('is told to those whose filter takes the run as it was last described', async () => {
    const { crash } = waiting(['CRASHED'], { filter: { user: 'ada', 'run.config.lr': 0.1 } });
    const run = { id: 'run-1', config: { lr: 0.1 } };
    expect(await crash(aHeartbeat(10, { user: 'ada', run }))).toEqual(['aut']);
    expect(await crash(aHeartbeat(10))).toEqual(['aut']);
    // It is another now, both when it comes back and when it crashes.
    expect(await crash(aHeartbeat(10, { user: 'bob' }))).toEqual([]);
    expect(await crash(aHeartbeat(10, { user: 'ada' }))).toEqual(['aut']);
  });

  test('is not undone by the run’s own word that it crashed', async () => {
    const { crash, send } = waiting(['FAILED', 'CRASHED']);
    expect(await crash(aHeartbeat(10))).toEqual(['aut']);
    await send(aStateEvent('CRASHED'));
    expect(await send(aStateEvent('FAILED'))).toHaveLength(1);
    expect(await send(aStateEvent('CRASHED'))).toEqual([]);
  });
});

describe('silence does not fall on', () => {
  test.each(['FINISHED', 'FAILED', 'CRASHED', 'KILLED', 'PREEMPTED'] as const)(
    'a run that is %s',
    async (state) => {
      const { send, report, clock, run } = set();
      await send(aHeartbeat(1), aStateEvent(state));
      // A heartbeat that was on its way does not bring it back.
      await send(aHeartbeat(1));
      expect(run()!.pulse).toBeUndefined();
      clock.nowMs += 1e9;
      expect(await report()).toEqual([]);
    },
  );

  test('a run that ended, and whose late heartbeat came with metrics', async () => {
    const { send, run } = set(aWatcher({ trigger: onThreshold({ value: -1 }) }, 'metrics'));
    await send(aHeartbeat(1), aStateEvent('FINISHED'));
    await send(aHeartbeat(1), losses([1]));
    expect(run()!.pulse).toBeUndefined();
  });

  test('a run that ended while the report waited in the queue', async () => {
    const { send, report, take, clock, run } = set();
    await send(aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    const queued = await report();
    await send(aStateEvent('FINISHED'));
    expect(await take(queued)).toEqual([]);
    expect(run()!.state).toEqual({ state: 'FINISHED' });
  });

  test('a run of which nobody watches the states: nothing is written', async () => {
    const { send, store } = aMatcher(aWatcher({ trigger: onThreshold({ value: -1 }) }, 'metrics'));
    await send(aHeartbeat(1));
    expect(store.runs.size).toBe(0);
    expect(store.calls()).toBe(0);
  });

  test('a run of which nobody watches the states: a heartbeat leaves no trace beside metrics', async () => {
    const { send, run } = aMatcher(aWatcher({ trigger: onThreshold({ value: -1 }) }, 'metrics'));
    await send(aHeartbeat(1), losses([1]));
    expect(run()).not.toHaveProperty('pulse');
  });

  test('a run of which nobody watches the states any more: metrics do not prolong the wait', async () => {
    const { send, automations, clock, run } = set(
      aWatcher({ trigger: onThreshold({ value: -1 }) }, 'metrics'),
    );
    const heardAtMs = clock.nowMs;
    await send(aHeartbeat(1));
    automations.splice(0, 2);
    await send(losses([1]));
    expect(run()).toMatchObject({ lastStep: 0, pulse: { lastAtMs: heardAtMs } });
  });

  test('a run of which nobody watches the states any more: the wait ends, and nothing fires', async () => {
    const { send, silence, report, clock, automations, run } = set();
    await send(aHeartbeat(1));
    clock.nowMs += 3 * SECOND_MS;
    automations.splice(0);
    expect(await silence()).toEqual([]);
    expect(run()).not.toHaveProperty('pulse');
    expect(await report()).toEqual([]);
  });

  test('a run whose states nobody watched when one of them took it back: the wait ends', async () => {
    const { send, automations, run } = set(aWatcher({ trigger: onThreshold({ value: -1 }) }, 'metrics'));
    await send(aStateEvent('RUNNING'), aHeartbeat(1), losses([1, 2, 3]));
    automations.splice(0, 2);
    await send(aStateEvent('PENDING', { rewind_to: 1 }));
    expect(run()).toMatchObject({ lastStep: 1, state: { state: 'RUNNING' } });
    expect(run()).not.toHaveProperty('pulse');
  });

  test('a run of which nobody watches the states any more: it is no end for automations across runs', async () => {
    const { send, silence, clock, automations, store } = set();
    const zscore = { metric: 'loss', window: 2, across: 'runs' };
    const across = aWatcher({ trigger: onMetrics({ zscore }) }, 'across');
    automations.push(across);
    await send(aHeartbeat(1), losses([1]));
    automations.splice(0, 2);
    clock.nowMs += 3 * SECOND_MS;
    await silence();
    const of = { team: 'vision', project: 'mnist', metric: 'loss' };
    expect(await store.deps.readEndedRuns(of, clock.nowMs + 1, 9)).toEqual([]);
  });

  test('an older attempt: its heartbeats are no signs of life', async () => {
    const { send, silence, clock } = set();
    const attempt = (number: number) => ({ run: { id: 'run-1', attempt: number } });
    const heardAtMs = clock.nowMs;
    await send(aHeartbeat(10, attempt(2)));
    clock.nowMs = heardAtMs + 20 * SECOND_MS;
    await send(aHeartbeat(10, attempt(1)), losses([1], 0, attempt(1)));
    clock.nowMs = heardAtMs + 30 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });

  test('a newer attempt that begins after an end waits for its heartbeats again', async () => {
    const { send, silence, clock } = set();
    await send(aHeartbeat(1), aStateEvent('FINISHED'));
    await send(aHeartbeat(1, { run: { id: 'run-1', attempt: 1 } }));
    clock.nowMs += 3 * SECOND_MS;
    expect(await silence()).toEqual(['crashed']);
  });
});

test('a report of silence that comes too late changes nothing, also where metrics are of a newer attempt', async () => {
  const { send, report, take, clock, run } = set();
  await send(aStateEvent('RUNNING'), aHeartbeat(1));
  await send(losses([1], 0, { run: { id: 'run-1', attempt: 1 } }));
  clock.nowMs += 3 * SECOND_MS;
  const queued = await report();
  await send(aHeartbeat(1));
  expect(await take(queued)).toEqual([]);
  expect(run()!.state).toEqual({ state: 'RUNNING' });
  // The same state again does nothing.
  expect(await send(aStateEvent('RUNNING'))).toEqual([]);
});

test('a run that comes back is what it was before, also where metrics were of a newer attempt', async () => {
  const { send, silence, clock } = set();
  await send(aStateEvent('RUNNING'), aHeartbeat(1));
  await send(losses([1], 0, { run: { id: 'run-1', attempt: 1 } }));
  clock.nowMs += 3 * SECOND_MS;
  expect(await silence()).toEqual(['crashed']);
  expect(await send(aHeartbeat(1))).toEqual([]);
  expect(await send(aStateEvent('RUNNING'))).toEqual([]);
});
