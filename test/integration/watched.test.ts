import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../../core/key.ts';
import { createRegistry } from '../../store/registries.ts';
import { createTeam } from '../../store/teams.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';

let call: Api;
let stop: () => Promise<void>;

beforeAll(async () => {
  const api = await startAdminApi();
  ({ call, stop } = api);
  for (const name of ['vision', 'speech']) {
    await createTeam(api.table, { name, description: '', version: 1, createdAtMs: 0 });
  }
  const made = { name: 'models', description: '', version: 1, createdAtMs: 0 };
  await createRegistry(api.table, { ...made, roles: { vision: 'member' } });
});
afterAll(() => stop());

const page = readFileSync(join(import.meta.dirname, '../../docs/watched.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\S+)(?: (\S+))?\n(.*?)^```$/gms)].map(
  ([, language, mark, text = '']) => ({
    kind: mark ?? language,
    text,
  }),
);
const ofKind = (kind: string) => blocks.filter((block) => block.kind === kind).map(({ text }) => text);

const sender: Caller = { keyId: 'key_1', role: 'sender', team: 'vision' };
const asSender = (etag = '') => ({
  caller: sender,
  headers: etag === '' ? {} : { 'If-None-Match': etag },
});
const nothing = { everything: false, event_types: [], metrics: [], collections: [] };
const trigger = (change: object) => ({
  team: 'vision',
  name: 'a',
  scope: { kind: 'team', team: 'vision' },
  action: { type: 'no_op' },
  ...change,
});

test('docs/watched.md shows what is answered, and has no block that nobody runs', async () => {
  const [request = ''] = ofKind('http');
  const [method = '', path = ''] = request.trim().split(' ');
  expect((await call(method, path)).body).toEqual(nothing);
  const made = [];
  for (const text of ofKind('automation')) made.push(await call('POST', '/v1/automations', text));
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
  const { status, body } = await call(method, path, undefined, asSender());
  expect({ status, body }).toEqual({ status: 200, body: JSON.parse(ofKind('answer')[0] ?? '') });
  expect(blocks).toHaveLength(4);
  expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
  for (const { body: one } of made) await call('DELETE', `/v1/automations/${one.id}`);
  expect((await call(method, path)).body).toEqual(nothing);
});

test('an answer that is known is a 304, until an automation is saved, switched off or deleted', async () => {
  const path = '/v1/watched?team=vision&registry=models';
  const ask = (etag = '') => call('GET', path, undefined, asSender(etag));
  const inCollection = trigger({
    scope: { kind: 'collection', registry: 'models', collection: 'detector' },
    trigger: { event: 'artifact.linked' },
  });
  const before = await ask();
  expect(await ask(before.headers['etag'])).toMatchObject({ status: 304, body: undefined });
  const { body } = await call('POST', '/v1/automations', inCollection);
  const after = await ask(before.headers['etag']);
  expect(after).toMatchObject({
    status: 200,
    body: { ...nothing, event_types: ['artifact.linked'], collections: ['detector'] },
  });
  expect(await ask(`"other", W/${after.headers['etag']}`)).toMatchObject({ status: 304 });
  // On W&B's wire a registry is a project.
  const asProject = await call('GET', '/v1/watched?team=vision&project=wandb-registry-models');
  expect(asProject.body).toEqual(after.body);
  expect((await call('GET', '/v1/watched?team=vision&project=models')).body).toEqual(nothing);

  await call('PATCH', `/v1/automations/${body.id}`, {
    scope: { kind: 'collection', registry: 'models', collection: 'tagger' },
  });
  expect((await ask()).body).toMatchObject({ collections: ['tagger'] });
  await call('PATCH', `/v1/automations/${body.id}`, { enabled: false });
  expect(await ask(before.headers['etag'])).toMatchObject({ status: 304 });
  await call('PATCH', `/v1/automations/${body.id}`, { enabled: true });
  expect((await ask()).body).toMatchObject({ collections: ['tagger'] });
  await call('PATCH', `/v1/automations/${body.id}`, { scope: { kind: 'registry', registry: 'models' } });
  expect((await ask()).body).toMatchObject({ collections: null });
  await call('DELETE', `/v1/automations/${body.id}`);
  expect((await ask()).body).toEqual(nothing);
});

test('automations of all scopes around a place count, and no others', async () => {
  const threshold = (metric: string) => ({
    event: 'run.metrics',
    threshold: { metric, comparison: '>', value: 1 },
  });
  const scopes = [
    { kind: 'organization' },
    { kind: 'team', team: 'vision' },
    { kind: 'project', team: 'vision', project: 'p' },
    { kind: 'project', team: 'vision', project: 'other' },
  ];
  for (const [at, scope] of scopes.entries()) {
    const made = await call('POST', '/v1/automations', trigger({ scope, trigger: threshold(`m${at}`) }));
    expect(made.status).toBe(201);
  }
  const metricsOf = async (place: string) => (await call('GET', `/v1/watched?${place}`)).body.metrics;
  expect(await metricsOf('team=vision&project=p')).toEqual(['m0', 'm1', 'm2']);
  expect(await metricsOf('team=vision')).toEqual(['m0', 'm1']);
  expect(await metricsOf('team=speech&project=p')).toEqual(['m0']);
});

test('a registry is shown to teams with a role in it, whoever asks', async () => {
  const refused = { status: 403, body: { field: 'registry' } };
  const asSpeech = { caller: { ...sender, team: 'speech' } };
  expect(await call('GET', '/v1/watched?team=speech&registry=models', undefined, asSpeech)).toMatchObject(
    refused,
  );
  expect(await call('GET', '/v1/watched?team=speech&registry=models')).toMatchObject(refused);
});

test('a refusal of a registry that was asked for by its project on W&B’s wire names the project', async () => {
  const fieldOf = async (query: string, as = {}) =>
    (await call('GET', `/v1/watched?${query}`, undefined, as)).body.field;
  const narrowed = { caller: { ...sender, narrowing: { projects: ['p'] } } };
  for (const [place, field] of [
    ['project=wandb-registry-', 'project'],
    ['registry=', 'registry'],
  ] as const) {
    expect(await fieldOf(`team=vision&${place}unknown`)).toBe(field);
    expect(await fieldOf(`team=speech&${place}models`)).toBe(field);
    expect(await fieldOf(`team=vision&${place}models`, narrowed)).toBe(field);
  }
});

test('a narrowed key is told of its own types', async () => {
  const toldTo = async (...event_types: string[]) => {
    const caller = { ...sender, narrowing: { event_types } };
    return (await call('GET', '/v1/watched?team=vision&project=typed', undefined, { caller })).body;
  };
  const scope = { kind: 'project', team: 'vision', project: 'typed' };
  const onLoss = { event: 'run.metrics', threshold: { metric: 'secret-loss', comparison: '<', value: 1 } };
  const onAlias = { event: 'artifact.alias_added', filter: { 'collection.name': 'secret-model' } };
  for (const [name, of] of Object.entries({ onLoss, onAlias })) {
    const made = await call('POST', '/v1/automations', trigger({ name, scope, trigger: of }));
    expect(made.status).toBe(201);
  }
  expect(await toldTo('run.*')).toMatchObject({ metrics: expect.arrayContaining(['secret-loss']) });
  expect(JSON.stringify(await toldTo('run.*'))).not.toContain('secret-model');
  const states = await toldTo('run.state');
  expect(states.event_types).toEqual(['run.state']);
  expect(JSON.stringify(states)).not.toContain('secret-');
  expect(JSON.stringify(await toldTo('artifact.alias_added'))).not.toContain('secret-loss');
  expect(JSON.stringify(await toldTo('custom.*'))).not.toContain('secret-');
});

test('a narrowed key is told of its own places', async () => {
  const narrowed = (query: string) => {
    const caller = { ...sender, narrowing: { projects: ['p'] } };
    return call('GET', `/v1/watched?team=vision${query}`, undefined, { caller });
  };
  expect(await narrowed('&project=p')).toMatchObject({ status: 200 });
  expect(await narrowed('&project=q')).toMatchObject({ status: 403, body: { field: 'project' } });
  expect(await narrowed('')).toMatchObject({ status: 403, body: { field: 'project' } });
  expect(await narrowed('&registry=models')).toMatchObject({ status: 403, body: { field: 'registry' } });
});

test.each([
  ['team=speech', 403, undefined],
  ['', 422, 'team'],
  ['team=vision&project=a&registry=b', 422, 'registry'],
  ['team=vision&run=a', 422, 'run'],
  ['team=vision&registry=nowhere', 422, 'registry'],
])('a sender of vision who asks for %j is answered %d', async (query, status, field) => {
  const answered = await call('GET', `/v1/watched?${query}`, undefined, asSender());
  expect(answered).toMatchObject({ status, body: { ...(field && { field }) } });
});
