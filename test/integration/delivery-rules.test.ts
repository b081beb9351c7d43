import type { Delivery } from '../../core/delivery.ts';
import type { Outcome } from '../../core/retry.ts';
import { Secret } from '../../core/secret.ts';
import type { Later } from '../../lambdas/dispatcher/in-flight.ts';
import { pace } from '../../lambdas/dispatcher/pace.ts';
import { deleteAutomation, readAutomation, updateAutomation } from '../../store/automations.ts';
import { putDelivery, readAttempts, readDelivery, reopenDelivery } from '../../store/deliveries.ts';
import {
  disableIntegration,
  enableIntegration,
  openCircuit,
  readFlow,
  readHealth,
} from '../../store/health.ts';
import { createIntegration } from '../../store/integrations.ts';
import { countHeldBack } from '../../store/storms.ts';
import { readPace, reservePace } from '../../store/turns.ts';
import { aSlackIntegration } from '../support/builders.ts';
import { startStore } from '../support/store-table.ts';
import { type Answer, delivered, down, timedOut, VirtualDelivery } from '../support/virtual-delivery.ts';

let store: Awaited<ReturnType<typeof startStore>>;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const start = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const always =
  (outcome = delivered, durationMs = 50): Answer =>
  () => ({ outcome, durationMs });
const stored = (id: string) => readDelivery(store.table, id);
const settings = (change: object = {}) => ({ delivery: { supersede: false, max_per_minute: 30, ...change } });
const about = (alias: string, version = 1): Partial<Delivery> => ({
  facts: {
    ...{ entity_name: 't', project_name: 'p', artifact_collection_name: 'detector', alias },
    artifact_version_index: version,
  },
});

async function aWorld(answer: Answer, change: object = {}) {
  const world = new VirtualDelivery(store.table, start);
  const integration = await world.integration('int', answer);
  const automation = await world.automation('aut', integration, change);
  const fire = (id: string, more: Partial<Delivery> = {}) => world.fire(id, automation, integration, more);
  return { world, integration, automation, fire };
}

const sent = (world: VirtualDelivery) => world.posts.map(({ delivery }) => delivery.split('_')[1]);

/** The most requests that were under way at the same time. */
function mostAtOnce(world: VirtualDelivery): number {
  const marks = world.posts.flatMap(({ startMs, endMs }) => [
    [startMs, 1],
    [endMs, -1],
  ]) as [number, number][];
  let now = 0;
  let most = 0;
  for (const [, step] of marks.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

describe('without faults', () => {
  test('each delivery is posted once, also when its message comes twice', async () => {
    const { world, fire } = await aWorld(always(), settings({ max_per_minute: 600 }));
    const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => fire(`d${n}`)));
    world.enqueue(ids.map((id) => ({ body: JSON.stringify({ deliveryId: id }), groupId: 'g' })));
    await world.runFor(10 * MINUTE_MS);
    expect(world.posts.map(({ delivery }) => delivery).sort()).toEqual([...ids].sort());
    expect(world.problems).toEqual([]);
  });

  test('a retry has the same webhook-id, and a doubled message makes no attempt more', async () => {
    const { world, fire } = await aWorld(always(down));
    const id = await fire('d');
    world.enqueue(
      Array.from({ length: 3 }, () => ({ body: JSON.stringify({ deliveryId: id }), groupId: 'g' })),
    );
    await world.runFor(30 * MINUTE_MS);
    expect(sent(world)).toEqual(['d', 'd', 'd']);
    const gaps = world.posts.slice(1).map(({ startMs }, n) => startMs - world.posts[n]!.endMs);
    expect(gaps[0]).toBeGreaterThanOrEqual(5_000);
    expect(gaps[0]).toBeLessThanOrEqual(7_000);
    expect(gaps[1]).toBeGreaterThanOrEqual(300_000);
    expect(gaps[1]).toBeLessThanOrEqual(420_000);
  });
});

describe('expiry', () => {
  test('no attempt comes later, and a retry that would ends the delivery at once', async () => {
    const { world, fire } = await aWorld(always(down), settings({ expires_after_seconds: 60 }));
    const id = await fire('d');
    await world.runFor(10_000);
    expect(sent(world)).toEqual(['d', 'd']);
    expect(await stored(id)).toMatchObject({ status: 'skipped', reason: 'expired', attempts: 2 });
    await world.runFor(HOUR_MS);
    expect(world.posts).toHaveLength(2);
  });

  test('counts from the moment the event was received', async () => {
    const { world, fire } = await aWorld(always(), settings({ expires_after_seconds: 60 }));
    const late = await fire('late', { receivedAtMs: start - 60_001 });
    const just = await fire('just', { receivedAtMs: start - 60_000 });
    await world.runFor(1_000);
    expect(await stored(late)).toMatchObject({ status: 'skipped', reason: 'expired' });
    expect(await stored(just)).toMatchObject({ status: 'delivered' });
    expect(sent(world)).toEqual(['just']);
  });
});

describe('superseding', () => {
  const supersede = settings({ supersede: true });

  test('a retry is dropped when something newer for the same collection and alias went out', async () => {
    const { world, fire } = await aWorld(
      (_at, { headers }) => ({
        outcome: headers['webhook-id']?.includes('_old') ? down : delivered,
        durationMs: 10,
      }),
      supersede,
    );
    const old = await fire('old', about('production'));
    await world.runFor(2_000);
    const recent = await fire('new', about('production'));
    await world.runFor(HOUR_MS);
    expect(sent(world)).toEqual(['old', 'new']);
    expect(await stored(old)).toMatchObject({ status: 'skipped', reason: 'superseded', attempts: 1 });
    expect(await readAttempts(store.table, old)).toHaveLength(1);
    expect(await stored(recent)).toMatchObject({ status: 'delivered' });
  });

  test('other aliases and other automations are other matters', async () => {
    const { world, integration, fire } = await aWorld(always(), supersede);
    const other = await world.automation('other', integration, supersede);
    world.nowMs += 1;
    await fire('new', about('production'));
    await world.runFor(100);
    await fire('staging', { ...about('staging'), receivedAtMs: start });
    await world.fire('elsewhere', other, integration, { ...about('production'), receivedAtMs: start });
    await fire('old', { ...about('production'), receivedAtMs: start });
    await world.runFor(1_000);
    expect(sent(world).sort()).toEqual(['elsewhere', 'new', 'staging']);
  });

  test('what is dispatched out of order does not go out of order', async () => {
    const { world, fire } = await aWorld(always(), supersede);
    const recent = await fire('new', { ...about('production'), receivedAtMs: start + 5 });
    await world.runFor(1_000);
    const old = await fire('old', { ...about('production'), receivedAtMs: start });
    await world.runFor(1_000);
    expect(await stored(recent)).toMatchObject({ status: 'delivered' });
    expect(await stored(old)).toMatchObject({ status: 'skipped', reason: 'superseded' });
    expect(sent(world)).toEqual(['new']);
  });

  test('of one request’s events the higher version is the newer one', async () => {
    const { world, fire } = await aWorld(always(), supersede);
    await Promise.all([3, 1, 4, 2].map((version) => fire(`v${version}`, about('production', version))));
    await world.runFor(10_000);
    expect(sent(world).at(-1)).toBe('v4');
    expect(sent(world)).toEqual([...sent(world)].sort());
  });

  test('a newer one waits while an older one is on the wire, and then goes', async () => {
    const { world, fire } = await aWorld(always(delivered, 10_000), supersede);
    await fire('old', about('production'));
    await world.runFor(500);
    const recent = await fire('new', about('production'));
    await world.runFor(HOUR_MS);
    expect(sent(world)).toEqual(['old', 'new']);
    expect(mostAtOnce(world)).toBe(1);
    expect(await stored(recent)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  test('one that is overtaken while it is made ready does not go', async () => {
    const { world, automation, integration } = await aWorld(always(delivered, 0), supersede);
    const [old, recent] = ['old', 'new'].map((name, n) =>
      world.delivery(name, automation, integration, { ...about('production'), receivedAtMs: start + n }),
    );
    for (const one of [old!, recent!]) await putDelivery(store.table, one, start);
    world.change = (deps) => ({
      ...deps,
      readHead: async (id) => {
        world.change = (same) => same;
        await world.dispatchOnce(recent!.id);
        return deps.readHead(id);
      },
    });
    await world.dispatchOnce(old!.id);
    expect(sent(world)).toEqual(['new']);
    expect(await stored(old!.id)).toMatchObject({ status: 'skipped', reason: 'superseded' });
  });

  test('many at once, on several dispatchers: never an older one after a newer one', async () => {
    const { world, fire } = await aWorld(
      (_at, { headers }) => ({
        outcome: world.random() < 0.5 ? down : delivered,
        durationMs: 1 + ((headers['webhook-id']?.length ?? 0) % 7) * 400,
      }),
      { ...settings({ supersede: true, max_per_minute: 600 }) },
    );
    for (let n = 0; n < 40; n++) {
      // Messages come in any order.
      const id = String(((n * 7) % 40) + 10);
      await fire(`m${id}`, { ...about('production'), receivedAtMs: start + Number(id) });
      if (n % 5 === 0) await world.runFor(700);
    }
    await world.runFor(30 * MINUTE_MS);
    expect(mostAtOnce(world)).toBe(1);
    expect(sent(world)).toEqual([...sent(world)].sort());
    expect(sent(world).at(-1)).toBe('m49');
  });

  test('a run is a subject', async () => {
    const { world, fire } = await aWorld(always(), supersede);
    const run = (id: string, step: number) => ({ facts: { project_name: 'p', run_id: id, step } });
    await fire('b2', { ...run('b', 2) });
    await world.runFor(100);
    await fire('a1', { ...run('a', 1), receivedAtMs: start });
    await fire('b1', { ...run('b', 1), receivedAtMs: start });
    await world.runFor(1_000);
    expect(sent(world)).toEqual(['b2', 'a1']);
  });

  test('one that was held back for its rate supersedes nothing', async () => {
    const { world, fire } = await aWorld(
      (at) => ({ outcome: at < start + 3_000 ? down : delivered, durationMs: 10 }),
      settings({ supersede: true, max_per_minute: 1 }),
    );
    const first = await fire('first', about('production'));
    await world.runFor(1_000);
    await fire('second', about('production'));
    await world.runFor(MINUTE_MS);
    expect(await stored(first)).toMatchObject({ status: 'delivered' });
  });
});

describe('storms', () => {
  test('more than so many firings a minute are skipped, whoever dispatches them, and the next minute is new', async () => {
    const { world, fire } = await aWorld(always(), settings({ max_per_minute: 5 }));
    const ids = await Promise.all(Array.from({ length: 25 }, (_, n) => fire(`d${n}`)));
    await world.runFor(MINUTE_MS);
    expect(world.posts).toHaveLength(5);
    const all = await Promise.all(ids.map(stored));
    expect(all.filter((one) => one?.reason === 'rate' && one.status === 'skipped')).toHaveLength(20);
    await fire('next');
    await world.runFor(1_000);
    expect(world.posts).toHaveLength(6);
  });

  test('a retry does not count again', async () => {
    const { world, fire } = await aWorld(
      (at) => ({ outcome: at < start + 2_000 ? down : delivered, durationMs: 1 }),
      settings({ max_per_minute: 3 }),
    );
    const ids = await Promise.all([1, 2, 3].map((n) => fire(`d${n}`)));
    await world.runFor(MINUTE_MS);
    expect((await Promise.all(ids.map(stored))).map((one) => one?.status)).toEqual(
      Array(3).fill('delivered'),
    );
  });

  test('counts the minute in which events were received, so that a backlog is no storm', async () => {
    const { world, fire } = await aWorld(always(), settings({ max_per_minute: 2 }));
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        fire(`d${n}`, { receivedAtMs: start - Math.floor(n / 2) * MINUTE_MS }),
      ),
    );
    await world.runFor(30_000);
    expect(world.posts).toHaveLength(10);
  });

  test('for Slack the rest goes out as one digest', async () => {
    const { world, automation, fire } = await aWorld(always(), settings({ max_per_minute: 5 }));
    const ids = await Promise.all(Array.from({ length: 25 }, (_, n) => fire(`d${n}`, { action: 'slack' })));
    await world.runFor(30_000);
    expect(world.posts).toHaveLength(5);
    await world.runFor(2 * MINUTE_MS);
    expect(world.posts).toHaveLength(6);
    expect(ids).not.toContain(world.posts[5]!.delivery);
    expect(await stored(world.posts[5]!.delivery)).toMatchObject({
      digest: { minuteMs: start, count: 20 },
      automationId: automation,
      status: 'delivered',
    });
    expect(await countHeldBack(store.table, automation, start)).toBe(20);
    const all = await Promise.all(ids.map(stored));
    expect(all.filter((one) => one?.reason === 'rate')).toHaveLength(20);
  });
});

test('a loop through our own API ends after eight rounds', async () => {
  const { world, fire } = await aWorld(always());
  await fire('d8', { depth: 8 });
  const over = await fire('d9', { depth: 9 });
  await world.runFor(1_000);
  expect(sent(world)).toEqual(['d8']);
  expect(await stored(over)).toMatchObject({ status: 'skipped', reason: 'loop' });
});

test.each(['disabled', 'deleted'])(
  'an automation that was %s sends nothing any more, also no retry',
  async (what) => {
    const { world, integration, automation, fire } = await aWorld(always(down));
    const id = await fire('d');
    await world.runFor(1_000);
    const before = (await readAutomation(store.table, automation))!;
    const head = { ...before.head, enabled: false, version: before.head.version + 1 };
    if (what === 'deleted') await deleteAutomation(store.table, before);
    else await updateAutomation(store.table, before, { ...before, head });
    const other = await fire('later');
    await world.runFor(HOUR_MS);
    expect(sent(world)).toEqual(['d']);
    expect((await readFlow(store.table, integration, world.nowMs - HOUR_MS)).free).toHaveLength(10);
    for (const one of [id, other])
      expect(await stored(one)).toMatchObject({ status: 'skipped', reason: 'disabled' });
  },
);

describe('in flight', () => {
  test('at most ten at a time go through an integration; the others wait without spending an attempt', async () => {
    const { world, fire } = await aWorld(always(delivered, 3_000), settings({ max_per_minute: 600 }));
    const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => fire(`d${n}`)));
    await world.runFor(10 * MINUTE_MS);
    expect(mostAtOnce(world)).toBe(10);
    expect(world.posts.map(({ delivery }) => delivery).sort()).toEqual([...ids].sort());
    for (const id of ids) expect(await stored(id)).toMatchObject({ status: 'delivered', attempts: 1 });
    // 18 s would be perfect.
    expect(Math.max(...world.posts.map(({ endMs }) => endMs)) - start).toBeLessThan(45_000);
    expect(await stored(ids[59]!)).not.toHaveProperty('wait');
  });

  test('who waits is not starved by who comes later', async () => {
    const { world, fire } = await aWorld(always(delivered, 2_000), settings({ max_per_minute: 600 }));
    for (let n = 0; n < 60; n++) await fire(`a${n}`);
    for (let n = 0; n < 40; n++) {
      await world.runFor(100);
      await fire(`b${n}`);
    }
    await world.runFor(10 * MINUTE_MS);
    expect(world.posts).toHaveLength(100);
    // 20 s would be perfect for all; nobody who came first is left over.
    const first = world.posts.filter(({ delivery }) => delivery.includes('_a'));
    expect(Math.max(...first.map(({ endMs }) => endMs)) - start).toBeLessThan(40_000);
  });

  test('as many go through as the integration takes, however long the line is, and when it is over it is over', async () => {
    const { world, fire } = await aWorld(always(delivered, 15_000), settings({ max_per_minute: 600 }));
    for (let n = 0; n < 240; n++) await fire(`d${n}`);
    // 6 min would be perfect.
    await world.runFor(8 * MINUTE_MS);
    expect(world.posts).toHaveLength(240);
    await world.runFor(2 * MINUTE_MS);
    const late = await fire('late');
    await world.runFor(16_000);
    expect(await stored(late)).toMatchObject({ status: 'delivered' });
  });

  test('turns are not taken by what will have expired: as many go through as the integration takes', async () => {
    const { world, fire } = await aWorld(
      always(delivered, 15_000),
      settings({ max_per_minute: 600, expires_after_seconds: 60 }),
    );
    // 60 a minute, of which 40 find a place.
    for (let second = 0; second < 360; second++) {
      await fire(`d${second}`);
      await world.runFor(1_000);
    }
    const latest = world.posts.filter(({ startMs }) => startMs >= start + 3 * MINUTE_MS);
    expect(latest.length).toBeGreaterThan(100);
  });

  test('what supersedes another takes over its turn, so that something goes out however fast newer ones come', async () => {
    const { world, fire } = await aWorld(
      always(delivered, 15_000),
      settings({ supersede: true, max_per_minute: 600 }),
    );
    // 80 a minute about 20 things, of which 40 a minute find a place.
    for (let n = 0; n < 320; n++) {
      await fire(`d${n}`, about(`alias-${n % 20}`, n));
      await world.runFor(750);
    }
    const latest = world.posts.filter(({ startMs }) => startMs >= start + 2 * MINUTE_MS);
    expect(latest.length).toBeGreaterThan(60);
    await world.runFor(5 * MINUTE_MS);
    const last = world.posts.slice(-20).map(({ delivery }) => Number(delivery.split('_d')[1]));
    expect(last.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => 300 + n));
  });

  test('places of functions that died are free again when their lease ends', async () => {
    const { world, integration, automation, fire } = await aWorld(always());
    for (let n = 0; n < 10; n++) {
      const dies = world.delivery(`die${n}`, automation, integration);
      await putDelivery(store.table, dies, start);
      await world.dispatchOnce(dies.id, { call: 4, when: 'after' });
      expect(world.calls.slice(0, 5)).toEqual([
        'lease',
        'readRevision',
        'admitToMinute',
        'readFlow',
        'takePlace',
      ]);
    }
    const id = await fire('d');
    await world.runFor(70_000);
    expect(await stored(id)).toMatchObject({ status: 'pending', wait: {} });
    await world.runFor(5 * MINUTE_MS);
    expect(await stored(id)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  const turnOf = async (...args: Parameters<typeof pace>) => (await pace(...args)) as Later | undefined;

  test('a channel takes one message a second, in turn', async () => {
    const world = new VirtualDelivery(store.table, start);
    const deps = {
      reservePace: (channel: string, intervalMs: number) =>
        reservePace(store.table, channel, intervalMs, world.nowMs),
      readPace: (channel: string) => readPace(store.table, channel),
      now: () => world.nowMs,
    };
    const paced = { paceKey: `channel-${world.name}`, paceMs: 1_000 };
    const delivery = { id: 'd' } as unknown as NonNullable<Awaited<ReturnType<typeof stored>>>;
    const turns = await Promise.all(Array.from({ length: 5 }, () => turnOf(delivery, paced, deps)));
    const times = turns.map((turn) => turn?.waitUntilMs ?? start).sort();
    expect(times).toEqual([0, 1, 2, 3, 4].map((n) => start + n * 1_000));
    const { wait } = turns.find((turn) => turn?.waitUntilMs === start + 3_000)!;
    // Who comes before its turn keeps it.
    expect(await turnOf({ ...delivery, wait }, paced, deps)).toMatchObject({ waitUntilMs: start + 3_000 });
    world.nowMs += 3_000;
    expect(await turnOf({ ...delivery, wait }, paced, deps)).toBeUndefined();
    expect(await turnOf(delivery, {}, deps)).toBeUndefined();
    world.nowMs += 60_000;
    expect(await turnOf(delivery, paced, deps)).toBeUndefined();
  });

  test('a turn in a channel is one delivery’s alone and is kept, however far off it is', async () => {
    const world = new VirtualDelivery(store.table, start);
    const deps = {
      reservePace: (channel: string, intervalMs: number) =>
        reservePace(store.table, channel, intervalMs, world.nowMs),
      readPace: (channel: string) => readPace(store.table, channel),
      now: () => world.nowMs,
    };
    const paced = { paceKey: `channel-${world.name}`, paceMs: 5 * MINUTE_MS };
    const delivery = { id: 'd' } as unknown as NonNullable<Awaited<ReturnType<typeof stored>>>;
    const turns: (Later | undefined)[] = [];
    for (let n = 0; n < 5; n++) turns.push(await turnOf(delivery, paced, deps));
    expect(turns.map((turn) => turn?.wait.pacedAtMs)).toEqual([
      undefined,
      ...[5, 10, 15, 20].map((minutes) => start + minutes * MINUTE_MS),
    ]);
    const last = turns.at(-1)!;
    // No message of the queue waits for more than 15 minutes.
    expect(last.waitUntilMs - start).toBeLessThan(15 * MINUTE_MS);
    world.nowMs = last.waitUntilMs;
    const { wait } = last;
    const turnAtMs = start + 20 * MINUTE_MS;
    expect(await turnOf({ ...delivery, wait }, paced, deps)).toMatchObject({ waitUntilMs: turnAtMs });
    world.nowMs = turnAtMs;
    expect(await turnOf({ ...delivery, wait }, paced, deps)).toBeUndefined();
  });

  async function aChannel(change: object = {}) {
    const world = new VirtualDelivery(store.table, start);
    const integration = `${world.name}_slack`;
    const team = `team-${world.name}`;
    const action = { type: 'slack', integration, title: '', message: '', severity: 'INFO' } as const;
    const delivery = settings({ max_per_minute: 600, ...change });
    const automation = await world.automation('aut', integration, { action, ...delivery });
    await createIntegration(store.table, aSlackIntegration({ id: integration, team, name: integration }));
    world.change = (deps) => ({
      ...deps,
      readSecret: async () => new Secret('xoxb-a-token'),
      send: async (request) => ({ ...(await deps.send(request)), responseHead: '{"ok":true}' }),
    });
    const fire = (id: string, more: Partial<Delivery> = {}) =>
      world.fire(id, automation, integration, { action: 'slack', ...more });
    return { world, fire };
  }

  test('turns in a channel are not taken by what will have expired', async () => {
    const { world, fire } = await aChannel({ expires_after_seconds: 15 });
    // Two a second, of which every other one finds a turn.
    for (let n = 0; n < 180; n++) {
      await fire(`d${n}`);
      await world.runFor(500);
    }
    const latest = world.posts.filter(({ startMs }) => startMs >= start + MINUTE_MS);
    expect(latest.length).toBeGreaterThan(24);
  });

  test('what supersedes another takes over its turn in a channel as well', async () => {
    const { world, fire } = await aChannel({ supersede: true });
    for (let n = 0; n < 180; n++) {
      await fire(`d${n}`, about(`alias-${n % 20}`, n));
      await world.runFor(500);
    }
    const latest = world.posts.filter(({ startMs }) => startMs >= start + MINUTE_MS);
    expect(latest.length).toBeGreaterThan(24);
  });

  test('a channel takes one message a second however long the line is, and whoever brings them', async () => {
    const { world, fire } = await aChannel();
    for (let n = 0; n < 150; n++) await fire(`d${n}`);
    await world.runFor(10 * MINUTE_MS);
    const times = world.posts.map(({ startMs }) => startMs).sort((a, b) => a - b);
    expect(times).toHaveLength(150);
    const mostInFiveSeconds = times.map(
      (at) => times.filter((other) => other >= at && other < at + 5_000).length,
    );
    expect(Math.max(...mostInFiveSeconds)).toBeLessThanOrEqual(10);
    expect(times.at(-1)! - start).toBeLessThan(4 * MINUTE_MS);
    expect(world.problems).toEqual([]);
  }, 60_000);
});

describe('an integration', () => {
  test('that fails five times in a row is left alone, then tried by one attempt at a time', async () => {
    const backAtMs = start + 10 * MINUTE_MS;
    const { world, integration, fire } = await aWorld((at) => ({
      outcome: at < backAtMs ? timedOut : delivered,
      durationMs: at < backAtMs ? 15_000 : 50,
    }));
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => fire(`d${n}`)));
    await world.runFor(20_000);
    expect(world.posts).toHaveLength(10);
    await world.runUntil(backAtMs);
    const probes = world.posts.slice(10);
    expect(probes.length).toBeGreaterThan(2);
    expect(probes.length).toBeLessThan(8);
    for (const [n, probe] of probes.slice(1).entries()) {
      expect(probe.startMs - probes[n]!.endMs).toBeGreaterThanOrEqual(29_999);
    }
    await world.runFor(20 * MINUTE_MS);
    const arrived = world.posts.filter(({ outcome }) => outcome.kind === 'delivered');
    expect(arrived.map(({ delivery }) => delivery).sort()).toEqual([...ids].sort());
    const spent = await Promise.all(ids.map(async (id) => (await stored(id))!.attempts));
    expect(spent.reduce((sum, one) => sum + one, 0)).toBe(world.posts.length);
    expect(await readHealth(store.table, integration)).toEqual({});
    expect(mostAtOnce(world)).toBe(10);
  });

  test('that says Retry-After is left alone by all deliveries for so long', async () => {
    const { world, fire } = await aWorld((at) => ({
      outcome:
        at < start + 30_000
          ? { kind: 'failed', code: 'http_status', status: 429, retryAfterSeconds: 30 }
          : delivered,
      durationMs: 10,
    }));
    await fire('a');
    await world.runFor(1_000);
    await fire('b');
    await world.runFor(2 * MINUTE_MS);
    expect(sent(world)).toEqual(['a', expect.any(String), expect.any(String)]);
    expect(world.posts[1]!.startMs - start).toBeGreaterThanOrEqual(30_000);
  });

  test('that refuses some requests is not left alone for it', async () => {
    let outcome: Outcome = { kind: 'refused', code: 'http_status', status: 422 };
    const { world, integration, fire } = await aWorld(() => ({ outcome, durationMs: 50 }));
    for (let n = 0; n < 12; n++) await fire(`d${n}`);
    await world.runFor(5_000);
    expect(world.posts).toHaveLength(12);
    outcome = down;
    await fire('e');
    await world.runFor(1_000);
    expect(await readHealth(store.table, integration)).not.toHaveProperty('openUntilMs');
  });

  test('is tried by the next delivery when the one that was to try it is not sent', async () => {
    const { world, integration, automation, fire } = await aWorld(always());
    const other = await world.automation('other', integration);
    await openCircuit(store.table, integration, { seenMs: undefined, untilMs: start });
    const before = (await readAutomation(store.table, automation))!;
    await deleteAutomation(store.table, before);
    await fire('a');
    await world.runFor(1_000);
    await world.fire('b', other, integration);
    await world.runFor(1_000);
    expect(sent(world)).toEqual(['b']);
  });

  test('that has a template for a name is told of by that name', async () => {
    const world = new VirtualDelivery(store.table, start);
    const name = '${delivery_id}';
    const integration = await world.integration(
      'int',
      always({ kind: 'refused', code: 'gone', status: 410 }),
      { name },
    );
    const other = await world.integration('other', always());
    await world.fire('d', await world.automation('aut', integration), integration);
    await world.runFor(MINUTE_MS);
    const told = JSON.parse(world.posts.find((post) => post.integration === other)!.body);
    expect(told.text).toContain(name);
    expect(told.integration.name).toBe(name);
  });

  test('that answers 410 is disabled at once, and its team is told through another one', async () => {
    const { world, integration, fire } = await aWorld(always({ kind: 'refused', code: 'gone', status: 410 }));
    const other = await world.integration('other', always(), { name: '${ACCESS_TOKEN} other' });
    const first = await fire('d');
    await world.runFor(1_000);
    const second = await fire('e');
    await world.runFor(MINUTE_MS);
    expect(await stored(first)).toMatchObject({ status: 'failed', reason: 'gone' });
    expect(await stored(second)).toMatchObject({ status: 'skipped', reason: 'disabled' });
    expect(await readHealth(store.table, integration)).toMatchObject({ disabledReason: 'gone' });
    const told = world.posts.filter((post) => post.integration === other);
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0]!.body)).toMatchObject({
      type: 'integration.disabled',
      integration: { id: integration, reason: 'gone' },
    });
    await enableIntegration(store.table, integration);
    expect(await readHealth(store.table, integration)).toEqual({});
    await fire('f');
    await world.runFor(1_000);
    expect(sent(world)).toContain('f');
  });

  test('is disabled when nothing arrived for five days, told once, and works again when it is enabled', async () => {
    let answer = down;
    const { world, integration, fire } = await aWorld(() => ({ outcome: answer, durationMs: 10 }));
    const other = await world.integration('other', always());
    // Sweeps in between are of no use here.
    for (let hours = 0; hours < 126; hours += 6) {
      await fire(`d${hours}`);
      await world.runFor(8_000);
      world.skip(6 * HOUR_MS);
    }
    expect(await readHealth(store.table, integration)).toMatchObject({
      disabledReason: 'failing_for_5_days',
    });
    await world.runFor(MINUTE_MS);
    expect(world.posts.filter((post) => post.integration === other)).toHaveLength(1);
    answer = delivered;
    await enableIntegration(store.table, integration);
    const id = await fire('again');
    await world.runFor(MINUTE_MS);
    expect(await stored(id)).toMatchObject({ status: 'delivered' });
  });

  test('is not disabled for one delivery that failed long ago', async () => {
    const { world, integration, fire } = await aWorld(always(down));
    await fire('a');
    await world.runFor(8_000);
    world.skip(6 * 24 * HOUR_MS);
    await fire('b');
    await world.runFor(1_000);
    expect(await readHealth(store.table, integration)).not.toHaveProperty('disabledAtMs');
  });

  test('disabled by hand skips its deliveries', async () => {
    const { world, integration, fire } = await aWorld(always());
    expect(await disableIntegration(store.table, integration, { reason: 'by_user', nowMs: start })).toBe(
      true,
    );
    expect(await disableIntegration(store.table, integration, { reason: 'gone', nowMs: start })).toBe(false);
    const id = await fire('d');
    await world.runFor(1_000);
    expect(await stored(id)).toMatchObject({ status: 'skipped', reason: 'disabled' });
    expect(world.posts).toEqual([]);
  });
});

describe('a delivery', () => {
  test('ends after five days, whatever it waits for', async () => {
    const { world, fire } = await aWorld(
      always({ kind: 'failed', code: 'http_status', status: 503, retryAfterSeconds: 86_400 }),
    );
    const id = await fire('d');
    for (let days = 0; days < 6; days++) {
      await world.runFor(MINUTE_MS);
      world.skip(26 * HOUR_MS);
    }
    await world.runFor(MINUTE_MS);
    expect(await stored(id)).toMatchObject({ status: 'failed', reason: 'waited_5_days' });
  });

  test('sent again by hand has a new round of attempts under its id, past its expiry and rate', async () => {
    let answer = down;
    const { world, fire } = await aWorld(
      () => ({ outcome: answer, durationMs: 1 }),
      settings({ expires_after_seconds: 3 }),
    );
    const id = await fire('d');
    await world.runFor(MINUTE_MS);
    expect(await stored(id)).toMatchObject({ status: 'skipped', reason: 'expired', attempts: 1 });
    expect(await reopenDelivery(store.table, id, { nowMs: world.nowMs })).toBe(true);
    expect(await reopenDelivery(store.table, id, { nowMs: world.nowMs })).toBe(false);
    answer = delivered;
    world.enqueue([{ body: JSON.stringify({ deliveryId: id }), groupId: 'g' }]);
    await world.runFor(MINUTE_MS);
    expect(await stored(id)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(await stored(id)).not.toHaveProperty('reason');
    expect((await readAttempts(store.table, id)).map(({ number }) => number)).toEqual([1, 2]);
    expect(new Set(world.posts.map(({ delivery }) => delivery)).size).toBe(1);
  });
});
