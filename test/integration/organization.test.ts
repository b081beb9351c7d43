import type { Caller } from '../../core/key.ts';
import type { Table } from '../../store/client.ts';
import { putItem } from '../../store/items.ts';
import { memberKey, type Noun } from '../../store/keys.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';

// Teams, registries and keys, over the admin function's routes on a real table.

let call: Api;
let table: Table;
let stop: () => Promise<void>;
let teams = 0;
let team: string;
let registry: string;

beforeAll(async () => {
  ({ call, table, stop } = await startAdminApi());
});
afterAll(() => stop());
beforeEach(async () => {
  team = `team-${++teams}`;
  registry = `models ${teams}`;
  await call('POST', '/v1/teams', { name: team });
  await call('POST', '/v1/registries', { name: registry });
});

const as = (role: Caller['role'], change: Partial<Caller> = {}) => ({
  caller: { keyId: `key_${role}`, role, team, ...change },
});
const give = (role: string, query = '') =>
  call('PUT', `/v1/registries/${registry}/teams/${team}${query}`, { role });
const automate = (name: string, scope: object = { kind: 'registry', registry }) =>
  call('POST', '/v1/automations', {
    ...{ name, team, scope, trigger: { event: 'artifact.linked' }, action: { type: 'no_op' } },
  });

describe('a team', () => {
  test('is made, read, changed and deleted, each by its version', async () => {
    const read = await call('GET', `/v1/teams/${team}`);
    expect(read).toMatchObject({ status: 200, body: { name: team, description: '' } });
    const headers = { 'if-match': read.headers['etag']! };
    const changed = await call('PATCH', `/v1/teams/${team}`, { description: 'eyes' }, { headers });
    expect(changed).toMatchObject({ status: 200, body: { description: 'eyes' } });
    expect((await call('DELETE', `/v1/teams/${team}`, undefined, { headers })).status).toBe(412);
    expect((await call('DELETE', `/v1/teams/${team}`)).status).toBe(204);
    expect((await call('GET', `/v1/teams/${team}`)).status).toBe(404);
    expect((await call('POST', '/v1/teams', { name: team })).status).toBe(201);
  });

  test.each(['1', '', '"1', '"1" "2"', 'W/1', '"1", 2'])(
    'is not changed where If-Match is %j, and the answer says that it is no ETag',
    async (ifMatch) => {
      const headers = { 'if-match': ifMatch };
      expect(await call('PATCH', `/v1/teams/${team}`, { description: 'eyes' }, { headers })).toMatchObject({
        status: 422,
        body: { code: 'invalid_input', field: 'if-match', hint: expect.stringContaining('GET') },
      });
      const secret = `/v1/teams/${team}/secrets/NONE_YET`;
      expect((await call('PUT', secret, { value: 'a-value-of-16-chars' }, { headers })).body.field).toBe(
        'if-match',
      );
    },
  );

  test.each(['"1"', '*', 'W/"1"', ' "7" , "1"'])('is changed where If-Match is %j', async (ifMatch) => {
    const headers = { 'if-match': ifMatch };
    const changed = await call('PATCH', `/v1/teams/${team}`, { description: 'eyes' }, { headers });
    expect(changed.status).toBe(200);
  });

  test('that still owns something is not deleted, and the answer says what', async () => {
    await give('viewer');
    await automate('a', { kind: 'team', team });
    const refused = await call('DELETE', `/v1/teams/${team}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(refused.body.detail).toContain(`automations, a role in the registry ${registry}`);
  });
});

test.each<[Noun, string, object]>([
  ['KEY', 'keys', { role: 'sender', name: 'ci' }],
  ['INTEGRATION', 'integrations', { name: 'ci', type: 'webhook', url: 'https://ci.example.com' }],
  [
    'AUTOMATION',
    'automations',
    {
      name: 'a',
      scope: { kind: 'organization' },
      trigger: { event: 'artifact.linked' },
      action: { type: 'no_op' },
    },
  ],
])(
  'a team is not deleted while it owns %s behind what a change that died left behind',
  async (noun, path, body) => {
    await putItem(table, memberKey(team, noun, '0'));
    expect((await call('POST', `/v1/${path}`, { team, ...body })).status).toBe(201);
    const refused = await call('DELETE', `/v1/teams/${team}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(refused.body.detail).toContain(path);
  },
);

test('lists come in pages that hold everything once, in order', async () => {
  const names = Array.from({ length: 7 }, (_, n) => `page-${n}`);
  for (const name of names) await automate(name, { kind: 'team', team });
  const seen: string[] = [];
  let next = '';
  do {
    const { body } = await call('GET', `/v1/automations?team=${team}&limit=3${next && `&after=${next}`}`);
    expect(body.automations.length).toBeLessThanOrEqual(3);
    seen.push(...body.automations.map(({ name }: { name: string }) => name));
    next = body.next ?? '';
  } while (next !== '');
  expect(seen).toEqual(names);
  const misspelt = await call('GET', `/v1/automations?team=${team}&event=run.metric`);
  expect(misspelt).toMatchObject({
    status: 422,
    body: { field: 'event', detail: expect.stringContaining('run.metrics') },
  });
  const filtered = await call('GET', `/v1/automations?team=${team}&name=PAGE-3&scope=team&enabled=true`);
  expect(filtered.body).toMatchObject({ automations: [{ name: 'page-3' }], next: null });
  for (const query of ['enabled=false', 'event=run.state', 'scope=project']) {
    const { body } = await call('GET', `/v1/automations?team=${team}&${query}`);
    expect(body).toEqual({ automations: [], next: null });
  }
});

test('a change replaces each field that it gives as a whole, and leaves the others', async () => {
  const { body } = await call('POST', '/v1/automations', {
    name: 'whole',
    team,
    scope: { kind: 'team', team },
    trigger: { event: 'custom.whole', filter: { data: 1 } },
    action: { type: 'no_op' },
    delivery: { expires_after_seconds: 60 },
  });
  const changed = await call('PATCH', `/v1/automations/${body.id}`, { delivery: { max_per_minute: 7 } });
  expect(changed.body).toMatchObject({ name: 'whole', trigger: body.trigger });
  expect(changed.body.delivery).toEqual({ supersede: false, max_per_minute: 7 });
});

test.each(['x', '!', 'AAAA====', Buffer.from('\ud800').toString('base64url').slice(1)])(
  'a cursor that no page gave (%j) is refused',
  async (after) => {
    const answer = await call('GET', `/v1/teams?after=${after}`);
    // What happens to be well-formed base64 only begins somewhere else.
    expect([200, 422]).toContain(answer.status);
    if (answer.status === 422) expect(answer.body).toMatchObject({ field: 'after' });
  },
);

test('a path without such a method says which it has', async () => {
  const answer = await call('PATCH', '/v1/keys');
  expect(answer).toMatchObject({
    status: 405,
    body: { code: 'method_not_allowed', hint: 'use POST or GET' },
  });
  expect(answer.headers['allow']).toBe('POST, GET');
  expect((await call('GET', '/v1/events')).headers['allow']).toBe('POST');
  expect((await call('GET', '/v1/nothing')).status).toBe(404);
  expect((await call('GET', '/v1/teams?colour=red')).body).toMatchObject({ field: 'colour' });
});

describe('a registry', () => {
  test('is seen by an org_admin, and by teams with a role in it, which see their own role only', async () => {
    const path = `/v1/registries/${registry}`;
    expect((await call('GET', path, undefined, as('viewer'))).status).toBe(404);
    await give('viewer');
    await call('POST', '/v1/teams', { name: `${team}-b` });
    await call('PUT', `/v1/registries/${registry}/teams/${team}-b`, { role: 'admin' });
    const roles = [
      { team, role: 'viewer' },
      { team: `${team}-b`, role: 'admin' },
    ];
    expect((await call('GET', path)).body.roles).toEqual(roles);
    expect((await call('GET', path, undefined, as('viewer'))).body.roles).toEqual(roles.slice(0, 1));
    const list = await call('GET', '/v1/registries', undefined, as('member'));
    expect(list.body).toMatchObject({ registries: [{ name: registry }], next: null });
  });

  test.each([
    ['viewer', 403],
    ['sender', 403],
    ['member', 201],
    ['admin', 201],
  ])('takes automations of a team that is %s in it: %i', async (role, status) => {
    await give(role);
    expect((await automate('linked')).status).toBe(status);
    const collection = { kind: 'collection', registry, collection: 'detector' };
    expect((await automate('in collection', collection)).status).toBe(status);
  });

  test('takes none of a team without a role, and none when it does not exist', async () => {
    expect(await automate('none')).toMatchObject({ status: 403, body: { field: 'scope.registry' } });
    const lost = await automate('lost', { kind: 'registry', registry: 'never made' });
    expect(lost).toMatchObject({ status: 422, body: { field: 'scope.registry' } });
  });

  test('keeps a role while automations depend on it, unless it is forced; then they are disabled', async () => {
    await give('member');
    const { body: linked } = await automate('linked');
    const role = `/v1/registries/${registry}/teams/${team}`;
    const refused = await call('DELETE', role);
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(refused.body.detail).toContain(`linked (${linked.id})`);
    expect((await give('viewer')).status).toBe(409);
    expect((await give('admin')).status).toBe(200);
    expect((await call('DELETE', `${role}?force=true`)).status).toBe(204);
    const after = await call('GET', `/v1/automations/${linked.id}`);
    expect(after.body.enabled).toBe(false);
    const enable = await call('PATCH', `/v1/automations/${linked.id}`, { enabled: true });
    expect(enable).toMatchObject({ status: 403, body: { field: 'scope.registry' } });
    expect((await call('DELETE', `/v1/automations/${linked.id}`, undefined, as('member'))).status).toBe(204);
  });

  test('is deleted only without automations that depend on it, or by force', async () => {
    await give('member');
    const { body: linked } = await automate('linked');
    expect((await call('DELETE', `/v1/registries/${registry}`)).status).toBe(409);
    expect((await call('DELETE', `/v1/registries/${registry}?force=true`)).status).toBe(204);
    expect((await call('GET', `/v1/automations/${linked.id}`)).body.enabled).toBe(false);
  });

  test('is called as W&B calls it, without the prefix of its wire', async () => {
    const refused = await call('POST', '/v1/registries', { name: 'wandb-registry-model' });
    expect(refused).toMatchObject({ status: 422, body: { field: 'name' } });
  });
});

describe('a key', () => {
  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

  test('is shown once; what is read later has no secret and no hash', async () => {
    const expires_at = inAnHour();
    const body = { team, role: 'sender', name: 'ci', owner: 'Ada', expires_at, projects: ['mnist'] };
    const made = await call('POST', '/v1/keys', body);
    expect(made.body.key).toMatch(/^sbx_[0-9a-f]{16}_\w{38}$/);
    const read = await call('GET', `/v1/keys/${made.body.id}`);
    const { key: _key, ...shown } = made.body;
    expect(read.body).toEqual(shown);
    expect(read.body).toMatchObject({
      owner: 'Ada',
      expires_at,
      projects: ['mnist'],
      created_by: 'key_admin',
    });
  });

  test('is renamed, given another expiry, and revoked', async () => {
    const { body } = await call('POST', '/v1/keys', { team, role: 'sender', name: 'ci' });
    const path = `/v1/keys/${body.id}`;
    const changed = await call('PATCH', path, { name: 'other', expires_at: inAnHour() });
    expect(changed.body).toMatchObject({ name: 'other', expires_at: expect.any(String) });
    expect((await call('PATCH', path, { expires_at: null })).body).not.toHaveProperty('expires_at');
    expect((await call('DELETE', path, undefined, { headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
  });

  test.each<[string, object, number, string]>([
    ['an expiry in the past', { role: 'sender', expires_at: '2020-01-01T00:00:00Z' }, 422, 'expires_at'],
    ['an expiry that is no time', { role: 'sender', expires_at: 'tomorrow' }, 422, 'expires_at'],
    ['a narrowed key that is no sender', { role: 'member', projects: ['a'] }, 422, 'projects'],
    ['an unknown event type', { role: 'sender', event_types: ['run.lost'] }, 422, 'event_types.0'],
    ['an org_admin in a team', { role: 'org_admin' }, 422, 'team'],
  ])('with %s is refused', async (_what, change, status, field) => {
    const answer = await call('POST', '/v1/keys', { team, name: 'n', ...change });
    expect(answer).toMatchObject({ status, body: { field } });
  });

  test('narrowed to what is no event type is told of types and of kinds of them', async () => {
    const { body } = await call('POST', '/v1/keys', {
      team,
      name: 'n',
      role: 'sender',
      event_types: ['run'],
    });
    expect(body.detail).toBe('must be an event type, or a kind of them such as run.*');
  });

  test('that may not do something is told which keys may', async () => {
    const hintTo = async (role: Caller['role'], path: string) =>
      (await call('GET', path, undefined, as(role))).body.hint;
    expect(await hintTo('viewer', '/v1/teams')).toBe('use a key with the role org_admin');
    expect(await hintTo('sender', `/v1/automations?team=${team}`)).toBe(
      'use a key with one of the roles org_admin, admin, member, viewer',
    );
    expect(await hintTo('admin', `/v1/keys?team=${team}-other`)).toBe(
      `use a key of ${team}-other with the role admin, or one of an org_admin`,
    );
  });

  test('gives nobody more than the one that made it has', async () => {
    const expiresAtMs = Date.now() + 3_600_000;
    const make = (body: object, change: Partial<Caller> = {}) =>
      call('POST', '/v1/keys', { name: 'n', ...body }, as('admin', change));
    expect((await make({ team, role: 'admin' })).status).toBe(201);
    expect((await make({ role: 'org_admin' })).status).toBe(403);
    expect((await make({ team: `${team}-other`, role: 'viewer' })).status).toBe(403);
    expect(await make({ team, role: 'viewer' }, { expiresAtMs })).toMatchObject({
      status: 403,
      body: { field: 'expires_at' },
    });
    const later = { expires_at: new Date(expiresAtMs + 1).toISOString() };
    expect((await make({ team, role: 'viewer', ...later }, { expiresAtMs })).status).toBe(403);
    const sooner = { expires_at: new Date(expiresAtMs).toISOString() };
    expect((await make({ team, role: 'viewer', ...sooner }, { expiresAtMs })).status).toBe(201);
  });
});
