import type { Table } from '../../store/client.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';

let table: Table;
let call: Api;
let stop: () => Promise<void>;
let nowMs = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  ({ call, table, stop } = await startAdminApi({ now: () => nowMs }));
  await call('POST', '/v1/teams', { name: 'vision' });
});
afterAll(() => stop());

const automation = (name: string) => ({
  name,
  team: 'vision',
  scope: { kind: 'team', team: 'vision' },
  trigger: { event: 'artifact.linked' },
  action: { type: 'no_op' },
});
const integration = (name: string) => ({
  name,
  team: 'vision',
  type: 'webhook',
  url: 'https://ci.example.com',
});
const creations: [string, (name: string) => object][] = [
  ['/v1/teams', (name) => ({ name })],
  ['/v1/registries', (name) => ({ name })],
  ['/v1/automations', automation],
  ['/v1/integrations', integration],
];
const keyed = (text: string) => ({ headers: { 'idempotency-key': text } });

describe.each(creations)('POST %s', (path, body) => {
  test('with one Idempotency-Key makes one thing and gives its answer again', async () => {
    const first = await call('POST', path, body('once'), keyed(`${path}-1`));
    expect(first.status).toBe(201);
    const second = await call('POST', path, body('once'), keyed(`${path}-1`));
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(second.headers).toMatchObject({ 'idempotent-replayed': 'true', etag: first.headers['etag'] });
    expect((await call('POST', path, body('once'), keyed(`${path}-2`))).status).toBe(409);
  });

  test('refuses the key for another body, until a day later', async () => {
    await call('POST', path, body('early'), keyed(`${path}-3`));
    const other = await call('POST', path, body('late'), keyed(`${path}-3`));
    expect(other).toMatchObject({ status: 422, body: { field: 'idempotency-key' } });
    nowMs += 24 * 3_600_000;
    expect((await call('POST', path, body('late'), keyed(`${path}-3`))).status).toBe(201);
  });

  test('that was refused may be sent again', async () => {
    const bad = await call('POST', path, { ...body('x'), colour: 'red' }, keyed(`${path}-4`));
    expect(bad.status).toBe(422);
    const taken = await call('POST', path, body('once'), keyed(`${path}-5`));
    expect(taken.status).toBe(409);
    expect((await call('POST', path, body('mended'), keyed(`${path}-5`))).status).toBe(201);
  });

  test('that died at any write makes one thing when it comes again', async () => {
    let crashes = 0;
    for (let at = 0; ; at++) {
      const text = `${path}-crash-${at}`;
      const crash = failWrite(at);
      const died = await call('POST', path, body(`crash-${at}`), keyed(text));
      crash.restore();
      if (!crash.happened()) break;
      crashes++;
      expect(died.status).toBe(500);
      if (crash.isKnown())
        expect((await call('POST', path, body(`crash-${at}`), keyed(text))).status).toBe(409);
      nowMs += 61_000;
      const again = await call('POST', path, body(`crash-${at}`), keyed(text));
      expect([at, again.status]).toEqual([at, 201]);
      expect((await call('POST', path, body(`crash-${at}`), keyed(text))).body).toEqual(again.body);
      expect((await call('POST', path, body(`crash-${at}`), keyed(`${text}-2`))).status).toBe(409);
    }
    expect(crashes).toBeGreaterThan(3);
  });
});

test('a key is made once, its text is not kept, and a repetition is told which key it is', async () => {
  const body = { team: 'vision', role: 'sender', name: 'ci' };
  const first = await call('POST', '/v1/keys', body, keyed('key-1'));
  const second = await call('POST', '/v1/keys', body, keyed('key-1'));
  expect(second).toMatchObject({ status: 409, body: { code: 'conflict', field: 'idempotency-key' } });
  expect(second.body.detail).toContain(first.body.id);
  expect(second.body.hint).toContain(`DELETE /v1/keys/${first.body.id}`);
  const { body: listed } = await call('GET', '/v1/keys?team=vision');
  expect(listed.keys).toHaveLength(1);
});

test('a key whose creation died at any write is made once when it comes again, however often', async () => {
  const keys = async () => (await call('GET', '/v1/keys?team=vision&limit=100')).body.keys.length;
  let crashes = 0;
  for (let at = 0; ; at++) {
    const body = { team: 'vision', role: 'sender', name: `crash-${at}` };
    const before = await keys();
    const crash = failWrite(at);
    await call('POST', '/v1/keys', body, keyed(`key-crash-${at}`));
    crash.restore();
    if (!crash.happened()) break;
    crashes++;
    for (let repetition = 0; repetition < 3; repetition++) {
      nowMs += 61_000;
      await call('POST', '/v1/keys', body, keyed(`key-crash-${at}`));
    }
    expect([at, await keys()]).toEqual([at, before + 1]);
  }
  expect(crashes).toBeGreaterThan(3);
});

test.each(['', 'a b', 'ä', 'x'.repeat(256)])('the Idempotency-Key %j is refused', async (text) => {
  const answer = await call('POST', '/v1/teams', { name: 'never' }, keyed(text));
  expect(answer).toMatchObject({ status: 422, body: { field: 'idempotency-key' } });
});

test('callers do not share their Idempotency-Keys', async () => {
  const other = { caller: { keyId: 'key_other', role: 'org_admin' as const }, ...keyed('shared') };
  expect((await call('POST', '/v1/teams', { name: 'mine' }, keyed('shared'))).status).toBe(201);
  expect((await call('POST', '/v1/teams', { name: 'yours' }, other)).status).toBe(201);
});

/** Lets the table's n-th write fail as if the function died there; the writes after it fail as well. */
function failWrite(at: number) {
  const real = table.client.send.bind(table.client);
  let writes = 0;
  let hasNoted = false;
  const spy = jest.spyOn(table.client, 'send').mockImplementation(((command: {
    constructor: { name: string };
  }) => {
    const isWrite = /^(Put|Update|Delete)Command$/.test(command.constructor.name);
    if (isWrite && writes++ >= at) return Promise.reject(new Error('the function died'));
    if (isWrite) hasNoted = true;
    return real(command as never);
  }) as never);
  return { restore: () => spy.mockRestore(), happened: () => writes > at, isKnown: () => hasNoted };
}
