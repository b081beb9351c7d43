import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery } from '../../core/delivery.ts';
import { newRunState, type RunState } from '../../core/run-state.ts';
import type { Listening } from '../../local/listen.ts';
import { startTable } from '../../local/table.ts';
import { table as topology } from '../../local/topology.ts';
import {
  type Automation,
  createAutomation,
  deleteAutomation,
  listAutomations,
  readAutomation,
  updateAutomation,
} from '../../store/automations.ts';
import { openTable, type Table } from '../../store/client.ts';
import {
  leaseDelivery,
  listDeliveries,
  putAttempt,
  putDelivery,
  readAttempts,
  readDelivery,
  settleDelivery,
  stampDelivery,
} from '../../store/deliveries.ts';
import { readDue } from '../../store/due.ts';
import { getItems, putItem } from '../../store/items.ts';
import { reserveName } from '../../store/names.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { bumpScopeVersion, readScopeVersion, readWatches } from '../../store/watches.ts';
import { aDefinition, aThreshold } from '../support/builders.ts';

let folder: string;
let dynamo: Listening;
let table: Table;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-store-'));
  dynamo = await startTable(folder, { wasKilled: false });
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = dynamo.url;
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  table = openTable(topology.name);
});

afterAll(async () => {
  await dynamo.stop();
  rmSync(folder, { recursive: true });
});

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
    const first = await listDeliveries(table, { team }, { limit: 2 });
    expect(first.deliveries.map(({ id }) => id)).toEqual(['page_4', 'page_3']);
    const second = await listDeliveries(table, { automation: 'aut_p' }, { limit: 3, after: first.next! });
    expect(second.deliveries.map(({ id }) => id)).toEqual(['page_2', 'page_1', 'page_0']);
    expect(await listDeliveries(table, { team: 'nobody' }, { limit: 2 })).toEqual({ deliveries: [] });
  });
});

describe('the due index', () => {
  const dueIds = async (nowMs: number) =>
    (await readDue(table, nowMs, 50)).flatMap((item) =>
      item.kind === 'delivery' ? [item.id] : [item.name.run],
    );

  test('shows a delivery when nobody took it in time, and not once it is done', async () => {
    const { id } = aDelivery();
    await putDelivery(table, aDelivery({ id }), 1_000);
    expect(await dueIds(120_999)).not.toContain(id);
    expect(await dueIds(121_000)).toContain(id);
    await lease(id, 'a', 121_000);
    expect(await dueIds(121_099)).not.toContain(id);
    expect(await dueIds(121_100)).toContain(id);
    await settleDelivery(table, id, 'a', { status: 'failed', reason: 'gone' });
    expect(await dueIds(999_999)).not.toContain(id);
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
  });

  test('shows a run as long as its outbox is full', async () => {
    const name = { team: 't', project: 'p', run: 'with-outbox' };
    const state: RunState = { ...newRunState(), outbox: [aDelivery()] };
    await saveRun(table, name, state, 1_000);
    expect(await dueIds(121_000)).toContain('with-outbox');
    state.outbox = [];
    await saveRun(table, name, state, 1_000);
    expect(await dueIds(999_999)).not.toContain('with-outbox');
  });
});

describe('a run', () => {
  const name = { team: 't', project: 'p', run: 'r1' };

  test('is read back as it was written', async () => {
    const state: RunState = {
      ...newRunState(),
      attempt: 2,
      lastStep: 41,
      series: new Map([
        ['loss/#1', { steps: [40, 41], values: [0.1, -1e-300], receivedAtMs: [1_000, 2_000] }],
      ]),
      fired: new Map([['aut_1', { triggerHash: 'h', atMs: 5 }]]),
      applied: ['msg_1', 'msg_2'],
      outbox: [aDelivery()],
      late: 3,
    };
    expect(await saveRun(table, name, state, 1_000)).toBe(true);
    expect(await loadRun(table, name, 1_000)).toEqual(state);
  });

  test('is written by one of two rivals', async () => {
    const [a, b] = [await loadRun(table, name, 1_000), await loadRun(table, name, 1_000)];
    expect(await saveRun(table, name, a, 1_000)).toBe(true);
    expect(await saveRun(table, name, b, 1_000)).toBe(false);
  });

  test('is forgotten after 90 days, also before DynamoDB has deleted it', async () => {
    const old = { team: 't', project: 'p', run: 'old' };
    await saveRun(table, old, { ...newRunState(), lastStep: 7 }, 0);
    const day = 24 * 60 * 60 * 1000;
    expect((await loadRun(table, old, 90 * day - 1_000)).lastStep).toBe(7);
    const fresh = await loadRun(table, old, 90 * day);
    expect(fresh).toEqual({ ...newRunState(), version: 1 });
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
  const watchesOf = async (id: string) =>
    (await readWatches(table, scope, 'run.metrics')).filter(({ automationId }) => automationId === id);

  test('is saved, listed, watched for, and the scope’s version rises', async () => {
    const before = await readScopeVersion(table, scope);
    const automation = make('aut_s');
    expect(await createAutomation(table, automation)).toBe('saved');
    expect(await readAutomation(table, 'aut_s')).toEqual(automation);
    expect((await listAutomations(table, 'vision')).map(({ head }) => head.id)).toContain('aut_s');
    expect(await watchesOf('aut_s')).toEqual([{ metric: 'loss', automationId: 'aut_s' }]);
    expect(await readScopeVersion(table, scope)).toBeGreaterThan(before);
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
    const trigger = { event: 'run.metrics' as const, threshold: aThreshold({ metric: 'a#b' }), filter: {} };
    expect(await updateAutomation(table, before, moved(before, { trigger, name: 'new name' }))).toBe('saved');
    // The old watch stays as a hint; the matcher trusts the automation itself.
    expect(await watchesOf('aut_m')).toContainEqual({ metric: 'a#b', automationId: 'aut_m' });
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
    const trigger = { event: 'run.metrics' as const, threshold: aThreshold({ metric: 'other' }), filter: {} };
    const later = moved(automation, { trigger });
    await updateAutomation(table, automation, later);
    expect(await deleteAutomation(table, later)).toBe('saved');
    expect(await readAutomation(table, 'aut_d')).toBeUndefined();
    expect(await watchesOf('aut_d')).toEqual([]);
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

test('a scope that was never saved to has version 0, and each change raises it', async () => {
  expect(await readScopeVersion(table, 'team/new')).toBe(0);
  await Promise.all(Array.from({ length: 5 }, () => bumpScopeVersion(table, 'team/new')));
  expect(await readScopeVersion(table, 'team/new')).toBe(5);
});

test('more keys than a batch holds are all read', async () => {
  const keys = Array.from({ length: 230 }, (_, n) => ({ pk: 'many', sk: String(n) }));
  await Promise.all(keys.map((key) => putItem(table, key)));
  expect(await getItems(table, [...keys, { pk: 'many', sk: 'none' }])).toHaveLength(230);
});
