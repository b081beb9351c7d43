import type { Delivery } from '../../core/delivery.ts';
import { newRunState } from '../../core/run-state.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';
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
  const lines: StageLine[] = [];
  const deps: SweepDeps = {
    ...store.deps,
    readDue: async () => due.filter((item) => item.kind === 'run' || !stamped.has(item.id)),
    stamp: async (id) => {
      if (stamped.has(id)) return undefined;
      stamped.add(id);
      return delivery(id);
    },
    send: async (messages) => {
      sent.push(...messages.map(({ body }) => JSON.parse(body).deliveryId));
    },
    now: () => 0,
    stopAtMs: 1,
    log: (line) => lines.push(line),
    ...change,
  };
  return { store, sent, lines, run: () => sweep(deps) };
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

  test('ends although the index still shows what was done', async () => {
    const { sent, run } = setUp([{ kind: 'delivery', id: 'a' }], {
      readDue: async () => [{ kind: 'delivery', id: 'a' }],
    });
    await run();
    expect(sent).toEqual(['a']);
  });

  test('writes and sends what a matcher left in a run’s outbox', async () => {
    const { store, lines, run } = setUp([{ kind: 'run', name }]);
    store.runs.set('t/p/r', { ...newRunState(), version: 1, outbox: [delivery('x')] });
    await run();
    expect([...store.deliveries.keys()]).toEqual(['x']);
    expect(store.sent).toEqual(['x']);
    expect(store.runs.get('t/p/r')!.outbox).toEqual([]);
    expect(lines).toMatchObject([{ runs: 1 }]);
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

  test('stops in time', async () => {
    const { sent, run } = setUp([{ kind: 'delivery', id: 'a' }], { now: () => 5, stopAtMs: 5 });
    await run();
    expect(sent).toEqual([]);
  });
});
