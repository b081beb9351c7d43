import { type QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../../core/delivery.ts';
import { emptySeries, pointsOf as heldBy, placeValue, type Series } from '../../core/metrics/series.ts';
import { encodeSeries } from '../../core/metrics/series-codec.ts';
import type { Latch } from '../../core/runs/latch.ts';
import { newRunMemory, type RunMemory } from '../../core/runs/memory.ts';
import { outboxRoom } from '../../core/runs/outbox-room.ts';
import type { RunShare } from '../../core/window-budget.ts';
import { checkWindowBudget } from '../../lambdas/admin/window-budget.ts';
import { addActivity, readActivity } from '../../store/activity.ts';
import {
  type Automation,
  createAutomation,
  deleteAutomation,
  listAutomations,
  readAutomation,
  updateAutomation,
} from '../../store/automations.ts';
import type { Table } from '../../store/client.ts';
import {
  leaseDelivery,
  putAttempt,
  putDelivery,
  readAttempts,
  readDelivery,
  reopenDelivery,
  settleDelivery,
  stampDelivery,
} from '../../store/deliveries.ts';
import { readDue } from '../../store/due.ts';
import { type EndedRun, putEndedRun, readEndedRuns } from '../../store/ended-runs.ts';
import { listDeliveries, readLatestAttempts } from '../../store/history.ts';
import { getItem, getItems, putItem } from '../../store/items.ts';
import { attemptKey, deliveryKey, dueShardOf, dueShards, newestKey, runKey } from '../../store/keys.ts';
import { reserveName } from '../../store/names.ts';
import { announceNewest } from '../../store/newest.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { announceChange, deleteWatch, putWatch, readWatches, readWatchFeed } from '../../store/watches.ts';
import { aDefinition, onEvent, onMetrics, onStates, onThreshold } from '../support/builders.ts';
import { startStore } from '../support/store-table.ts';
import { worstRun } from '../support/worst-run.ts';

let store: Awaited<ReturnType<typeof startStore>>;
let table: Table;

beforeAll(async () => {
  store = await startStore();
  table = store.table;
}, 60_000);

afterAll(() => store?.stop());

/** What DynamoDB counts of an item: names and values in UTF-8, numbers by their digits, a little for each container. */
function bytesOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 2;
  if (Array.isArray(value)) return 3 + value.reduce<number>((sum, one) => sum + 1 + bytesOf(one), 0);
  if (typeof value !== 'object' || value === null) return 1;
  const fields = Object.entries(value);
  return 3 + fields.reduce((sum, [name, one]) => sum + 1 + Buffer.byteLength(name) + bytesOf(one), 0);
}

let ids = 0;
const aDelivery = (change: Partial<Delivery> = {}): Delivery => ({
  id: `dlv_${++ids}`,
  automationId: 'aut_1',
  revision: 1,
  team: `team-${ids}`,
  action: 'webhook',
  integrationId: 'int_1',
  facts: { metric_value: 1e300, run_name: 'ä' },
  receivedAtMs: 1_000,
  createdAtMs: 1_000,
  depth: 0,
  ...change,
});
const lease = (id: string, token: string, nowMs: number) =>
  leaseDelivery(table, id, { token, nowMs, untilMs: nowMs + 100 });

function aTableWhereWritesWaitFor(meanwhile: () => Promise<unknown>): Table {
  const send = async (command: never) => {
    if ((command as object) instanceof UpdateCommand) await meanwhile();
    return table.client.send(command);
  };
  return { ...table, client: { send } as unknown as Table['client'] };
}

describe('a delivery', () => {
  test('is written once', async () => {
    const delivery = aDelivery();
    expect(await putDelivery(table, delivery, 1_000)).toBe(true);
    expect(await putDelivery(table, { ...delivery, depth: 5 }, 2_000)).toBe(false);
    expect(await readDelivery(table, delivery.id)).toMatchObject({
      ...delivery,
      status: 'pending',
      attempts: 0,
      dueAtMs: 1_000,
    });
  });

  test.each([35, 400])(
    'is kept for %i days with its attempts, where the deployment says so',
    async (days) => {
      const day = 24 * 60 * 60;
      const delivery = aDelivery();
      const own = { ...table, historyDays: days };
      await putDelivery(own, delivery, 7_000);
      const attempt = { number: 1, startedAtMs: 8_000, durationMs: 5, outcome: 'delivered' } as const;
      await putAttempt(own, delivery.id, attempt, 9_000);
      await announceNewest(own, { ...delivery, status: 'pending', attempts: 0 }, 'model', 9_000);
      const ends = [
        deliveryKey(delivery.id),
        attemptKey(delivery.id, 1),
        newestKey(delivery.automationId, 'model'),
      ];
      const kept = await Promise.all(ends.map((key) => getItem(table, key)));
      expect(kept.map((item) => item?.['ttl'])).toEqual([
        7 + days * day,
        9 + days * day,
        9 + (days + 1) * day,
      ]);
    },
  );

  test('is leased to one caller, until the lease ends', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    const both = await Promise.all([lease(id, 'a', 1_000), lease(id, 'b', 1_000)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(both.find(Boolean)).toMatchObject({ attempt: 1 });
    expect(await lease(id, 'c', 1_099)).toBeUndefined();
    expect(await lease(id, 'd', 1_100)).toMatchObject({
      attempt: 2,
      lostAttempt: { number: 1, startedAtMs: 1_000 },
    });
  });

  test('is settled by who holds the lease, and by nobody else', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    await lease(id, 'a', 1_000);
    expect(await settleDelivery(table, id, 'b', { status: 'delivered' })).toBe(false);
    expect(await settleDelivery(table, id, 'a', { status: 'delivered' })).toBe(true);
    expect(await settleDelivery(table, id, 'a', { status: 'failed', reason: 'x' })).toBe(false);
    expect(await readDelivery(table, id)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(await lease(id, 'c', 9_000)).toBeUndefined();
  });

  test('that failed is due at its retry time, and its next lease does not see a lost attempt', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    await lease(id, 'a', 1_000);
    await settleDelivery(table, id, 'a', { status: 'pending', dueAtMs: 5_000, sweepAtMs: 5_000 });
    expect(await lease(id, 'b', 4_999)).toBeUndefined();
    const taken = await lease(id, 'c', 5_000);
    expect(taken).toMatchObject({ attempt: 2 });
    expect(taken).not.toHaveProperty('lostAttempt');
  });

  test('given back without an attempt does not count it', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    await lease(id, 'a', 1_000);
    await settleDelivery(table, id, 'a', {
      status: 'pending',
      dueAtMs: 2_000,
      sweepAtMs: 2_000,
      attempts: 0,
    });
    expect(await lease(id, 'b', 2_000)).toMatchObject({ attempt: 1 });
  });

  test('that ended and was sent again after it was read is not leased as what it was', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    const meanwhile = async () => {
      await lease(id, 'a', 1_000);
      await settleDelivery(table, id, 'a', { status: 'skipped', reason: 'disabled', attempts: 0 });
      await reopenDelivery(table, id, { nowMs: 9_000 });
    };
    const late = aTableWhereWritesWaitFor(meanwhile);
    const times = { token: 'b', nowMs: 9_000, untilMs: 9_100 };
    expect(await leaseDelivery(late, id, times)).toBeUndefined();
    expect(await lease(id, 'c', 9_000)).toMatchObject({ attempt: 1, delivery: { resentAtMs: 9_000 } });
  });

  test('keeps its attempts in order, and the first word about each', async () => {
    const { id } = aDelivery();
    const attempt = (number: number, outcome: 'failed' | 'unknown') => ({
      number,
      startedAtMs: 1,
      durationMs: 2,
      outcome,
    });
    for (const number of [2, 10, 1]) await putAttempt(table, id, attempt(number, 'failed'), 1_000);
    await putAttempt(table, id, attempt(1, 'unknown'), 1_000);
    expect((await readAttempts(table, id)).map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
      [10, 'failed'],
    ]);
  });

  test('of a no-op is delivered when it is written', async () => {
    const { integrationId: _, ...delivery } = aDelivery({ action: 'no_op' });
    await putDelivery(table, delivery, 1_000);
    expect(await readDelivery(table, delivery.id)).toMatchObject({ status: 'delivered' });
    expect(await lease(delivery.id, 'a', 9_000)).toBeUndefined();
  });

  test('is listed by team and by automation, newest first, a page at a time', async () => {
    const team = 'pages';
    for (let n = 0; n < 5; n++) {
      await putDelivery(
        table,
        aDelivery({ id: `page_${n}`, team, automationId: 'aut_p', createdAtMs: n * 1_000 }),
        9_000,
      );
    }
    const first = await listDeliveries(table, { of: { team } }, { limit: 2 });
    expect(first.deliveries.map(({ id }) => id)).toEqual(['page_4', 'page_3']);
    const second = await listDeliveries(
      table,
      { of: { automation: 'aut_p' } },
      { limit: 3, after: first.next! },
    );
    expect(second.deliveries.map(({ id }) => id)).toEqual(['page_2', 'page_1', 'page_0']);
    expect(await listDeliveries(table, { of: { team: 'nobody' } }, { limit: 2 })).toEqual({ deliveries: [] });
  });
});

describe('the history', () => {
  const team = 'history-team';
  const ids = (page: { deliveries: { id: string }[] }) => page.deliveries.map(({ id }) => id);

  beforeAll(async () => {
    for (let n = 0; n < 12; n++) {
      // Three at each moment: what fires in one batch has one time.
      const createdAtMs = 10_000 + Math.floor(n / 3) * 1_000;
      await putDelivery(table, aDelivery({ id: `hist_${n}`, team, automationId: 'aut_h', createdAtMs }), 1);
    }
  });

  test.each([1, 2, 5, 12])('shows all of one moment once, %i a page, in both directions', async (limit) => {
    for (const isOldestFirst of [false, true]) {
      const seen: number[] = [];
      const all: string[] = [];
      let after: string | undefined;
      do {
        const page = await listDeliveries(table, { of: { team } }, { limit, after, isOldestFirst });
        all.push(...ids(page));
        seen.push(...page.deliveries.map(({ createdAtMs }) => createdAtMs));
        after = page.next;
      } while (after !== undefined);
      expect(new Set(all).size).toBe(12);
      expect(all).toHaveLength(12);
      expect(seen).toEqual([...seen].sort((a, b) => (isOldestFirst ? a - b : b - a)));
    }
  });

  test('has a beginning and an end, both included', async () => {
    const range = { of: { automation: 'aut_h' }, fromMs: 11_000, toMs: 12_000 };
    const found = ids(await listDeliveries(table, range, { limit: 50 }));
    expect(found.sort()).toEqual(['hist_3', 'hist_4', 'hist_5', 'hist_6', 'hist_7', 'hist_8']);
    const first = await listDeliveries(table, range, { limit: 4 });
    const second = await listDeliveries(table, range, { limit: 4, after: first.next });
    expect([...ids(first), ...ids(second)].sort()).toEqual(found);
  });

  test.each(['0-x', '9999999999999-x', '10999-hist_1', '11000-nobody', '12000-hist_3', '13000-hist_9'])(
    'goes on from somewhere, or is empty, also after %s',
    async (after) => {
      const range = { of: { team }, fromMs: 11_000, toMs: 12_000 };
      for (const isOldestFirst of [false, true]) {
        const page = await listDeliveries(table, range, { limit: 50, after, isOldestFirst });
        for (const { createdAtMs } of page.deliveries) {
          expect(createdAtMs).toBeGreaterThanOrEqual(11_000);
          expect(createdAtMs).toBeLessThanOrEqual(12_000);
        }
      }
    },
  );

  test('shows the newest attempts first, also of more than a hundred', async () => {
    for (let number = 1; number <= 103; number++) {
      const attempt = { number, startedAtMs: number, durationMs: 1, outcome: 'failed' as const };
      await putAttempt(table, 'hist_many', attempt, 1);
    }
    const numbers = async (page: { limit: number; before?: number }) =>
      (await readLatestAttempts(table, 'hist_many', page)).map(({ number }) => number);
    expect(await numbers({ limit: 4 })).toEqual([103, 102, 101, 100]);
    expect(await numbers({ limit: 3, before: 101 })).toEqual([100, 99, 98]);
    expect(await numbers({ limit: 5, before: 3 })).toEqual([2, 1]);
    expect(await numbers({ limit: 5, before: 1 })).toEqual([]);
  });
});

describe('the due index', () => {
  const dueIds = async (nowMs: number) =>
    (await readDue(table, nowMs, 50)).flatMap((item) => {
      if (item.kind === 'change') return [];
      return item.kind === 'run' ? [item.name.run] : [item.id];
    });

  test('shows a delivery when nobody took it in time, and not once it is done', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    expect(await dueIds(120_999)).not.toContain(id);
    expect(await dueIds(121_000)).toContain(id);
    // A lease leaves it there, and holds whoever finds it.
    await lease(id, 'a', 121_000);
    expect(await dueIds(121_000)).toContain(id);
    expect(await lease(id, 'b', 121_099)).toBeUndefined();
    await settleDelivery(table, id, 'a', { status: 'failed', reason: 'gone' });
    expect(await dueIds(999_999)).not.toContain(id);
  });

  test('shows what the shards hold that can be read, and tells of the others, unless it is all of them', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    const real = table.client.send.bind(table.client);
    const ownShard = dueShardOf(deliveryKey(id).pk);
    const readThrottled = async (isThrottled: (shard: string) => boolean) => {
      const spy = jest
        .spyOn(table.client, 'send')
        .mockImplementation(((command: QueryCommand) =>
          isThrottled(command.input.ExpressionAttributeValues?.[':shard'])
            ? Promise.reject(new Error('throttled'))
            : real(command as never)) as never);
      const missed: unknown[] = [];
      const due = await readDue(table, 121_000, 50, (error) => missed.push(error)).finally(() =>
        spy.mockRestore(),
      );
      return [due.some((item) => item.kind === 'delivery' && item.id === id), missed.length];
    };
    expect(await readThrottled((shard) => shard !== ownShard)).toEqual([true, dueShards.length - 1]);
    expect(await readThrottled((shard) => shard === ownShard)).toEqual([false, 1]);
    await expect(readThrottled(() => true)).rejects.toThrow('throttled');
  });

  test('hands each delivery to one sweep', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    const stamp = () => stampDelivery(table, id, { nowMs: 121_000, nextSweepMs: 421_000 });
    const both = await Promise.all([stamp(), stamp()]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await dueIds(420_999)).not.toContain(id);
    expect(await dueIds(421_000)).toContain(id);
    expect(await lease(id, 'a', 121_000)).toBeDefined();
    // Should its function die, the next sweep sees it, not one minutes later.
    expect(await dueIds(121_099)).not.toContain(id);
    expect(await dueIds(121_100)).toContain(id);
  });

  test('shows a run as long as its outbox is full', async () => {
    const name = { team: 't', project: 'p', run: 'with-outbox' };
    const state: RunMemory = { ...newRunMemory(), outbox: [aDelivery()] };
    await saveRun(table, name, state, 1_000);
    expect(await dueIds(121_000)).toContain('with-outbox');
    state.outbox = [];
    await saveRun(table, name, state, 1_000);
    expect(await dueIds(999_999)).not.toContain('with-outbox');
  });
});

describe('a run', () => {
  const name = { team: 't', project: 'p', run: 'r1' };

  const seriesOf = (
    points: [step: number, value: number, receivedAtMs: number][],
    capacity = 1_000,
  ): Series => {
    const series = emptySeries();
    for (const [step, value, receivedAtMs] of points)
      placeValue(series, { step, value, receivedAtMs }, capacity);
    return series;
  };
  // DynamoDB gives the parts of a map back in any order.
  const inOrder = <Value>(map: Map<string, Value>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  /** All of a memory, with its series as points: a series as it was read has other room than one that grew. */
  const plain = ({ series, ...memory }: RunMemory) => ({
    ...memory,
    latches: inOrder(memory.latches),
    series: inOrder(series).map(([metric, one]) => [metric, heldBy(one), one.lastReceivedAtMs]),
  });

  test('is read back as it was written', async () => {
    const memory: RunMemory = {
      ...newRunMemory(),
      isChanged: true,
      attempt: 2,
      lastStep: 2 ** 52,
      series: new Map([
        [
          'loss/#1',
          seriesOf([
            [40, 0.1, 1_000],
            [41, -1e-300, 2_000],
            [2 ** 52, 1.7e308, 1_500],
          ]),
        ],
        ['a.b', seriesOf([[0, 5e-324, 1_000]])],
        ['empty', emptySeries()],
        [
          'ä 🚂',
          seriesOf(
            [
              [0, 1, 1_000],
              [7, -0, 1_000],
            ],
            1,
          ),
        ],
      ]),
      latches: new Map([
        ['aut_1', { triggerHash: 'h', atMs: 5, wasFalse: false }],
        ['aut_2 FAILED', { triggerHash: 'h2', atMs: 6, wasFalse: true }],
        ['aut_3', { triggerHash: 'h', atMs: 5, wasFalse: false, occurrence: { attempt: 0, step: 0 } }],
        ['aut_4', { triggerHash: 'h', atMs: 5, wasFalse: true, occurrence: { attempt: 2, step: 2 ** 52 } }],
        [
          'aut_5',
          {
            ...{ triggerHash: 'h', atMs: 5, wasFalse: true, occurrence: { attempt: 2, step: 40 } },
            heldBack: { attempt: 3, from: 0, to: 41 },
          },
        ],
      ]),
      stateAttempt: 3,
      stateEvents: ['evt_1', 'a,b'],
      state: { state: 'CRASHED', before: 'RUNNING' },
      pulse: {
        intervalMs: 1_500,
        lastAtMs: 99,
        run: {
          id: 'r1',
          name: 'ä',
          tags: [],
          config: { lr: 1e-300, big: 1e300, deep: { list: [null, 0.1] } },
        },
        user: 'ada',
      },
      applied: ['msg_1', 'msg_2'],
      outbox: [aDelivery()],
      late: 3,
    };
    expect(await saveRun(table, name, memory, 1_000)).toBe(true);
    expect([memory.version, memory.isChanged]).toEqual([1, false]);
    expect(plain(await loadRun(table, name, 1_000))).toEqual(plain(memory));
  });

  test.each<[string, Partial<RunMemory>]>([
    ['nothing', {}],
    ['a state that was nothing before silence', { state: { state: 'CRASHED', before: null } }],
    ['a state that an event said', { state: { state: 'RUNNING' } }],
    ['a pulse without a user', { pulse: { intervalMs: 1, lastAtMs: 2, run: { id: 'r' } } }],
  ])('is read back with %s', async (what, change) => {
    const other = { ...name, run: `with ${what}` };
    const memory = { ...newRunMemory(), ...change };
    await saveRun(table, other, memory, 1_000);
    expect(plain(await loadRun(table, other, 1_000))).toEqual(plain(memory));
  });

  test.each(['toString', 'hasOwnProperty', 'constructor'])(
    'is read back with a metric named %s',
    async (metric) => {
      const other = { ...name, run: `of ${metric}` };
      const memory: RunMemory = { ...newRunMemory(), series: new Map([[metric, seriesOf([[1, 2, 3]])]]) };
      await saveRun(table, other, memory, 1_000);
      expect(plain(await loadRun(table, other, 1_000))).toEqual(plain(memory));
    },
  );

  test('that was never written is a fresh memory', async () => {
    expect(await loadRun(table, { ...name, run: 'none' }, 1_000)).toEqual(newRunMemory());
  });

  test.each([
    ['none of which has fired', 0],
    ['all of which have fired', 20],
  ])(
    'with 20 metrics and windows of 50, %s, takes less than 12 KB as it stands in the table',
    async (_name, fired) => {
      const other = { ...name, run: `large ${fired}` };
      // Noisy values of every bit, each received alone and at odd times: as much as points of a real run take.
      let seed = 1;
      const random = () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      const series = Array.from({ length: 20 }, (_, n): [string, Series] => {
        let [step, atMs] = [0, 1_767_225_600_000];
        const points = Array.from({ length: 50 }, (): [number, number, number] => {
          step += 1;
          atMs += 1_000 + Math.floor(random() * 500);
          return [step, Math.exp(-step / 100) + random() * 0.01, atMs];
        });
        return [`train/metric_${n}`, seriesOf(points)];
      });
      const latches = Array.from({ length: fired }, (_, n) => [
        `aut_${'0'.repeat(22)}${n}`,
        {
          ...{ triggerHash: '0123456789abcdef', atMs: 1_767_225_600_000 + n, wasFalse: n % 2 === 0 },
          occurrence: { attempt: 1, step: 1_000 + n },
        },
      ]) as [string, Latch][];
      const applied = Array.from({ length: 32 }, (_, n) => String(n).padStart(16, '0'));
      const memory: RunMemory = {
        ...newRunMemory(),
        series: new Map(series),
        latches: new Map(latches),
        applied,
      };
      await saveRun(table, other, memory, 1_767_225_600_000);
      const item = await getItem(table, runKey(other.team, other.project, other.run));
      expect(bytesOf(item)).toBeLessThan(12_000);
      // What is measured is really there.
      expect(bytesOf(item)).toBeGreaterThan(
        series.reduce((sum, [, one]) => sum + encodeSeries(one).length, 0),
      );
      expect(
        inOrder((await loadRun(table, other, 1_767_225_600_000)).series).map(([, one]) => heldBy(one)),
      ).toEqual(inOrder(new Map(series)).map(([, one]) => heldBy(one)));
    },
  );

  test('is due when silence would make it CRASHED, and no more once it is over', async () => {
    const other = { ...name, run: 'pulsing' };
    const dueAt = async (nowMs: number) =>
      (await readDue(table, nowMs, 50)).some((item) => item.kind === 'run' && item.name.run === 'pulsing');
    const memory: RunMemory = {
      ...newRunMemory(),
      pulse: { intervalMs: 1_000, lastAtMs: 50_000, run: { id: 'pulsing' } },
    };
    await saveRun(table, other, memory, 50_000);
    expect([await dueAt(52_999), await dueAt(53_000)]).toEqual([false, true]);
    // Whichever comes first: silence, or an outbox that was left behind.
    memory.outbox = [aDelivery()];
    await saveRun(table, other, memory, 50_000);
    expect([await dueAt(52_999), await dueAt(53_000)]).toEqual([false, true]);
    memory.state = { state: 'FINISHED' };
    await saveRun(table, other, memory, 50_000);
    expect([await dueAt(169_999), await dueAt(170_000)]).toEqual([false, true]);
    memory.outbox = [];
    await saveRun(table, other, memory, 50_000);
    expect(await dueAt(9e12)).toBe(false);
  });

  test('is written by one of two rivals', async () => {
    const [a, b] = [await loadRun(table, name, 1_000), await loadRun(table, name, 1_000)];
    expect(await saveRun(table, name, a, 1_000)).toBe(true);
    expect(await saveRun(table, name, b, 1_000)).toBe(false);
  });

  test('is forgotten after 90 days, also before DynamoDB has deleted it', async () => {
    const old = { team: 't', project: 'p', run: 'old' };
    await saveRun(table, old, { ...newRunMemory(), lastStep: 7 }, 0);
    const day = 24 * 60 * 60 * 1000;
    expect((await loadRun(table, old, 90 * day - 1_000)).lastStep).toBe(7);
    const fresh = await loadRun(table, old, 90 * day);
    expect(fresh).toEqual({ ...newRunMemory(), version: 1 });
    expect(await saveRun(table, old, fresh, 90 * day)).toBe(true);
  });
});

describe('an automation', () => {
  const make = (id: string, change = {}, nowMs = 1_000): Automation => ({
    head: {
      id,
      team: 'vision',
      revision: 1,
      enabled: true,
      version: 1,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    },
    revision: {
      automationId: id,
      revision: 1,
      definition: aDefinition({ name: `name of ${id}`, ...change }),
      savedAtMs: nowMs,
      triggerSavedAtMs: nowMs,
      savedBy: 'key',
    },
  });
  const moved = (before: Automation, change = {}): Automation => ({
    head: { ...before.head, revision: before.head.revision + 1, version: before.head.version + 1 },
    revision: {
      ...before.revision,
      revision: before.head.revision + 1,
      definition: { ...before.revision.definition, ...change },
    },
  });
  const scope = 'project/vision/mnist';
  const hintsOf = async (id: string) =>
    (await readWatches(table, scope)).filter(({ automationId }) => automationId === id);

  test('is saved, listed, watched for, and announced before and after', async () => {
    const before = await readWatchFeed(table);
    const automation = make('aut_s');
    expect(await createAutomation(table, automation)).toBe('saved');
    expect(await readAutomation(table, 'aut_s')).toEqual(automation);
    expect((await listAutomations(table, 'vision')).map(({ head }) => head.id)).toContain('aut_s');
    expect(await hintsOf('aut_s')).toEqual([
      { event: 'run.metrics', metric: 'loss', automationId: 'aut_s', reach: 1 },
    ]);
    const after = await readWatchFeed(table);
    expect(after.version).toBe(before.version + 2);
    const change = { automationId: 'aut_s', scopes: [scope] };
    expect(after.recent.slice(-2)).toEqual([change, change]);
  });

  test('across runs is watched for at the ends of runs as well', async () => {
    const trigger = onMetrics({ zscore: { metric: 'a#b', across: 'runs' } });
    await createAutomation(table, make('aut_across', { trigger }));
    expect((await hintsOf('aut_across')).map(({ event, metric }) => [event, metric]).sort()).toEqual([
      ['run.ended', 'a#b'],
      ['run.metrics', 'a#b'],
    ]);
    await deleteAutomation(table, make('aut_across', { trigger }));
    expect(await hintsOf('aut_across')).toEqual([]);
  });

  test('that moves is announced in its old scope and in its new one', async () => {
    const before = make('aut_move');
    await createAutomation(table, before);
    const { version } = await readWatchFeed(table);
    await updateAutomation(table, before, moved(before, { scope: { kind: 'organization' } }));
    const feed = await readWatchFeed(table);
    expect(feed.version).toBe(version + 2);
    expect(feed.recent.at(-1)).toEqual({ automationId: 'aut_move', scopes: [scope, 'organization'] });
    expect(await deleteAutomation(table, (await readAutomation(table, 'aut_move'))!)).toBe('saved');
  });

  test('that is refused as stale, or deleted, is announced, too', async () => {
    const before = make('aut_stale');
    await createAutomation(table, before);
    const { version } = await readWatchFeed(table);
    const stale = { ...before, head: { ...before.head, version: 9 } };
    expect(await updateAutomation(table, stale, moved(stale, {}))).toBe('stale');
    expect((await readWatchFeed(table)).version).toBe(version + 1);
    expect(await deleteAutomation(table, before)).toBe('saved');
    expect((await readWatchFeed(table)).version).toBe(version + 3);
    expect((await readWatchFeed(table)).recent.at(-1)).toEqual({
      automationId: 'aut_stale',
      scopes: [scope],
    });
  });

  test('has a name of its own in its scope', async () => {
    await createAutomation(table, make('aut_n1', { name: 'same' }));
    expect(await createAutomation(table, make('aut_n2', { name: 'same' }))).toBe('name_taken');
    const elsewhere = make('aut_n3', { name: 'same', scope: { kind: 'team', team: 'vision' } });
    expect(await createAutomation(table, elsewhere)).toBe('saved');
  });

  test('is watched for by its new metric, and gives its old name back', async () => {
    const before = make('aut_m', { name: 'old name' });
    await createAutomation(table, before);
    const trigger = onThreshold({ metric: 'a#b', window: 7 });
    expect(await updateAutomation(table, before, moved(before, { trigger, name: 'new name' }))).toBe('saved');
    // The old watch stays as a hint; the matcher trusts the automation itself.
    expect(await hintsOf('aut_m')).toContainEqual({
      event: 'run.metrics',
      metric: 'a#b',
      automationId: 'aut_m',
      reach: 7,
    });
    expect(await createAutomation(table, make('aut_m2', { name: 'old name' }))).toBe('saved');
    expect(await createAutomation(table, make('aut_m3', { name: 'new name' }))).toBe('name_taken');
  });

  test('is changed by one of two rivals, and by the next one after a save that died half-way', async () => {
    const before = make('aut_r');
    await createAutomation(table, before);
    const rivals = ['a', 'b'].map((description) =>
      updateAutomation(table, before, moved(before, { description })),
    );
    expect((await Promise.all(rivals)).toSorted()).toEqual(['saved', 'stale']);
    const now = (await readAutomation(table, 'aut_r'))!;
    const next = moved(now, { description: 'c' });
    expect(await updateAutomation(table, now, next)).toBe('saved');
    expect((await readAutomation(table, 'aut_r'))!.revision.definition.description).toBe('c');
  });

  test('can be changed after a change that left its revision but not its head', async () => {
    const before = make('aut_h');
    await createAutomation(table, before);
    const switched = { head: { ...before.head, enabled: false, version: 2 }, revision: before.revision };
    expect(await updateAutomation(table, before, switched)).toBe('saved');
    expect(await updateAutomation(table, before, moved(before, { description: 'lost' }))).toBe('stale');
    const now = (await readAutomation(table, 'aut_h'))!;
    expect(await updateAutomation(table, now, moved(now, { description: 'kept' }))).toBe('saved');
    expect((await readAutomation(table, 'aut_h'))!.revision).toMatchObject({
      revision: 3,
      definition: { description: 'kept' },
    });
  });

  test('does not hold a name that it wanted and did not get', async () => {
    const before = make('aut_w');
    await createAutomation(table, before);
    const stale = { ...before, head: { ...before.head, version: 7 } };
    expect(await updateAutomation(table, stale, moved(stale, { name: 'wanted' }))).toBe('stale');
    expect(await createAutomation(table, make('aut_w2', { name: 'wanted' }, 2_000))).toBe('name_taken');
    expect(await createAutomation(table, make('aut_w3', { name: 'wanted' }, 62_000))).toBe('saved');
  });

  test('is gone when it is deleted, and its revisions stay', async () => {
    const automation = make('aut_d', { name: 'short-lived' });
    await createAutomation(table, automation);
    const trigger = onThreshold({ metric: 'other' });
    const later = moved(automation, { trigger });
    await updateAutomation(table, automation, later);
    expect(await deleteAutomation(table, later)).toBe('saved');
    expect(await readAutomation(table, 'aut_d')).toBeUndefined();
    expect(await hintsOf('aut_d')).toEqual([]);
    expect(await getItems(table, [{ pk: 'AUTOMATION#aut_d', sk: 'REVISION#000001' }])).toHaveLength(1);
    expect(await createAutomation(table, make('aut_d2', { name: 'short-lived' }))).toBe('saved');
  });
});

describe('a name', () => {
  const wanted = (name: string) => ({ partition: 'TEAM#names', noun: 'thing', name });
  const by = (nowMs: number, live: string[]) => ({ nowMs, isLive: async (id: string) => live.includes(id) });

  test('stays with its owner, who may ask again', async () => {
    expect(await reserveName(table, wanted('a'), 'one', by(0, []))).toBe(true);
    expect(await reserveName(table, wanted('a'), 'one', by(0, []))).toBe(true);
    expect(await reserveName(table, wanted('a'), 'two', by(999_999, ['one']))).toBe(false);
  });

  test('left behind by a save that died may be taken over after a minute, by one', async () => {
    await reserveName(table, wanted('b'), 'dead', by(0, []));
    expect(await reserveName(table, wanted('b'), 'two', by(60_000, []))).toBe(false);
    const rivals = ['two', 'three'].map((id) => reserveName(table, wanted('b'), id, by(60_001, [])));
    expect((await Promise.all(rivals)).filter(Boolean)).toHaveLength(1);
  });
});

describe('the change feed', () => {
  const change = (automationId: string) => ({ automationId, scopes: ['team/new'] });
  const announcedBy = async (ids: string[]) => {
    const before = await readWatchFeed(table);
    await Promise.all(ids.map((id) => announceChange(table, change(id))));
    return { before, after: await readWatchFeed(table) };
  };

  test.each([2, 10, 40])('loses none of %d changes that are announced at once', async (count) => {
    const ids = Array.from({ length: count }, (_, n) => `at-once-${count}-${n}`);
    const { before, after } = await announcedBy(ids);
    expect(after.version).toBe(before.version + count);
    expect(
      after.recent
        .slice(-count)
        .map(({ automationId }) => automationId)
        .sort(),
    ).toEqual(ids.sort());
  });

  test('keeps the last 50, oldest first, in one item of a few read units', async () => {
    for (let n = 0; n < 150; n++)
      await announceChange(table, {
        automationId: `aut_${String(n).padStart(24, '0')}`,
        scopes: ['project/a-team/a-project'],
      });
    const { recent } = await readWatchFeed(table);
    // The list is cut down to 50 when it has come to 100.
    expect(recent.length).toBeGreaterThanOrEqual(50);
    expect(recent.length).toBeLessThanOrEqual(100);
    expect(recent.slice(-50).map(({ automationId }) => Number(automationId.slice(-3)))).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 100),
    );
    expect(bytesOf(await getItem(table, { pk: 'CHANGES', sk: 'FEED' }))).toBeLessThan(12_288);
  });
});

describe('watches', () => {
  test('are read back by scope, whatever the metric is called', async () => {
    const watch = (metric: string, event: 'run.metrics' | 'run.ended' = 'run.metrics') => ({
      scopeKey: 'team/watches',
      event,
      metric,
    });
    const long = '🚂'.repeat(255);
    const metrics = ['loss', 'a#b', '#', '##', 'ä/🚂', 'run.metrics#loss', `${long}a`, `${long}b`];
    for (const metric of metrics) await putWatch(table, watch(metric), 'aut_w', 5);
    await putWatch(table, watch('loss', 'run.ended'), 'aut_w', 0);
    await putWatch(table, { scopeKey: 'team/watches2', event: 'run.state', metric: '' }, 'aut_x', 0);
    const read = await readWatches(table, 'team/watches');
    expect(read.map(({ event, metric, reach }) => `${event} ${metric} ${reach}`).sort()).toEqual(
      [...metrics.map((metric) => `run.metrics ${metric} 5`), 'run.ended loss 0'].sort(),
    );
    for (const metric of ['a#b', `${long}a`]) await deleteWatch(table, watch(metric), 'aut_w');
    const left = (await readWatches(table, 'team/watches')).map(({ metric }) => metric);
    expect(left).not.toContain('a#b');
    expect(left).not.toContain(`${long}a`);
    expect(left).toContain(`${long}b`);
    expect(await readWatches(table, 'team/watches2')).toEqual([
      { event: 'run.state', metric: '', automationId: 'aut_x', reach: 0 },
    ]);
  });
});

describe('runs that ended', () => {
  const of = (metric: string) => ({ team: 't', project: 'p', metric });
  const put = (metric: string, run: string, endedAtMs: number, value = 1) =>
    putEndedRun(table, of(metric), { run, value, endedAtMs });
  const read = async (metric: string, beforeMs: number, limit: number) =>
    (await readEndedRuns(table, of(metric), beforeMs, limit)).map(
      ({ run, endedAtMs }) => `${run}@${endedAtMs}`,
    );

  test('are read newest first, those that ended before a moment only', async () => {
    for (const [run, at] of [
      ['a', 1_000],
      ['b', 3_000],
      ['c', 2_000],
    ] as const)
      await put('order', run, at);
    expect(await read('order', 9_000, 9)).toEqual(['b@3000', 'c@2000', 'a@1000']);
    expect(await read('order', 3_000, 9)).toEqual(['c@2000', 'a@1000']);
    expect(await read('order', 3_001, 1)).toEqual(['b@3000']);
  });

  test('count once each, by their latest end before the moment', async () => {
    for (let n = 0; n < 25; n++) await put('again', 'busy', 5_000 + n);
    await put('again', 'quiet', 4_000);
    await put('again', 'busy', 3_000);
    expect(await read('again', 9_000, 2)).toEqual(['busy@5024', 'quiet@4000']);
    expect(await read('again', 4_500, 2)).toEqual(['quiet@4000', 'busy@3000']);
  });

  test('keep any number exactly, and an end that is written again is one', async () => {
    const values = [5e-324, -1.7e308, 0.1, -0];
    for (const [at, value] of values.entries()) await put('exact', `r${at}`, 1_000 + at, value);
    await put('exact', 'r0', 1_000, values[0]);
    const ended: EndedRun[] = await readEndedRuns(table, of('exact'), 9_000, 9);
    expect(ended.map(({ value }) => value).reverse()).toEqual([5e-324, -1.7e308, 0.1, 0]);
  });

  test('of other metrics, projects and teams are other runs', async () => {
    await put('apart', 'r', 1_000);
    for (const other of [
      { ...of('apart2') },
      { ...of('apart'), team: 't2' },
      { ...of('apart'), project: 'p2' },
    ]) {
      expect(await readEndedRuns(table, other, 9_000, 9)).toEqual([]);
    }
  });

  test('more than 90 days ago are forgotten, also before DynamoDB has deleted them', async () => {
    await put('old', 'r', 0);
    const day = 24 * 60 * 60 * 1000;
    expect(await read('old', 90 * day - 1_000, 9)).toEqual(['r@0']);
    expect(await read('old', 90 * day, 9)).toEqual([]);
  });
});

describe('the activity of an automation', () => {
  test('is added up', async () => {
    expect(await readActivity(table, 'aut_activity')).toBeUndefined();
    await addActivity(table, 'aut_activity', { fired: 0, heldBack: 2, lastMetAtMs: 5 });
    expect(await readActivity(table, 'aut_activity')).toEqual({ fired: 0, heldBack: 2, lastMetAtMs: 5 });
    await addActivity(table, 'aut_activity', { fired: 3, heldBack: 1, lastMetAtMs: 9, lastFiredAtMs: 8 });
    expect(await readActivity(table, 'aut_activity')).toEqual({
      fired: 3,
      heldBack: 3,
      lastMetAtMs: 9,
      lastFiredAtMs: 8,
    });
  });

  test('loses nothing when functions add to it at once', async () => {
    const once = () =>
      addActivity(table, 'aut_busy', { fired: 1, heldBack: 2, lastMetAtMs: 1, lastFiredAtMs: 1 });
    await Promise.all(Array.from({ length: 20 }, once));
    expect(await readActivity(table, 'aut_busy')).toMatchObject({ fired: 20, heldBack: 40 });
  });
});

describe('the budget of windows', () => {
  const project = (name: string) => ({ kind: 'project', team: 'vision', project: name }) as const;
  const onWindow = (metric: string, window: number, scope = project('budget')) => ({
    scope,
    trigger: onThreshold({ metric, window }),
  });
  let saved = 0;
  const save = async (input: ReturnType<typeof onWindow>) => {
    const id = `aut_budget_${++saved}`;
    const head = {
      id,
      team: 'vision',
      revision: 1,
      enabled: true,
      version: 1,
      createdAtMs: 0,
      updatedAtMs: 0,
    };
    const definition = aDefinition({ ...input, name: id });
    const revision = {
      automationId: id,
      revision: 1,
      definition,
      savedAtMs: 0,
      triggerSavedAtMs: 0,
      savedBy: 'k',
    };
    expect(await createAutomation(table, { head, revision })).toBe('saved');
    return { head, revision };
  };
  const check = (input: ReturnType<typeof onWindow>, ownId = 'aut_new') =>
    checkWindowBudget(table, input, ownId);

  const onRuns = (states: string[], scope = project('budget')) => ({ scope, trigger: onStates(states) });

  test('of a project holds 190,000 bytes, for each metric those of the largest reach', async () => {
    // A metric of two letters with a window of 1,000 and a latch takes 22,114.
    for (let n = 0; n < 7; n++) await save(onWindow(`m${n}`, 1_000));
    const last = await save(onWindow('m7', 1_000));
    await save(onWindow('m0', 10));
    await check(onWindow('m8', 586));
    await expect(check(onWindow('m8', 587))).rejects.toMatchObject({
      details: {
        code: 'invalid_input',
        field: 'trigger',
        detail:
          'the automations of this project on runs would take 190020 bytes of what is remembered of each run, and the limit is 190000 (now: 176992)',
        hint: expect.stringContaining('delete automations'),
      },
    });
    // On a metric whose window is as large already, one more takes a latch.
    await check(onWindow('m0', 1_000));
    // Its own old window does not count against it.
    await check(onWindow('m8', 1_000), last.head.id);
    await check(onWindow('m8', 1_000, project('other')));
  });

  test('counts a latch for each state that an automation takes', async () => {
    await save(onWindow('m8', 579));
    await check(onRuns(['KILLED']));
    await expect(check(onRuns(['FAILED']))).rejects.toThrow('would take 190004 bytes');
    await save(onRuns(['KILLED']));
    await expect(check(onRuns(['KILLED']))).rejects.toThrow('would take 190004 bytes');
    await check({ scope: project('budget'), trigger: onEvent('artifact.created') } as never);
  });

  test('lets what was saved under another budget be changed, if it takes no more', async () => {
    const scope = project('budget-earlier');
    const all = [];
    for (let n = 0; n < 10; n++) all.push(await save(onWindow(`m${n}`, 1_000, scope)));
    const own = all[0]!.head.id;
    await check(onWindow('m0', 1_000, scope), own);
    await check(onWindow('mx', 900, scope), own);
    await expect(check(onWindow('long name', 1_000, scope), own)).rejects.toThrow('221147 bytes');
    await expect(check(onWindow('m0', 1, scope))).rejects.toThrow('(now: 221140)');
  });

  test('does not count what automations watched before, or those that are deleted', async () => {
    const scope = project('budget-old');
    const all = [];
    for (let n = 0; n < 8; n++) all.push(await save(onWindow(`m${n}`, 1_000, scope)));
    await check(onWindow('new', 589, scope));
    await expect(check(onWindow('new', 590, scope))).rejects.toThrow('limit');
    const before = all[0]!;
    const definition = {
      ...before.revision.definition,
      trigger: onThreshold({ metric: 'moved', window: 900 }),
    };
    const after = {
      head: { ...before.head, revision: 2, version: 2 },
      revision: { ...before.revision, revision: 2, definition },
    };
    expect(await updateAutomation(table, before, after)).toBe('saved');
    await check(onWindow('new', 689, scope));
    await expect(check(onWindow('new', 690, scope))).rejects.toThrow('limit');
    expect(await deleteAutomation(table, all[1]!)).toBe('saved');
    await check(onWindow('new', 1_000, scope));
  });

  test.each([
    ['team', { kind: 'team', team: 'budgeters' } as const, 4, 64],
    ['organization', { kind: 'organization' } as const, 3, 161],
  ])('of a %s is its own', async (_kind, scope, thousands, more) => {
    const input = (metric: string, window = 1_000) => ({ scope, trigger: onThreshold({ metric, window }) });
    for (let n = 0; n < thousands; n++) await save(input(`m${n}`) as never);
    await check(input('new', more) as never);
    await expect(check(input('new', more + 1) as never)).rejects.toThrow('limit');
  });

  const encoded = ({ series, latches }: RunMemory) =>
    bytesOf({
      series: Object.fromEntries([...series].map(([metric, values]) => [metric, encodeSeries(values)])),
      latches: Object.fromEntries([...latches.keys()].map((key) => [key, 'x'.repeat(40)])),
    });

  test.each<[string, (n: number) => RunShare]>([
    ['the largest windows', (n) => ({ metric: `m${n}`, reach: 1_000, latches: 1 })],
    ['windows of 10', (n) => ({ metric: `metric-${n}`, reach: 10, latches: 1 })],
    ['many metrics', (n) => ({ metric: `train/${n}`, reach: 1, latches: 1 })],
    ['names of 45 characters', (n) => ({ metric: String(n).padStart(45, 'm'), reach: 1, latches: 1 })],
    [
      'names of 256 characters of four bytes',
      (n) => ({ metric: `${'🚂'.repeat(256 - String(n).length)}${n}`, reach: 1, latches: 1 }),
    ],
    ['automations on one metric', () => ({ metric: 'loss', reach: 1, latches: 1 })],
    ['automations on all states', () => ({ metric: '', reach: 0, latches: 7 })],
  ])('keeps a run’s item below what DynamoDB takes: %s', async (what, shareAt) => {
    const name = { team: 't'.repeat(64), project: '損'.repeat(128), run: `${what} `.padEnd(128, '損') };
    const memory = worstRun(shareAt);
    const room = outboxRoom(memory);
    expect(encoded(memory)).toBeLessThan(350_000);
    const empty = Buffer.byteLength(JSON.stringify([aDelivery({ facts: { text: '' } })]));
    memory.outbox = [aDelivery({ facts: { text: 'x'.repeat(Math.max(0, room - empty - 2)) } })];
    expect(await saveRun(table, name, memory, 1_790_000_000_000)).toBe(true);
    const item = await getItem(table, runKey(name.team, name.project, name.run));
    expect(bytesOf(item)).toBeLessThan(409_600);
    expect(bytesOf(item)).toBeGreaterThan(250_000);
  });
});

test('more keys than a batch holds are all read', async () => {
  const keys = Array.from({ length: 230 }, (_, n) => ({ pk: 'many', sk: String(n) }));
  await Promise.all(keys.map((key) => putItem(table, key)));
  expect(await getItems(table, [...keys, { pk: 'many', sk: 'none' }])).toHaveLength(230);
});
