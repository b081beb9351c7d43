import { triggerHash } from '../../core/automation.ts';
import type { Caller } from '../../core/key.ts';
import { readAutomation } from '../../store/automations.ts';
import { finishChange } from '../../store/changes.ts';
import type { Table } from '../../store/client.ts';
import { readDue } from '../../store/due.ts';
import { readWatchFeed } from '../../store/watches.ts';
import { type Api, type ApiAnswer, startAdminApi } from '../support/admin-api.ts';

// Each change of configuration, with the function dying at every one of its writes: what was changed is in the audit
// list once the sweeper came by, once, and what was not changed is not.

let table: Table;
let call: Api;
let stop: () => Promise<void>;
let nowMs = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  ({ call, table, stop } = await startAdminApi({ now: () => nowMs }));
  await call('POST', '/v1/teams', { name: 'vision' });
  await call('POST', '/v1/registries', { name: 'models' });
});
afterAll(() => stop());

interface Entry {
  noun: string;
  target: string;
  action: string;
  key: string;
  team?: string;
  fields: { field: string; before?: unknown; after?: unknown }[];
}

async function entries(query = ''): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let next = ''; ; ) {
    const { body } = await call('GET', `/v1/audit?limit=100${query}${next && `&after=${next}`}`);
    all.push(...body.changes);
    if (body.next === null) return all;
    next = body.next;
  }
}

async function sweep(): Promise<void> {
  for (const item of await readDue(table, nowMs, 100)) {
    if (item.kind === 'change') await finishChange(table, item.key);
  }
}

const admin: Caller = { keyId: 'key_ada', role: 'org_admin' };
const as = (method: string, path: string, body?: unknown): Promise<ApiAnswer> =>
  call(method, path, body, { caller: admin });

let made = 0;
const freshName = () => `thing-${++made}`;
const automation = () => ({
  name: freshName(),
  team: 'vision',
  scope: { kind: 'team', team: 'vision' },
  trigger: { event: 'artifact.linked' },
  action: { type: 'no_op' },
});
const integration = () => ({
  name: freshName(),
  team: 'vision',
  type: 'webhook',
  url: 'https://a.example.com',
});
const key = () => ({ team: 'vision', role: 'sender', name: freshName() });
const idOf = async (path: string, body: object) => (await as('POST', path, body)).body.id as string;

/** How each change is made: what there must be before, and the request. */
const changes: [noun: string, action: string, prepare: () => Promise<[string, string, unknown?]>][] = [
  ['team', 'created', async () => ['POST', '/v1/teams', { name: freshName() }]],
  [
    'team',
    'updated',
    async () => {
      const name = freshName();
      await as('POST', '/v1/teams', { name });
      return ['PATCH', `/v1/teams/${name}`, { description: 'eyes' }];
    },
  ],
  [
    'team',
    'deleted',
    async () => {
      const name = freshName();
      await as('POST', '/v1/teams', { name });
      return ['DELETE', `/v1/teams/${name}`];
    },
  ],
  ['registry', 'created', async () => ['POST', '/v1/registries', { name: freshName() }]],
  [
    'registry',
    'updated',
    async () => {
      const name = freshName();
      await as('POST', '/v1/registries', { name });
      return ['PUT', `/v1/registries/${name}/teams/vision`, { role: 'member' }];
    },
  ],
  [
    'registry',
    'deleted',
    async () => {
      const name = freshName();
      await as('POST', '/v1/registries', { name });
      return ['DELETE', `/v1/registries/${name}`];
    },
  ],
  ['key', 'created', async () => ['POST', '/v1/keys', key()]],
  ['key', 'updated', async () => ['PATCH', `/v1/keys/${await idOf('/v1/keys', key())}`, { name: 'renamed' }]],
  ['key', 'deleted', async () => ['DELETE', `/v1/keys/${await idOf('/v1/keys', key())}`]],
  ['secret', 'created', async () => ['PUT', `/v1/teams/vision/secrets/S${++made}`, { value: 'long enough' }]],
  [
    'secret',
    'updated',
    async () => {
      const path = `/v1/teams/vision/secrets/S${++made}`;
      await as('PUT', path, { value: 'the first value' });
      return ['PUT', path, { value: 'the second value' }];
    },
  ],
  [
    'secret',
    'deleted',
    async () => {
      const path = `/v1/teams/vision/secrets/S${++made}`;
      await as('PUT', path, { value: 'the first value' });
      return ['DELETE', path];
    },
  ],
  ['integration', 'created', async () => ['POST', '/v1/integrations', integration()]],
  [
    'integration',
    'updated',
    async () => [
      'PATCH',
      `/v1/integrations/${await idOf('/v1/integrations', integration())}`,
      { method: 'PUT' },
    ],
  ],
  [
    'integration',
    'deleted',
    async () => ['DELETE', `/v1/integrations/${await idOf('/v1/integrations', integration())}`],
  ],
  ['automation', 'created', async () => ['POST', '/v1/automations', automation()]],
  [
    'automation',
    'updated',
    async () => [
      'PATCH',
      `/v1/automations/${await idOf('/v1/automations', automation())}`,
      { enabled: false },
    ],
  ],
  [
    'automation',
    'deleted',
    async () => ['DELETE', `/v1/automations/${await idOf('/v1/automations', automation())}`],
  ],
];

describe.each(changes)('a %s that is %s', (noun, action, prepare) => {
  test('stands in the list with who did it', async () => {
    const [method, path, body] = await prepare();
    nowMs += 1_000;
    expect((await as(method, path, body)).status).toBeLessThan(300);
    const [newest] = await entries();
    expect(newest).toMatchObject({ noun, action, key: 'key_ada' });
    expect(newest!.fields.length).toBeGreaterThan(0);
    expect(JSON.stringify(await entries())).not.toMatch(/secretHash|long enough|first value|second value/);
  });

  test('is listed exactly when it is done, at whatever write the function dies', async () => {
    for (let at = 0; ; at++) {
      const [method, path, body] = await prepare();
      nowMs += 1_000;
      const since = new Date(nowMs).toISOString();
      const crash = dieAtWrite(at);
      await as(method, path, body);
      crash.restore();
      const isDone = crash.wasChanged();
      nowMs += 60_000;
      await sweep();
      const listed = await entries(`&since=${since}`);
      expect([at, listed.map((entry) => [entry.noun, entry.action])]).toEqual([
        at,
        isDone ? [[noun, action]] : [],
      ]);
      await sweep();
      expect((await readDue(table, nowMs, 100)).filter((item) => item.kind === 'change')).toEqual([]);
      if (!crash.happened()) return;
    }
  });
});

test('a target is found by its name, however that is composed', async () => {
  await as('POST', '/v1/registries', { name: 'mod\u00e8les' });
  expect(await entries('&target=mode%CC%80les')).toMatchObject([
    { target: 'mod\u00e8les', action: 'created' },
  ]);
});

test('what a crash left unlisted is listed by the next change of the same thing', async () => {
  const name = freshName();
  await as('POST', '/v1/teams', { name });
  nowMs += 1_000;
  const crash = dieAtWrite(1);
  await as('PATCH', `/v1/teams/${name}`, { description: 'first' });
  crash.restore();
  nowMs += 1_000;
  expect((await as('PATCH', `/v1/teams/${name}`, { description: 'second' })).status).toBe(200);
  const fields = (await entries(`&target=${name}`)).map((entry) => entry.fields);
  expect(fields.map(([first]) => first)).toEqual([
    { field: 'description', before: 'first', after: 'second' },
    { field: 'description', before: '', after: 'first' },
    { field: 'description', after: '' },
  ]);
});

test('a name whose deletion died before it was listed is free', async () => {
  const name = freshName();
  await as('POST', '/v1/teams', { name });
  const crash = dieAtWrite(1);
  await as('DELETE', `/v1/teams/${name}`);
  crash.restore();
  expect((await as('GET', `/v1/teams/${name}`)).status).toBe(404);
  expect((await as('POST', '/v1/teams', { name })).status).toBe(201);
  const actions = (await entries(`&target=${name}`)).map((entry) => entry.action);
  expect(actions.sort()).toEqual(['created', 'created', 'deleted']);
});

test('a deletion of an automation that broke off is finished by who asks again, wherever it died', async () => {
  for (let at = 0; ; at++) {
    const body = automation();
    const id = await idOf('/v1/automations', body);
    const crash = dieAtWrite(at);
    const first = await as('DELETE', `/v1/automations/${id}`);
    crash.restore();
    const { version } = await readWatchFeed(table);
    const again = await as('DELETE', `/v1/automations/${id}`);
    expect([at, again.status]).toEqual([at, crash.wasChanged() ? 404 : 204]);
    const { version: after, recent } = await readWatchFeed(table);
    expect([at, after > version, recent.at(-1)?.automationId]).toEqual([at, true, id]);
    // Nothing is kept for it: its name is free.
    const { status, body: next } = await as('POST', '/v1/automations', body);
    expect([at, status]).toEqual([at, 201]);
    await as('DELETE', `/v1/automations/${next.id}`);
    if (!crash.happened()) return expect(first.status).toBe(204);
  }
});

test('an admin sees the changes of the own team only, and filters narrow the list', async () => {
  await as('POST', '/v1/teams', { name: 'audio' });
  await as('POST', '/v1/automations', {
    ...automation(),
    team: 'audio',
    scope: { kind: 'team', team: 'audio' },
  });
  const audio = { caller: { keyId: 'key_audio', role: 'admin' as const, team: 'audio' } };
  const own = await call('GET', '/v1/audit', undefined, audio);
  expect(own.body.changes.map(({ noun }: Entry) => noun).sort()).toEqual(['automation', 'team']);
  expect((await call('GET', '/v1/audit?team=vision', undefined, audio)).status).toBe(403);
  const member = { caller: { ...audio.caller, role: 'member' as const } };
  expect((await call('GET', '/v1/audit', undefined, member)).status).toBe(403);
  expect((await entries('&noun=key')).every(({ noun }) => noun === 'key')).toBe(true);
  expect((await entries('&key=key_admin')).map(({ target }) => target).sort()).toEqual(['models', 'vision']);
  expect(await entries('&since=2030-01-01T00:00:00Z')).toEqual([]);
  expect(await entries('&since=2026-01-01T00:00:00Z&until=2025-01-01T00:00:00Z')).toEqual([]);
  expect((await entries('&until=2026-01-01T00:00:00Z')).length).toBe(2);
  expect((await call('GET', '/v1/audit?after=eA')).status).toBe(422);
});

/** Lets the table's writes fail from the n-th on, and tells whether one of those before it carried a change. */
function dieAtWrite(at: number) {
  const real = table.client.send.bind(table.client);
  let [writes, hasChanged] = [0, false];
  type Command = { constructor: { name: string }; input: { Item?: Record<string, unknown> } };
  const spy = jest.spyOn(table.client, 'send').mockImplementation(((command: Command) => {
    if (!/^(Put|Update|Delete)Command$/.test(command.constructor.name)) return real(command as never);
    if (writes++ >= at) return Promise.reject(new Error('the function died'));
    hasChanged ||= command.input.Item?.['sweepAt'] !== undefined;
    return real(command as never);
  }) as never);
  return { restore: () => spy.mockRestore(), happened: () => writes > at, wasChanged: () => hasChanged };
}

const nothing: [noun: string, prepare: () => Promise<string>][] = [
  ['team', async () => `/v1/teams/${(await as('POST', '/v1/teams', { name: freshName() })).body.name}`],
  [
    'registry',
    async () => `/v1/registries/${(await as('POST', '/v1/registries', { name: freshName() })).body.name}`,
  ],
  ['key', async () => `/v1/keys/${await idOf('/v1/keys', key())}`],
  ['integration', async () => `/v1/integrations/${await idOf('/v1/integrations', integration())}`],
  ['automation', async () => `/v1/automations/${await idOf('/v1/automations', automation())}`],
];

test.each(nothing)('a change of a %s that changes nothing leaves no entry', async (_, prepare) => {
  const path = await prepare();
  const [before, listed] = [await as('GET', path), await entries()];
  nowMs += 1_000;
  const answer = await as('PATCH', path, {});
  expect(answer).toMatchObject({ status: 200, body: { name: before.body.name } });
  expect(answer.headers['etag']).toBe(before.headers['etag']);
  const after = await as('GET', path);
  expect(after.body).toEqual(before.body);
  expect(await entries()).toEqual(listed);
});

test('a change to what is there already leaves no entry, and one of a single field does', async () => {
  const path = `/v1/integrations/${await idOf('/v1/integrations', integration())}`;
  const listed = await entries();
  await as('PATCH', path, { url: 'https://a.example.com', enabled: true });
  expect(await entries()).toEqual(listed);
  await as('PATCH', path, { enabled: false });
  await as('PATCH', path, { method: 'PUT' });
  expect(await entries()).toHaveLength(listed.length + 2);
});

test('a trigger that says the same with its keys in another order is the same trigger', async () => {
  const saved = { aliases: 'production', tags: { $exists: true, $ne: 'old' } };
  const reordered = { tags: { $ne: 'old', $exists: true }, aliases: 'production' };
  const trigger = (filter: object) => ({ event: 'artifact.linked', filter });
  const id = await idOf('/v1/automations', { ...automation(), trigger: trigger(saved) });
  const listed = await entries();
  const path = `/v1/automations/${id}`;
  const revision = async () => (await readAutomation(table, id))!.revision;
  const before = await revision();
  nowMs += 1_000;
  expect(await as('PATCH', path, { trigger: trigger(reordered) })).toMatchObject({ body: { revision: 1 } });
  expect((await entries()).slice(0, -listed.length)).toMatchObject([{ action: 'updated', fields: [] }]);
  await as('PATCH', path, { name: freshName(), trigger: trigger(reordered) });
  const renamed = await revision();
  expect(renamed).toMatchObject({ revision: 2, triggerSavedAtMs: before.triggerSavedAtMs });
  expect(triggerHash(renamed.definition)).toBe(triggerHash(before.definition));
  await as('PATCH', path, { trigger: trigger({ ...saved, aliases: 'staging' }) });
  expect(await revision()).toMatchObject({ revision: 3, triggerSavedAtMs: nowMs });
});
