import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '../../core/delivery.ts';
import { unpackMessage } from '../../core/event-message.ts';
import { newRunMemory } from '../../core/runs/memory.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';
import type { QueueMessage } from '../../lambdas/shared/queue.ts';
import { eachInTurn } from '../../lambdas/sweeper/each-in-turn.ts';
import { type SweepDeps, sweep } from '../../lambdas/sweeper/sweep.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';
import type { DueItem } from '../../store/due.ts';
import { memoryStore } from '../support/memory-store.ts';

const delivery = (id: string) =>
  ({ id, integrationId: 'int_1', action: 'webhook', facts: {} }) as unknown as Delivery & StoredDelivery;
const name = { team: 't', project: 'p', run: 'r' };

function setUp(due: DueItem[], change: Partial<SweepDeps> = {}) {
  const store = memoryStore();
  const stamped = new Set<string>();
  const sent: string[] = [];
  const events: QueueMessage[] = [];
  const finished: string[] = [];
  const lines: StageLine[] = [];
  const deps: SweepDeps = {
    ...store.deps,
    readDue: async () => due.filter((item) => item.kind !== 'delivery' || !stamped.has(item.id)),
    stamp: async (id) => {
      if (stamped.has(id)) return undefined;
      stamped.add(id);
      return delivery(id);
    },
    advanceResend: async () => undefined,
    send: async (messages) => {
      sent.push(...messages.map(({ body }) => JSON.parse(body).deliveryId));
    },
    finishChange: async ({ pk }) => {
      finished.push(pk);
    },
    sendEvents: async (messages) => {
      events.push(...messages);
    },
    now: () => 0,
    stopAtMs: 1,
    log: (line) => lines.push(line),
    ...change,
  };
  return { store, sent, finished, events, lines, run: () => sweep(deps) };
}

describe('a sweep', () => {
  test('sends each due delivery again, once', async () => {
    const { sent, lines, run } = setUp([
      { kind: 'delivery', id: 'a' },
      { kind: 'delivery', id: 'b' },
    ]);
    await run();
    expect(sent).toEqual(['a', 'b']);
    expect(lines).toMatchObject([{ stage: 'sweep.done', deliveries: 2, runs: 0, failed: 0 }]);
  });

  test('has a delivery whose lease is live attempted when that ends, not dropped until the next sweep', async () => {
    const messages: QueueMessage[] = [];
    const { run } = setUp([{ kind: 'delivery', id: 'a' }], {
      stamp: async (id) => (messages.length > 0 ? undefined : { ...delivery(id), dueAtMs: 12_345 }),
      send: async (sent) => {
        messages.push(...sent);
      },
    });
    await run();
    expect(messages).toMatchObject([{ delaySeconds: 14 }]);
  });

  test('ends although the index still shows what was done', async () => {
    const { sent, run } = setUp([{ kind: 'delivery', id: 'a' }], {
      readDue: async () => [{ kind: 'delivery', id: 'a' }],
    });
    await run();
    expect(sent).toEqual(['a']);
  });

  test('writes and sends what a matcher left in a run’s outbox', async () => {
    const { store, lines, run } = setUp([{ kind: 'run', name }]);
    store.runs.set('t/p/r', { ...newRunMemory(), version: 1, outbox: [delivery('x')] });
    await run();
    expect([...store.deliveries.keys()]).toEqual(['x']);
    expect(store.sent).toEqual(['x']);
    expect(store.runs.get('t/p/r')!.outbox).toEqual([]);
    expect(lines).toMatchObject([{ runs: 1 }]);
  });

  test('lists the change that a crash left behind', async () => {
    const { finished, lines, run } = setUp([{ kind: 'change', key: { pk: 'KEY#1', sk: 'KEY' } }]);
    await run();
    expect(finished).toEqual(['KEY#1']);
    expect(lines).toMatchObject([{ stage: 'sweep.done', changes: 1, failed: 0 }]);
  });

  test('goes on when one item fails, and counts it', async () => {
    const { sent, lines, run } = setUp(
      [
        { kind: 'delivery', id: 'bad' },
        { kind: 'delivery', id: 'good' },
      ],
      {
        stamp: async (id) => {
          if (id === 'bad') throw new Error('throttled');
          return sent.includes(id) ? undefined : delivery(id);
        },
      },
    );
    await run();
    expect(sent).toEqual(['good']);
    expect(lines.at(-1)).toMatchObject({ stage: 'sweep.done', deliveries: 1 });
    expect(lines.at(-1)!['failed']).toBeGreaterThan(0);
  });

  test('comes past a page of items that fail', async () => {
    const bad = Array.from({ length: 60 }, (_, n) => ({ kind: 'delivery' as const, id: `bad-${n}` }));
    const due = [...bad, { kind: 'delivery' as const, id: 'good' }];
    const { sent, lines, run } = setUp([], {
      readDue: async (_now, limit) => due.slice(0, limit),
      stamp: async (id) => {
        if (id.startsWith('bad')) throw new Error('refused');
        return delivery(id);
      },
    });
    await run();
    expect(sent).toEqual(['good']);
    expect(lines.at(-1)).toMatchObject({ failed: 60, deliveries: 1 });
  });

  test('sends what is due in the shards that can be read, and counts those that can not', async () => {
    const { sent, lines, run } = setUp([], {
      readDue: async (_now, _limit, onMissed) => {
        onMissed(new Error('throttled'));
        return sent.length > 0 ? [] : [{ kind: 'delivery', id: 'a' }];
      },
    });
    await run();
    expect(sent).toEqual(['a']);
    const missed = { stage: 'error', message: 'throttled' };
    expect(lines).toMatchObject([missed, missed, { stage: 'sweep.done', deliveries: 1, failed: 2 }]);
  });

  test.each([
    ['however many are due', false, 3_200, 192],
    ['also where many that failed stand in front', true, 3_000, 200],
  ])('takes a few at a time, %s', async (_what, isStuck, count, atOnce) => {
    const shards = Array.from({ length: 16 }, (_, shard) =>
      Array.from({ length: 200 }, (_, n) => ({ kind: 'delivery' as const, id: `${shard}-${n}` })),
    );
    const busy = new Set<string>();
    let most = 0;
    const { sent, run } = setUp([], {
      readDue: async (_now, limit) =>
        shards.flatMap((shard) => shard.filter(({ id }) => !sent.includes(id)).slice(0, limit)),
      stamp: async (id) => {
        most = Math.max(most, busy.add(id).size);
        await sleep(0);
        busy.delete(id);
        if (isStuck && id.startsWith('0-')) throw new Error('refused');
        return delivery(id);
      },
    });
    await run();
    expect(new Set(sent).size).toBe(count);
    expect(sent).toHaveLength(count);
    expect(most).toBe(atOnce);
  });

  test('stops in time', async () => {
    const { sent, run } = setUp([{ kind: 'delivery', id: 'a' }], { now: () => 5, stopAtMs: 5 });
    await run();
    expect(sent).toEqual([]);
  });

  const pulse = { intervalMs: 10, lastAtMs: -30, run: { id: 'r', name: 'calm' }, user: 'ada' };

  test('reports a run that was silent for too long, and changes nothing itself', async () => {
    const { store, events, lines, run } = setUp([{ kind: 'run', name }]);
    store.runs.set('t/p/r', { ...newRunMemory(), version: 3, pulse });
    await run();
    expect(events).toHaveLength(1);
    const message = unpackMessage(events[0]!.body);
    expect(message).toMatchObject({ subject: { kind: 'run', team: 't', project: 'p', name: 'r' }, depth: 0 });
    expect(message.routes).toMatchObject([{ type: 'run.state', state: 'CRASHED', silentSinceMs: -30 }]);
    expect(events[0]).toMatchObject({ groupId: message.groupId, dedupId: expect.stringMatching(/^msg_/) });
    expect(store.runs.get('t/p/r')!.version).toBe(3);
    expect(lines).toMatchObject([{ runs: 1, failed: 0 }]);
  });

  test.each([
    ['was heard of since the index said so', { pulse: { ...pulse, lastAtMs: -29 } }],
    ['ended meanwhile', { pulse, state: { state: 'FINISHED' as const } }],
    ['is CRASHED by silence already', { pulse, state: { state: 'CRASHED' as const, before: null } }],
    ['never sent a heartbeat', {}],
  ])('leaves a run alone that %s', async (_name, change) => {
    const { store, events, lines, run } = setUp([{ kind: 'run', name }]);
    store.runs.set('t/p/r', { ...newRunMemory(), version: 1, ...change });
    await run();
    expect(events).toEqual([]);
    expect(lines).toMatchObject([{ runs: 0, failed: 0 }]);
  });

  test('both writes what is left and reports the silence of one run', async () => {
    const { store, events, run } = setUp([{ kind: 'run', name }]);
    store.runs.set('t/p/r', { ...newRunMemory(), version: 1, outbox: [delivery('x')], pulse });
    await run();
    expect([...store.deliveries.keys()]).toEqual(['x']);
    expect(events).toHaveLength(1);
  });

  test('that can’t send a report leaves the run due', async () => {
    const { store, lines, run } = setUp([{ kind: 'run', name }], {
      sendEvents: async () => {
        throw new Error('SQS is away');
      },
    });
    store.runs.set('t/p/r', { ...newRunMemory(), version: 1, pulse });
    await run();
    expect(store.runs.get('t/p/r')!.pulse).toEqual(pulse);
    expect(lines.at(-1)).toMatchObject({ runs: 0, failed: 1 });
  });
});

describe('the things that a sweep does', () => {
  const failing = (message: string) => async () => {
    throw new Error(message);
  };

  test('are done one after the other', async () => {
    const done: string[] = [];
    const thing = (name: string) => async () => {
      done.push(`begin ${name}`);
      await null;
      done.push(`end ${name}`);
    };
    await eachInTurn([thing('a'), thing('b')]);
    expect(done).toEqual(['begin a', 'end a', 'begin b', 'end b']);
  });

  test('are done when one of them fails, which crashes the function in the end', async () => {
    const done: string[] = [];
    const after = async () => {
      done.push('after');
    };
    await expect(eachInTurn([failing('away'), after])).rejects.toThrow(/^away$/);
    expect(done).toEqual(['after']);
    await expect(eachInTurn([failing('a'), failing('b')])).rejects.toThrow('Error: a; Error: b');
  });
});
