import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeliverySettings } from '../../core/delivery-settings.ts';
import type { Caller } from '../../core/key.ts';
import { noticeDelivery } from '../../core/notice.ts';
import { deliveryMessage } from '../../lambdas/shared/queue.ts';
import { putAttempt, putDelivery } from '../../store/deliveries.ts';
import { disableIntegration, openCircuit } from '../../store/health.ts';
import { createTeam } from '../../store/teams.ts';
import { type Api, adminApi } from '../support/admin-api.ts';
import { aSlackIntegration } from '../support/builders.ts';
import { startStore } from '../support/store-table.ts';
import { delivered, down, VirtualDelivery } from '../support/virtual-delivery.ts';

let store: Awaited<ReturnType<typeof startStore>>;
beforeAll(async () => {
  store = await startStore();
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await store.stop();
});

const start = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const refused = { kind: 'refused', code: 'http_status', status: 404 } as const;

interface World {
  world: VirtualDelivery;
  call: Api;
  team: string;
  integration: string;
  automation: string;
  /** What the endpoint answers from now on. */
  receiver: { outcome: typeof delivered; durationMs: number };
}

/** A team with an automation through an endpoint, on a clock that jumps, and the API on the same clock. */
async function aWorld(): Promise<World> {
  const world = new VirtualDelivery(store.table, start);
  const team = `team-${world.name}`;
  await createTeam(store.table, { name: team, description: '', version: 1, createdAtMs: start });
  const receiver = { outcome: delivered, durationMs: 50 };
  const integration = await world.integration('int', () => ({ ...receiver }));
  const automation = await world.automation('aut', integration);
  const call = adminApi(store.table, {
    now: () => world.nowMs,
    sendDelivery: async (delivery) => world.enqueue([deliveryMessage(delivery)]),
  });
  return { world, call, team, integration, automation, receiver };
}

const at = (ms: number) => new Date(ms).toISOString();

describe('the list', () => {
  let made: World;
  const fired: string[] = [];
  beforeAll(async () => {
    made = await aWorld();
    const { world, automation, integration, receiver } = made;
    for (let n = 0; n < 6; n++) {
      Object.assign(receiver, { outcome: n % 2 === 0 ? delivered : refused });
      const facts = { run_id: `r${n % 3}`, artifact_collection_name: n < 3 ? 'detector' : 'détecteur' };
      fired.push(await world.fire(`d${n}`, automation, integration, { facts }));
      await world.runFor(MINUTE_MS);
    }
    await putDelivery(store.table, { ...world.delivery('other', 'aut_other', integration), team: 'else' }, 0);
  });

  test.each<[string, number[]]>([
    ['', [5, 4, 3, 2, 1, 0]],
    ['&status=failed', [5, 3, 1]],
    ['&status=pending', []],
    ['&run=r1', [4, 1]],
    ['&collection=detector', [2, 1, 0]],
    ['&collection=de%CC%81tecteur', [5, 4, 3]],
    ['&collection=detector&status=delivered&run=r2', [2]],
    ['&integration=<integration>', [5, 4, 3, 2, 1, 0]],
    ['&integration=int_other', []],
    [`&from=${at(start + MINUTE_MS)}&to=${at(start + 3 * MINUTE_MS)}`, [3, 2, 1]],
    [`&from=${at(start + 4 * MINUTE_MS)}&status=failed`, [5]],
    ['&from=2025-12-31T23:01:00-01:00&to=2026-01-01T01%3A01%3A00%2B01%3A00', [1]],
  ])('with %j shows what it says, newest first, of a team and of an automation', async (query, wanted) => {
    const { call, team, automation, integration } = made;
    const asked = query.replace('<integration>', integration);
    for (const of of [`team=${team}`, `automation=${automation}`]) {
      const { body } = await call('GET', `/v1/deliveries?${of}${asked}`);
      expect(body.deliveries.map(({ id }: { id: string }) => id)).toEqual(wanted.map((n) => fired[n]));
    }
  });

  test('goes on where a page ended', async () => {
    const { call, team } = made;
    const ids: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after = next === '' ? '' : `&after=${next}`;
      const { body } = await call('GET', `/v1/deliveries?team=${team}&limit=4&status=failed${after}`);
      ids.push(...body.deliveries.map(({ id }: { id: string }) => id));
      next = body.next;
    }
    expect(ids).toEqual([fired[5], fired[3], fired[1]]);
  });

  test.each<[string, string]>([
    ['', 'team'],
    ['team=<team>&automation=aut_1', 'team'],
    ['team=<team>&status=lost', 'status'],
    ['team=<team>&from=yesterday', 'from'],
    ['team=<team>&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'to'],
    ['team=<team>&after=MTIz', 'after'],
    ['team=<team>&after=***', 'after'],
    ['team=<team>&run=', 'run'],
    ['team=<team>&runs=r1', 'runs'],
  ])('refuses %j and names the field', async (query, field) => {
    const { status, body } = await made.call('GET', `/v1/deliveries?${query.replace('<team>', made.team)}`);
    expect([status, body.field]).toEqual([422, field]);
  });
});

describe('a delivery in the history', () => {
  test('says when it is tried next, how often it waited, and which attempt tried for all', async () => {
    const { world, call, automation, integration, receiver } = await aWorld();
    Object.assign(receiver, { outcome: down });
    await openCircuit(store.table, integration, { seenMs: undefined, untilMs: start + MINUTE_MS });
    const id = await world.fire('d', automation, integration);
    await world.runFor(1_000);
    const waiting = (await call('GET', `/v1/deliveries/${id}`)).body;
    expect(waiting).toMatchObject({ status: 'pending', waits: 1, attempt_count: 0, attempts: [] });
    expect(Date.parse(waiting.due_at)).toBeGreaterThanOrEqual(start + MINUTE_MS);
    await world.runFor(2 * MINUTE_MS);
    const tried = (await call('GET', `/v1/deliveries/${id}`)).body;
    expect(tried.attempts[0]).toMatchObject({ number: 1, outcome: 'failed', http_status: 503, probe: true });
    Object.assign(receiver, { outcome: delivered });
    await world.runFor(20 * MINUTE_MS);
    expect((await call('GET', `/v1/deliveries/${id}`)).body).toMatchObject({ status: 'delivered' });
  });

  test('says since when it is being tried', async () => {
    const { world, call, automation, integration, receiver } = await aWorld();
    Object.assign(receiver, { durationMs: 10_000 });
    const id = await world.fire('d', automation, integration);
    await world.runFor(5_000);
    const { body } = await call('GET', `/v1/deliveries/${id}`);
    expect(body).toMatchObject({ status: 'pending', trying_since: at(start) });
    expect(body).not.toHaveProperty('due_at');
  });

  test('says what it stands for: a digest with its count, a notice with its reason', async () => {
    const { world, call, automation, integration } = await aWorld();
    const digest = { ...world.delivery('dig', automation, integration), digest: { minuteMs: start } };
    await putDelivery(store.table, digest, world.nowMs);
    expect((await call('GET', `/v1/deliveries/${digest.id}`)).body.digest).toEqual({
      ...{ minute: at(start), firings: null },
    });
    const about = { integrationId: integration, integrationName: 'ci', reason: 'gone', sinceMs: start };
    const through = { ...aSlackIntegration(), team: `team-${world.name}` };
    const notice = noticeDelivery(about, through, start);
    await putDelivery(store.table, notice, start);
    expect((await call('GET', `/v1/deliveries/${notice.id}`)).body.notice).toEqual({
      ...{ integration, name: 'ci', reason: 'gone', since: at(start) },
    });
  });

  test('says what Slack found wrong and what to do about it', async () => {
    const { world, call, automation, integration } = await aWorld();
    const delivery = world.delivery('slack', automation, integration, { action: 'slack' });
    await putDelivery(store.table, delivery, start);
    const attempt = {
      number: 1,
      startedAtMs: start,
      durationMs: 3,
      outcome: 'refused',
      status: 200,
    } as const;
    const response = '{"ok":false,"error":"not_in_channel"}';
    await putAttempt(store.table, delivery.id, { ...attempt, code: 'http_status', response }, start);
    expect((await call('GET', `/v1/deliveries/${delivery.id}`)).body.attempts).toMatchObject([
      { slack_error: 'not_in_channel', advice: expect.stringContaining('/invite') },
    ]);
  });

  test('shows its newest attempts, never more than an answer has room for, and the others when asked', async () => {
    const { world, call, automation, integration } = await aWorld();
    const delivery = world.delivery('many', automation, integration);
    await putDelivery(store.table, delivery, start);
    const request = { method: 'POST', url: 'https://example.com/', headers: {}, body: '"'.repeat(250_000) };
    for (let number = 1; number <= 30; number++) {
      const attempt = { number, startedAtMs: start, durationMs: 1, outcome: 'failed' as const };
      await putAttempt(store.table, delivery.id, { ...attempt, ...(number > 20 && { request }) }, start);
    }
    const seen: number[] = [];
    for (let before: number | null = 9_999; before !== null; ) {
      const { body } = await call('GET', `/v1/deliveries/${delivery.id}?before=${before}`);
      expect(JSON.stringify(body).length).toBeLessThan(6_000_000);
      seen.unshift(...body.attempts.map(({ number }: { number: number }) => number));
      before = body.earlier_attempts;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  });
});

test('what an automation did is listed also when it was deleted, to its own team', async () => {
  const { world, call, automation, integration } = await aWorld();
  const id = await world.fire('d', automation, integration);
  await world.runFor(MINUTE_MS);
  await call('DELETE', `/v1/automations/${automation}`);
  const path = `/v1/deliveries?automation=${automation}`;
  expect((await call('GET', path)).body.deliveries).toMatchObject([{ id }]);
  const other: Caller = { keyId: 'k', role: 'admin', team: 'else' };
  expect(await call('GET', path, undefined, { caller: other })).toMatchObject({ status: 404 });
  expect(await call('GET', '/v1/deliveries?automation=aut_none')).toMatchObject({ status: 404 });
});

test('notices, which name no automation, are not listed as one: they are of all teams', async () => {
  const { call, team, integration } = await aWorld();
  const about = { integrationId: integration, integrationName: 'ci', reason: 'gone', sinceMs: start };
  for (const [n, owner] of [
    [1, 'else'],
    [2, team],
  ] as const) {
    const notice = noticeDelivery(
      { ...about, sinceMs: n },
      { ...aSlackIntegration(), team: owner },
      start + n,
    );
    await putDelivery(store.table, notice, start);
  }
  const caller: Caller = { keyId: 'k', role: 'admin', team };
  const path = '/v1/deliveries?automation=signalbox';
  expect(await call('GET', path, undefined, { caller })).toMatchObject({ status: 404 });
});

describe('sending again', () => {
  const viewer = (team: string): Caller => ({ keyId: 'key_v', role: 'viewer', team });

  test.each([refused, delivered])('sends one that ended as %j under its webhook-id', async (outcome) => {
    const { world, call, automation, integration, receiver } = await aWorld();
    Object.assign(receiver, { outcome });
    const id = await world.fire('d', automation, integration);
    await world.runFor(MINUTE_MS);
    Object.assign(receiver, { outcome: delivered });
    const { status, body } = await call('POST', `/v1/deliveries/${id}/resend`);
    expect([status, body]).toMatchObject([202, { status: 'pending', resent_at: at(world.nowMs) }]);
    expect(body).not.toHaveProperty('reason');
    expect(await call('POST', `/v1/deliveries/${id}/resend`)).toMatchObject({ status: 409 });
    await world.runFor(MINUTE_MS);
    expect(world.posts.map((post) => post.delivery)).toEqual([id, id]);
    const { body: after } = await call('GET', `/v1/deliveries/${id}`);
    expect(after).toMatchObject({ status: 'delivered', attempt_count: 2, attempts: [{}, {}] });
  });

  test('is refused, with the way out, where it could do nothing', async () => {
    const { world, call, team, automation, integration } = await aWorld();
    const resend = async (id: string, caller?: Caller) => {
      const { status, body } = await call('POST', `/v1/deliveries/${id}/resend`, undefined, {
        ...(caller && { caller }),
      });
      return [status, body.detail];
    };
    expect(await resend('dlv_none')).toEqual([404, 'there is no such delivery']);
    const noOp = { ...world.delivery('no', automation, integration), action: 'no_op' as const };
    await putDelivery(store.table, noOp, start);
    expect(await resend(noOp.id)).toEqual([409, 'a no-op sends nothing']);
    const { body: test } = await call('POST', `/v1/integrations/${integration}/test`, {});
    await world.runFor(MINUTE_MS);
    expect(await resend(test.delivery)).toEqual([409, 'a test call is made once']);
    const id = await world.fire('d', automation, integration);
    await world.runFor(MINUTE_MS);
    expect(await resend(id, viewer(team))).toEqual([403, expect.stringContaining('automations:write')]);
    expect(await resend(id, { keyId: 'k', role: 'admin', team: 'else' })).toMatchObject([
      404,
      'there is no such delivery',
    ]);
    await disableIntegration(store.table, integration, { reason: 'gone', nowMs: world.nowMs });
    expect(await resend(id)).toEqual([409, `its integration ${integration} is disabled`]);
    await call('DELETE', `/v1/integrations/${integration}?force=true`);
    expect(await resend(id)).toEqual([409, `its integration ${integration} was deleted`]);
    await call('DELETE', `/v1/automations/${automation}`);
    expect(await resend(id)).toEqual([409, expect.stringContaining('its automation was deleted')]);
  });

  test('the failed of an automation in a time range is a job with progress', async () => {
    const { world, call, team, automation, integration, receiver } = await aWorld();
    Object.assign(receiver, { outcome: refused });
    const ids = await Promise.all(
      Array.from({ length: 4 }, (_, n) => world.fire(`d${n}`, automation, integration)),
    );
    await world.runFor(MINUTE_MS);
    Object.assign(receiver, { outcome: delivered });
    const asked = await call('POST', `/v1/automations/${automation}/resend`, { from: at(start) });
    expect(asked).toMatchObject({
      status: 202,
      body: { automation, team, statuses: ['failed'], phase: 'counting', left: null, done: false },
    });
    const path = `/v1/resends/${asked.body.id}`;
    await world.resendOnce(asked.body.id);
    expect((await call('GET', path, undefined, { caller: viewer(team) })).body).toMatchObject({
      ...{ phase: 'done', matched: 4, resent: 4, passed_over: 0, left: 0, done: true },
    });
    expect(await call('GET', path, undefined, { caller: viewer('else') })).toMatchObject({ status: 404 });
    await world.runFor(MINUTE_MS);
    const delivered4 = world.posts.filter(({ outcome }) => outcome.kind === 'delivered');
    expect(delivered4.map(({ delivery }) => delivery).sort()).toEqual([...ids].sort());
  });

  test.each<[object, string | undefined]>([
    [{}, 'from'],
    [{ from: 'today' }, 'from'],
    [{ from: '2036-01-01T00:00:00Z' }, 'from'],
    [{ from: '2025-01-02T00:00:00Z', to: '2025-01-01T00:00:00Z' }, 'to'],
    [{ from: '2025-01-01T00:00:00Z', statuses: [] }, 'statuses'],
    [{ from: '2025-01-01T00:00:00Z', statuses: ['pending'] }, 'statuses.0'],
    [{ from: '2025-01-01T00:00:00Z', limit: 5 }, 'limit'],
  ])('a job of %j is refused and the field named', async (body, field) => {
    const { call, automation } = await aWorld();
    const answer = await call('POST', `/v1/automations/${automation}/resend`, body);
    expect([answer.status, answer.body.field]).toEqual([422, field]);
  });
});

describe('docs/deliveries.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/deliveries.md'), 'utf8');
  const blocks = [...page.matchAll(/^```(\S+)\n(.*?)^```$/gms)].map(([, kind = '', text = '']) => ({
    kind,
    text,
  }));
  const ofKind = (kind: string) => blocks.filter((block) => block.kind === kind).map(({ text }) => text);

  test('has no block that nobody runs', () => {
    expect(ofKind('http').length + ofKind('json').length).toBe(blocks.length);
    expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
    expect(ofKind('json')).toHaveLength(1);
  });

  test('has settings that can be saved', () => {
    const [settings = ''] = ofKind('json');
    const { delivery } = JSON.parse(settings);
    expect(DeliverySettings.parse(delivery)).toEqual(delivery);
  });

  test.each(ofKind('http'))('has the request %j, which is answered', async (text) => {
    const { world, call, automation, integration } = await aWorld();
    const delivery = await world.fire('d', automation, integration);
    await world.runFor(MINUTE_MS);
    const filled = text
      .replace('<automation>', automation)
      .replace('<delivery>', delivery)
      .replace('<integration>', integration);
    const [, method = '', path = '', body = ''] = /^(\S+) (\S+)\n(.*)$/s.exec(filled) ?? [];
    const { status } = await call(method, path, body.trim() === '' ? undefined : body);
    expect(status).toBe(method === 'POST' ? 202 : 200);
  });

  test('names every reason for which a delivery is skipped', () => {
    const named = [...page.matchAll(/^\| `skipped` \| `(\w+)`/gm)].map(([, reason]) => reason);
    expect(named).toEqual(['disabled', 'expired', 'superseded', 'rate', 'loop']);
  });
});
