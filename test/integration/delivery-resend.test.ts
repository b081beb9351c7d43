import type { Resend } from '../../core/resend.ts';
import { Secret } from '../../core/secret.ts';
import type { WaitingMessage } from '../../lambdas/shared/queue.ts';
import { clearDead } from '../../lambdas/sweeper/clear-dead.ts';
import { deleteAutomation, readAutomation } from '../../store/automations.ts';
import { readAttempts, readDelivery, reopenDelivery } from '../../store/deliveries.ts';
import { disableIntegration, openCircuit } from '../../store/health.ts';
import { createIntegration, deleteIntegration, readIntegration } from '../../store/integrations.ts';
import { readResend, saveResend } from '../../store/resends.ts';
import { aSlackIntegration } from '../support/builders.ts';
import { startStore } from '../support/store-table.ts';
import { delivered, down, type Fault, VirtualDelivery } from '../support/virtual-delivery.ts';

let store: Awaited<ReturnType<typeof startStore>>;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const start = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const refused = { kind: 'refused', code: 'http_status', status: 404 } as const;

/** An automation whose deliveries have all failed; what its endpoint answers from now on is `receiver`. */
async function afterFailures(count: number, world = new VirtualDelivery(store.table, start), at = '') {
  const receiver = { outcome: refused as typeof refused | typeof delivered | typeof down, durationMs: 100 };
  const integration = await world.integration(`int${at}`, () => ({ ...receiver }));
  const automation = await world.automation(`aut${at}`, integration, {
    delivery: { supersede: false, max_per_minute: 600 },
  });
  const names = Array.from({ length: count }, (_, n) => `d${at}${n}`);
  const ids = await Promise.all(names.map((name) => world.fire(name, automation, integration)));
  // As many as an integration has places: that they fail is no matter of this suite, and in line they would take long.
  const { concurrency } = world;
  world.concurrency = 1;
  await world.runFor(MINUTE_MS);
  world.concurrency = concurrency;
  const ended = await Promise.all(ids.map((id) => readDelivery(store.table, id)));
  for (const one of ended) expect(one).toMatchObject({ status: 'failed' });
  Object.assign(receiver, { outcome: delivered });
  return { world, receiver, integration, automation, ids };
}

async function askFor(world: VirtualDelivery, automation: string, change: Partial<Resend> = {}) {
  const resend: Resend = {
    ...{
      id: `${world.name}_rsd_${automation}`,
      team: `team-${world.name}`,
      automationId: automation,
      createdBy: 'key_1',
    },
    ...{ fromMs: start, toMs: world.nowMs, statuses: ['failed'], createdAtMs: world.nowMs },
    ...{ phase: 'counting', matched: 0, resent: 0, passedOver: 0, version: 0 },
    ...change,
  };
  expect(await saveResend(store.table, resend, world.nowMs)).toBe(true);
  return resend.id;
}

const postsOf = (world: VirtualDelivery, id: string) =>
  world.posts.filter(({ delivery }) => delivery === id).length;
const stateOf = (id: string) => readResend(store.table, id);

describe('a resend', () => {
  test('sends each delivery that failed once again, under its id, and says how far it is', async () => {
    const { world, automation, ids } = await afterFailures(220);
    const job = await askFor(world, automation);
    await world.runFor(MINUTE_MS + 1_000);
    const halfway = await stateOf(job);
    expect(halfway).toMatchObject({ phase: 'sending', matched: 220 });
    expect(halfway!.resent).toBeGreaterThan(50);
    expect(halfway!.resent).toBeLessThan(220);
    await world.runFor(5 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', matched: 220, resent: 220, passedOver: 0 });
    expect(ids.map((id) => postsOf(world, id))).toEqual(ids.map(() => 2));
    const [first = ''] = ids;
    expect(await readDelivery(store.table, first)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(world.problems).toEqual([]);
  }, 60_000);

  test('sends none again that failed once more meanwhile, however slow its integration is', async () => {
    const { world, automation, receiver, ids } = await afterFailures(45);
    Object.assign(receiver, { outcome: refused, durationMs: 15_000 });
    const job = await askFor(world, automation);
    await world.runFor(15 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', matched: 45, resent: 45 });
    expect(ids.map((id) => postsOf(world, id))).toEqual(ids.map(() => 2));
  }, 60_000);

  test('leaves a Slack channel half of its turns: what fires meanwhile does not stand behind the whole of it', async () => {
    const world = new VirtualDelivery(store.table, start);
    const integration = `${world.name}_slack`;
    const team = `team-${world.name}`;
    const action = { type: 'slack', integration, title: '', message: '', severity: 'INFO' } as const;
    const automation = await world.automation('aut', integration, {
      ...{ action, delivery: { supersede: false, max_per_minute: 600 } },
    });
    await createIntegration(store.table, aSlackIntegration({ id: integration, team, name: integration }));
    let responseHead = '{"ok":false,"error":"not_in_channel"}';
    world.change = (deps) => ({
      ...deps,
      readSecret: async () => new Secret('xoxb-a-token'),
      send: async (request) => ({ ...(await deps.send(request)), responseHead }),
    });
    const fire = (id: string) => world.fire(id, automation, integration, { action: 'slack' });
    for (let n = 0; n < 100; n++) await fire(`d${n}`);
    await world.runFor(3 * MINUTE_MS);
    responseHead = '{"ok":true}';
    const job = await askFor(world, automation);
    await world.runFor(MINUTE_MS + 1_000);
    const alert = await fire('alert');
    await world.runFor(35_000);
    expect(await readDelivery(store.table, alert)).toMatchObject({ status: 'delivered' });
    await world.runFor(6 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', matched: 100, resent: 100 });
    expect(world.posts).toHaveLength(201);
  });

  test('takes what was made in its time and ended so, and nothing else', async () => {
    const { world, automation, ids, integration } = await afterFailures(3);
    const arrived = await world.fire('ok', automation, integration);
    await world.runFor(MINUTE_MS);
    const late = world.nowMs;
    const narrow = await askFor(world, automation, { fromMs: start + 1, toMs: late });
    await world.runFor(2 * MINUTE_MS);
    expect(await stateOf(narrow)).toMatchObject({ phase: 'done', matched: 0, resent: 0 });
    expect(world.posts).toHaveLength(4);
    const all = await askFor(world, automation, {
      id: `${world.name}_all`,
      statuses: ['delivered'],
    });
    await world.runFor(2 * MINUTE_MS);
    expect(await stateOf(all)).toMatchObject({ phase: 'done', matched: 1, resent: 1 });
    expect(postsOf(world, arrived)).toBe(2);
    expect(ids.map((id) => postsOf(world, id))).toEqual([1, 1, 1]);
  });

  test('leaves what goes through a disabled integration as it is', async () => {
    const { world, automation, integration, ids } = await afterFailures(3);
    await disableIntegration(store.table, integration, { reason: 'gone', nowMs: world.nowMs });
    const job = await askFor(world, automation);
    await world.runFor(2 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', matched: 3, resent: 0, passedOver: 3 });
    for (const id of ids) expect(await readDelivery(store.table, id)).toMatchObject({ status: 'failed' });
  });

  test('leaves what goes through a deleted integration as it is', async () => {
    const { world, automation, integration, ids } = await afterFailures(3);
    await deleteIntegration(store.table, (await readIntegration(store.table, integration))!);
    const job = await askFor(world, automation);
    await world.runFor(2 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', matched: 3, resent: 0, passedOver: 3 });
    for (const id of ids)
      expect((await readDelivery(store.table, id))?.reason).not.toBe('integration_deleted');
  });

  test('stops when its automation is gone', async () => {
    const { world, automation, ids } = await afterFailures(3);
    const job = await askFor(world, automation);
    await deleteAutomation(store.table, (await readAutomation(store.table, automation))!);
    await world.runFor(2 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', stopped: 'automation_disabled', resent: 0 });
    for (const id of ids) expect(await readDelivery(store.table, id)).toMatchObject({ status: 'failed' });
  });

  test('waits while nothing goes through its integration, then has one try it first', async () => {
    const { world, automation, integration, receiver, ids } = await afterFailures(12);
    await openCircuit(store.table, integration, {
      seenMs: undefined,
      untilMs: world.nowMs + 5 * MINUTE_MS,
    });
    Object.assign(receiver, { outcome: down });
    const job = await askFor(world, automation);
    await world.runFor(4 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'sending', matched: 12, resent: 0 });
    await world.runFor(2.5 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'sending', resent: 1 });
    Object.assign(receiver, { outcome: delivered });
    await world.runFor(40 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', resent: 12 });
    for (const id of ids) expect(await readDelivery(store.table, id)).toMatchObject({ status: 'delivered' });
  }, 60_000);

  test('loses nothing and sends nothing twice, wherever the sweeper dies', async () => {
    const world = new VirtualDelivery(store.table, start);
    const clean = await afterFailures(3, world, 'clean');
    const job = await askFor(world, clean.automation);
    await world.resendOnce(job, { call: -1, when: 'before' });
    const calls = [...world.calls];
    expect(calls).toEqual(expect.arrayContaining(['reopen', 'send', 'saveResend']));
    const faults: Fault[] = calls.flatMap((_, call) => [
      { call, when: 'before' as const },
      { call, when: 'after' as const },
    ]);
    const runs = [];
    for (const [n, fault] of faults.entries()) {
      const one = await afterFailures(3, world, `f${n}x`);
      const asked = await askFor(world, one.automation);
      await world.resendOnce(asked, fault);
      runs.push({ ...one, asked, where: `${fault.when} ${calls[fault.call]}` });
    }
    await world.runFor(15 * MINUTE_MS);
    for (const { ids, asked, where } of runs) {
      expect([where, ...ids.map((id) => postsOf(world, id))]).toEqual([where, 2, 2, 2]);
      expect([where, await stateOf(asked)]).toEqual([
        where,
        expect.objectContaining({ phase: 'done', matched: 3, resent: 3, passedOver: 0 }),
      ]);
    }
  }, 120_000);

  test('is worked off once by two sweeps at the same time', async () => {
    const { world, automation, ids } = await afterFailures(30);
    const job = await askFor(world, automation);
    await Promise.all([world.resendOnce(job), world.resendOnce(job)]);
    await world.runFor(5 * MINUTE_MS);
    expect(await stateOf(job)).toMatchObject({ phase: 'done', matched: 30, resent: 30 });
    expect(ids.map((id) => postsOf(world, id))).toEqual(ids.map(() => 2));
  });
});

describe('28 days later', () => {
  const letter = (id: string): WaitingMessage => ({
    ...{ messageId: id, receipt: id, groupId: 'g', redrives: 0 },
    body: JSON.stringify({ deliveryId: id }),
  });

  async function clear(letters: WaitingMessage[]): Promise<string[]> {
    const removed: string[] = [];
    let left = letters;
    await clearDead({
      receive: async () => {
        const page = left;
        left = [];
        return page;
      },
      remove: async ({ messageId }) => {
        removed.push(messageId);
      },
      ...{ now: () => 0, stopAtMs: 1, log: () => undefined },
    });
    return removed;
  }

  test('a dead letter fires nothing: what has ended stays so, and what has not was sent by the sweeper', async () => {
    const { world, automation, integration, ids } = await afterFailures(1);
    const arrived = await world.fire('ok', automation, integration);
    await world.runFor(MINUTE_MS);
    const pending = await world.fire('lost', automation, integration);
    world.loseMessages();
    expect(await clear([letter(pending)])).toEqual([pending]);
    await world.runFor(10 * MINUTE_MS);
    expect(await readDelivery(store.table, pending)).toMatchObject({ status: 'delivered' });
    const before = world.posts.length;
    world.skip(28 * DAY_MS);
    // Also when an operator puts them back on the queue himself.
    const all = [...ids, arrived, pending];
    world.enqueue(all.map(letter));
    await world.runFor(10 * MINUTE_MS);
    expect(world.posts).toHaveLength(before);
    expect(await clear([...all.map(letter), { ...letter('x'), body: 'not ours' }])).toEqual(all);
    await world.runFor(10 * MINUTE_MS);
    expect(world.posts).toHaveLength(before);
  });

  test('a delivery is sent again once, under the same webhook-id', async () => {
    const { world, ids } = await afterFailures(1);
    const [id = ''] = ids;
    world.skip(28 * DAY_MS);
    expect(await reopenDelivery(store.table, id, { nowMs: world.nowMs })).toBe(true);
    world.enqueue([letter(id), letter(id), letter(id)]);
    await world.runFor(10 * MINUTE_MS);
    expect(postsOf(world, id)).toBe(2);
    expect((await readAttempts(store.table, id)).map(({ number }) => number)).toEqual([1, 2]);
    expect(await readDelivery(store.table, id)).toMatchObject({ status: 'delivered' });
  });
});
