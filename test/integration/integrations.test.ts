import { join } from 'node:path';
import { parseAllowedRanges } from '../../core/address.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Caller } from '../../core/key.ts';
import { answer } from '../../lambdas/admin/answer.ts';
import { httpHandler } from '../../lambdas/shared/http.ts';
import { WatchCache, watchCacheDeps } from '../../lambdas/shared/watch-cache.ts';
import type { Listening } from '../../local/listen.ts';
import { startTable } from '../../local/table.ts';
import { table as topology } from '../../local/topology.ts';
import { openTable, type Table } from '../../store/client.ts';
import { readDelivery } from '../../store/deliveries.ts';
import { disableIntegration, openCircuit } from '../../store/health.ts';
import { readIntegration, updateIntegration } from '../../store/integrations.ts';
import { createTeam } from '../../store/teams.ts';
import { showsCanary } from '../prove/canary-finder.ts';
import { checkAnswer } from '../support/answers.ts';
import { onThreshold } from '../support/builders.ts';
import { cleanUp, temporaryFolder } from '../support/local-runtime.ts';

let dynamo: Listening;
let table: Table;
let team = '';
let teams = 0;
const said: string[] = [];
const sent: Delivery[] = [];
const stored: string[] = [];
const admin: Caller = { keyId: 'key_admin', role: 'org_admin' };

interface Answer {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form.
  body: any;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  { ifMatch = '', caller = admin, raw = '' } = {},
): Promise<Answer> {
  const [rawPath = '', rawQueryString = ''] = path.split('?');
  const handle = httpHandler((request) =>
    answer(request, caller, {
      table,
      now: Date.now,
      allowedAddresses: parseAllowedRanges(''),
      secretNamePrefix: 'test/',
      watches: new WatchCache(watchCacheDeps(table)),
      sendDelivery: async (delivery) => {
        sent.push(delivery);
      },
      vault: {
        create: async (_id, value) => `v${stored.push(value)}`,
        replace: async (_id, value) => `v${stored.push(value)}`,
        remove: async () => {},
      },
    }),
  );
  const event = {
    rawPath,
    rawQueryString,
    headers: ifMatch === '' ? {} : { 'If-Match': ifMatch },
    requestContext: { http: { method }, requestId: 'req' },
    body: raw === '' ? JSON.stringify(body) : raw,
    isBase64Encoded: false,
  };
  const result = (await handle(event as never)) as {
    statusCode: number;
    body?: string;
    headers: Record<string, string>;
  };
  said.push(JSON.stringify(result));
  const answered = result.body === undefined ? undefined : JSON.parse(result.body);
  const contentType = result.headers['content-type'] ?? '';
  checkAnswer(method, rawPath, { status: result.statusCode, contentType, body: answered });
  return { status: result.statusCode, headers: result.headers, body: answered };
}

beforeAll(async () => {
  dynamo = await startTable(join(temporaryFolder(), 'table'), { wasKilled: false });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  table = openTable(topology.name);
  jest.spyOn(console, 'log').mockImplementation((line) => said.push(String(line)));
});

afterAll(async () => {
  jest.restoreAllMocks();
  table.client.destroy();
  await dynamo.stop();
  await cleanUp();
});

beforeEach(async () => {
  team = `team-${++teams}`;
  await createTeam(table, { name: team, description: '', version: 1, createdAtMs: 0 });
  for (const name of ['TOKEN', 'SIGNING', 'NEXT', 'DEPLOY', 'HOOK']) {
    await call('PUT', `/v1/teams/${team}/secrets/${name}`, { value: `CNRY0123456789ab-${name}` });
  }
});

const webhook = (change = {}) => ({
  team,
  type: 'webhook',
  name: 'ci',
  url: 'https://ci.example.com/hook',
  ...change,
});
const automation = (integration: string, change = {}) => ({
  name: 'deploy',
  team,
  scope: { kind: 'project', team, project: 'mnist' },
  trigger: onThreshold(),
  action: { type: 'webhook', integration, payload: { text: '${run_name}' } },
  ...change,
});
const make = async (change = {}) => (await call('POST', '/v1/integrations', webhook(change))).body;

describe('an integration', () => {
  test('is made, read and listed, with the names of its secrets and no values', async () => {
    const made = await call('POST', '/v1/integrations', webhook({ access_token_secret: 'TOKEN' }));
    expect(made).toMatchObject({
      status: 201,
      headers: { etag: '"1"' },
      body: { access_token_secret: 'TOKEN', method: 'POST' },
    });
    const read = await call('GET', `/v1/integrations/${made.body.id}`);
    expect(read).toMatchObject({ status: 200, headers: { etag: '"1"' }, body: made.body });
    const { body } = await call('GET', `/v1/integrations?team=${team}`);
    expect(body.integrations).toEqual([made.body]);
  });

  test('of Slack is made without any URL', async () => {
    const slack = { team, type: 'slack', name: 'alerts', webhook_url_secret: 'HOOK' };
    expect(await call('POST', '/v1/integrations', slack)).toMatchObject({ status: 201, body: slack });
  });

  test('of a webhook whose URL is a secret shows its name alone', async () => {
    const input = { ...webhook({ url: undefined }), url_secret: 'HOOK' };
    const made = await call('POST', '/v1/integrations', input);
    expect(made).toMatchObject({ status: 201, body: { url_secret: 'HOOK' } });
    expect(made.body).not.toHaveProperty('url');
    const path = `/v1/integrations/${made.body.id}`;
    const open = await call('PATCH', path, { url: 'https://ci.example.com/', url_secret: null });
    expect(open).toMatchObject({ status: 200, body: { url: 'https://ci.example.com/' } });
    expect(open.body).not.toHaveProperty('url_secret');
    expect(await call('PATCH', path, { url: null, url_secret: 'HOOK' })).toMatchObject({ status: 200 });
  });

  test('is refused with the field that names a secret which is not there, and without its text', async () => {
    const basic_auth = { username: 'u', password_secret: 'xoxb_CNRY0123456789ab' };
    const refused = await call('POST', '/v1/integrations', webhook({ basic_auth }));
    expect(refused).toMatchObject({ status: 422, body: { field: 'basic_auth.password_secret' } });
    expect(JSON.stringify(refused.body)).not.toContain('CNRY');
  });
});

describe('a change', () => {
  test('moves it on: fields that are given, null takes one away, a rotation as documented', async () => {
    const { id } = await make({ signing_secret: 'SIGNING', access_token_secret: 'TOKEN' });
    const path = `/v1/integrations/${id}`;
    const both = await call('PATCH', path, { signing_secret: 'NEXT', previous_signing_secret: 'SIGNING' });
    expect(both).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: { signing_secret: 'NEXT', access_token_secret: 'TOKEN' },
    });
    const after = await call('PATCH', path, { previous_signing_secret: null, access_token_secret: null });
    expect(after.body).not.toHaveProperty('previous_signing_secret');
    expect(after.body).not.toHaveProperty('access_token_secret');
    expect((await call('GET', path)).body).toEqual(after.body);
  });

  test.each<[string, object, number, string | undefined]>([
    ['the type', { type: 'slack' }, 422, 'type'],
    ['the team', { team: 'other' }, 422, 'team'],
    ['a required field away', { url: null }, 422, 'url'],
    [
      'to a URL with a variable, which nothing would replace',
      { url: 'https://ci.example.com/?t=${T}' },
      422,
      'url',
    ],
    ['to a host that may not be called', { url: 'https://10.0.0.1/' }, 422, 'url'],
    ['to a secret that is not there', { signing_secret: 'NO' }, 422, 'signing_secret'],
    [
      'to a form that a new one may not have',
      { previous_signing_secret: 'NEXT' },
      422,
      'previous_signing_secret',
    ],
    ['to a field of the other type', { token_secret: 'TOKEN' }, 422, 'token_secret'],
  ])('can not take %s', async (_what, change, status, field) => {
    const { id } = await make();
    expect(await call('PATCH', `/v1/integrations/${id}`, change)).toMatchObject({ status, body: { field } });
  });

  test('disables it by hand and enables it again, and both are in the audit list', async () => {
    const made = await make();
    expect(made).toMatchObject({ enabled: true, health: { state: 'closed', failures: 0 } });
    const path = `/v1/integrations/${made.id}`;
    const off = await call('PATCH', path, { enabled: false });
    expect(off).toMatchObject({
      status: 200,
      body: { enabled: false, health: { state: 'disabled', reason: 'by_hand' } },
    });
    expect((await call('GET', `/v1/integrations?team=${team}`)).body.integrations).toEqual([off.body]);
    const on = await call('PATCH', path, { enabled: true });
    expect(on.body).toMatchObject({ enabled: true, health: { state: 'closed' } });
    expect(on.body.health).not.toHaveProperty('reason');
    const { changes } = (await call('GET', `/v1/audit?team=${team}&target=${made.id}`)).body;
    expect(changes.slice(0, 2)).toMatchObject([
      { action: 'updated', fields: [{ field: 'enabled', before: false, after: true }] },
      { action: 'updated', fields: [{ field: 'enabled', before: true, after: false }] },
    ]);
  });

  test('enables one that answered 410, and shows how one does that is left alone', async () => {
    const { id } = await make();
    const path = `/v1/integrations/${id}`;
    const untilMs = Date.now() + 60_000;
    await openCircuit(table, id, { seenMs: undefined, untilMs });
    expect((await call('GET', path)).body.health).toMatchObject({
      state: 'open',
      open_until: new Date(untilMs).toISOString(),
    });
    await disableIntegration(table, id, { reason: 'gone', nowMs: Date.now() });
    expect((await call('GET', path)).body).toMatchObject({ enabled: false, health: { reason: 'gone' } });
    expect((await call('PATCH', path, { name: 'renamed' })).body.enabled).toBe(false);
    const on = await call('PATCH', path, { enabled: true });
    expect(on.body.health).toEqual({ state: 'closed', failures: 0 });
  });

  test('that leads elsewhere forgets what failed before, and a new name does not', async () => {
    const { id } = await make();
    const path = `/v1/integrations/${id}`;
    const open = () => openCircuit(table, id, { seenMs: undefined, untilMs: Date.now() + 60_000 });
    await open();
    expect((await call('PATCH', path, { name: 'by another name' })).body.health.state).toBe('open');
    const moved = await call('PATCH', path, { url: 'https://example.org/another' });
    expect(moved.body.health).toEqual({ state: 'closed', failures: 0 });
    await open();
    await disableIntegration(table, id, { reason: 'gone', nowMs: Date.now() });
    expect((await call('PATCH', path, { url: 'https://example.org/third' })).body).toMatchObject({
      enabled: false,
      health: { state: 'disabled', reason: 'gone' },
    });
  });

  test('does not overwrite another one', async () => {
    const { id } = await make();
    const path = `/v1/integrations/${id}`;
    expect(await call('PATCH', path, { method: 'PUT' }, { ifMatch: '"1"' })).toMatchObject({ status: 200 });
    expect(await call('PATCH', path, { method: 'PATCH' }, { ifMatch: '"1"' })).toMatchObject({ status: 412 });
    expect(await call('DELETE', path, undefined, { ifMatch: '"1"' })).toMatchObject({ status: 412 });
    const together = await Promise.all(
      [1, 2, 3].map((n) => call('PATCH', path, { url: `https://example.org/${n}` })),
    );
    expect(together.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  test('gives its old name back and keeps others’', async () => {
    const first = await make();
    const second = await make({ name: 'other' });
    expect(await call('PATCH', `/v1/integrations/${second.id}`, { name: 'ci' })).toMatchObject({
      status: 409,
      body: { field: 'name' },
    });
    expect(await call('PATCH', `/v1/integrations/${first.id}`, { name: 'renamed' })).toMatchObject({
      status: 200,
    });
    expect(await call('PATCH', `/v1/integrations/${second.id}`, { name: 'ci' })).toMatchObject({
      status: 200,
    });
    expect(await call('POST', '/v1/integrations', webhook({ name: 'renamed' }))).toMatchObject({
      status: 409,
    });
    expect(await call('POST', '/v1/integrations', webhook({ name: 'other' }))).toMatchObject({ status: 201 });
  });

  test('that lost against another one leaves no name taken', async () => {
    const { id } = await make();
    const before = (await readIntegration(table, id))!;
    const after = { ...before, name: 'wanted', version: 8 };
    expect(await updateIntegration(table, { ...before, version: 7 }, after)).toBe('stale');
    expect(await call('POST', '/v1/integrations', webhook({ name: 'wanted' }))).toMatchObject({
      status: 201,
    });
    expect(await call('POST', '/v1/integrations', webhook())).toMatchObject({ status: 409 });
  });

  test('does not take away what an automation’s payload names', async () => {
    const { id } = await make({ secrets: ['DEPLOY'] });
    const action = { type: 'webhook', integration: id, payload: { key: '${DEPLOY}' } };
    expect(await call('POST', '/v1/automations', automation(id, { action }))).toMatchObject({ status: 201 });
    expect(await call('PATCH', `/v1/integrations/${id}`, { secrets: [] })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('automation deploy') },
    });
    expect(await call('PATCH', `/v1/integrations/${id}`, { secrets: ['DEPLOY', 'TOKEN'] })).toMatchObject({
      status: 200,
    });
  });
});

describe('a deletion', () => {
  test('is refused while automations use it, lists them, and is forced', async () => {
    const { id } = await make();
    const { body } = await call('POST', '/v1/automations', automation(id));
    const path = `/v1/integrations/${id}`;
    expect(await call('DELETE', path)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`deploy (${body.id})`) },
    });
    expect(await call('DELETE', `${path}?force=yes`)).toMatchObject({ status: 422 });
    expect(await call('DELETE', `${path}?force=true`)).toMatchObject({ status: 204 });
    expect(await call('GET', path)).toMatchObject({ status: 404 });
    expect((await call('GET', `/v1/integrations?team=${team}`)).body).toEqual({
      integrations: [],
      next: null,
    });
    expect(await call('POST', '/v1/integrations', webhook())).toMatchObject({ status: 201 });
  });

  test('of a secret that is named is refused, and forced', async () => {
    await make({ signing_secret: 'SIGNING' });
    const path = `/v1/teams/${team}/secrets/SIGNING`;
    const { secrets } = (await call('GET', `/v1/teams/${team}/secrets`)).body;
    expect(secrets.map((one: { name: string; used_by: string[] }) => [one.name, one.used_by])).toEqual([
      ...[
        ['DEPLOY', []],
        ['HOOK', []],
        ['NEXT', []],
        ['SIGNING', ['ci']],
        ['TOKEN', []],
      ],
    ]);
    expect(await call('DELETE', path)).toMatchObject({
      status: 409,
      body: { detail: 'secret SIGNING is used by ci' },
    });
    expect(await call('DELETE', `${path}?force=true`)).toMatchObject({ status: 204 });
  });

  test('of a secret is no reason to make it again for who would replace it', async () => {
    const path = `/v1/teams/${team}/secrets/SIGNING`;
    const ifMatch = (await call('PUT', path, { value: 'CNRY0123456789ab-1' })).headers['etag']!;
    await call('DELETE', path);
    const late = await call('PUT', path, { value: 'CNRY0123456789ab-2' }, { ifMatch });
    expect(late).toMatchObject({ status: 412, body: { code: 'stale_version' } });
    expect((await call('PUT', path, { value: 'CNRY0123456789ab-2' })).status).toBe(201);
  });
});

describe('an automation', () => {
  test.each<[string, object, string, RegExp]>([
    [
      'a variable that is mistyped, with its place',
      { payload: { a: [{ b: 'x ${run_nmae}' }] } },
      'action.payload.a.0.b',
      /did you mean "run_name".*character 3/,
    ],
    ['a payload that is too large', { payload: 'x'.repeat(65_536) }, 'action.payload', /larger than 64 KiB/],
    [
      'a key that would be lost',
      { payload: JSON.parse('{"__proto__":1}') },
      'action.payload.__proto__',
      /lose/,
    ],
    ['half a letter', { payload: ['\ud800'] }, 'action.payload.0', /surrogate/],
    ['a secret that is not granted', { payload: '${TOKEN}' }, 'action.payload', /unknown variable/],
    [
      'an action of another type',
      { type: 'slack', payload: undefined },
      'action.integration',
      /of the type webhook/,
    ],
  ])('with %s is refused', async (_what, change, field, detail) => {
    const { id } = await make();
    const action = { type: 'webhook', integration: id, payload: 1, ...change };
    const refused = await call('POST', '/v1/automations', automation(id, { action }));
    expect(refused).toMatchObject({ status: 422, body: { field, detail: expect.stringMatching(detail) } });
  });

  test('of any size is saved and shown, or refused with the field that is too large', async () => {
    const { id } = await make();
    const large = {
      description: '\u3042'.repeat(2000),
      trigger: { event: 'run.metrics', threshold: { metric: 'm', comparison: '>', value: 1 }, filter: {} },
      action: { type: 'webhook', integration: id, payload: '"'.repeat(32_000) },
    };
    large.trigger.filter = { user: { $in: Array.from({ length: 60 }, () => '\u3042'.repeat(250)) } };
    const { status, body } = await call('POST', '/v1/automations', automation(id, large));
    expect(status).toBe(201);
    const path = `/v1/automations/${body.id}`;
    expect((await call('GET', path)).body).toMatchObject(large);
    const { status: patched } = await call('PATCH', path, { action: { ...large.action, payload: 'x' } });
    expect(patched).toBe(200);

    const text = 'x'.repeat(700_000);
    const tooLarge: [object, string][] = [
      [{ name: text }, 'name'],
      [{ description: text }, 'description'],
      [{ trigger: { ...large.trigger, filter: { user: text } } }, 'trigger.filter'],
      [{ action: { ...large.action, payload: text } }, 'action.payload'],
      [{ action: { ...large.action, payload: { [text]: 1 } } }, 'action.payload'],
      [{ action: { type: 'slack', integration: id, message: text } }, 'action.message'],
    ];
    const nothing = { type: 'custom.x', team };
    for (const [change, field] of tooLarge) {
      const input = automation(id, { ...large, ...change });
      const detail = expect.stringContaining('is larger than');
      const sized = field === 'trigger.filter' || field === 'action.payload' ? { detail } : {};
      const saved = await call('POST', '/v1/automations', input);
      expect(saved).toMatchObject({ status: 422, body: { field, ...sized } });
      expect(await call('PATCH', path, change)).toMatchObject({ status: 422, body: { field, ...sized } });
      const tried = await call('POST', '/v1/automations/test', { automation: input, events: [nothing] });
      expect(tried).toMatchObject({ status: 422, body: { field: `automation.${field}`, ...sized } });
    }
    const test = await call('POST', `/v1/integrations/${id}/test`, { payload: text });
    expect(test).toMatchObject({ status: 422, body: { field: 'payload' } });
    const whole = await call(
      'POST',
      '/v1/automations',
      automation(id, { description: 'x'.repeat(1_000_000) }),
    );
    expect(whole).toMatchObject({ status: 413, body: { code: 'too_large' } });
  });

  test('on Slack takes texts without secrets and types', async () => {
    const { body } = await call('POST', '/v1/integrations', {
      team,
      type: 'slack',
      name: 'alerts',
      webhook_url_secret: 'HOOK',
    });
    const save = (texts: object) =>
      call(
        'POST',
        '/v1/automations',
        automation(body.id, { action: { type: 'slack', integration: body.id, ...texts } }),
      );
    expect(await save({ title: '${HOOK}' })).toMatchObject({ status: 422, body: { field: 'action.title' } });
    expect(await save({ message: '${step:json}' })).toMatchObject({
      status: 422,
      body: { field: 'action.message', detail: expect.stringMatching(/in a text write \$\{step\}/) },
    });
    expect(await save({ title: '${run_name}' })).toMatchObject({
      status: 201,
      body: { action: { severity: 'INFO', message: '' } },
    });
  });
});

describe('a test call', () => {
  test('is queued, and its answer says nothing of the network', async () => {
    const { id } = await make();
    const { status, body } = await call('POST', `/v1/integrations/${id}/test`, {
      payload: { a: '${run_name}' },
    });
    expect({ status, body }).toEqual({
      status: 202,
      body: { delivery: body.delivery, result: `/v1/deliveries/${body.delivery}` },
    });
    expect(sent.at(-1)!.id).toBe(body.delivery);
    expect(await readDelivery(table, body.delivery)).toMatchObject({
      status: 'pending',
      team,
      integrationId: id,
      facts: { event_type: 'TEST' },
    });
  });

  test('of Slack takes its texts', async () => {
    const { body } = await call('POST', '/v1/integrations', {
      team,
      type: 'slack',
      name: 'alerts',
      webhook_url_secret: 'HOOK',
    });
    expect(await call('POST', `/v1/integrations/${body.id}/test`, { title: 'x' })).toMatchObject({
      status: 202,
    });
    expect(await call('POST', `/v1/integrations/${body.id}/test`, { payload: 1 })).toMatchObject({
      status: 422,
      body: { field: 'payload' },
    });
  });

  test('is refused with a template that could not be saved, and to those who may not', async () => {
    const { id } = await make();
    const path = `/v1/integrations/${id}/test`;
    expect(await call('POST', path, { payload: '${TOKEN}' })).toMatchObject({
      status: 422,
      body: { field: 'payload' },
    });
    expect(await call('POST', path, { title: 'x' })).toMatchObject({ status: 422, body: { field: 'title' } });
    const member: Caller = { keyId: 'key_m', role: 'member', team };
    expect(await call('POST', path, {}, { caller: member })).toMatchObject({ status: 403 });
    const stranger: Caller = { keyId: 'key_s', role: 'admin', team: 'elsewhere' };
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { method: 'PUT' } : undefined;
      expect(await call(method, `/v1/integrations/${id}`, body, { caller: stranger })).toMatchObject({
        status: 404,
      });
    }
    expect(await call('POST', path, {}, { caller: stranger })).toMatchObject({ status: 404 });
  });
});

test.each<[string, { body?: unknown; raw?: string }]>([
  ['a value that is too short', { body: { value: 'CNRY012' } }],
  ['a value in a list', { body: { value: ['CNRY0123456789ab'] } }],
  ['a value as the body', { body: 'CNRY0123456789ab' }],
  ['a value under another name', { body: { secret: 'CNRY0123456789ab' } }],
  ['a body that is cut', { raw: '{"value":"CNRY0123456789ab' }],
  ['a body without quotes', { raw: '{"value":CNRY0123456789ab}' }],
  ['a value that is too long', { body: { value: `CNRY0123456789ab${'x'.repeat(33_000)}` } }],
])('a secret is refused with %s', async (_what, { body, raw = '' }) => {
  const { status } = await call('PUT', `/v1/teams/${team}/secrets/NEW`, body, { raw });
  expect(status).toBeGreaterThanOrEqual(400);
});

test('of all that was said and written here, nothing shows a secret', async () => {
  expect(stored.length).toBeGreaterThan(100);
  expect(showsCanary(stored[0]!)).toBe(true);
  expect(said.length).toBeGreaterThan(200);
  expect(said.filter(showsCanary)).toEqual([]);
  expect(sent.filter((delivery) => showsCanary(JSON.stringify(delivery)))).toEqual([]);
});
