import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../../core/key.ts';
import type { Table } from '../../store/client.ts';
import { createTeam } from '../../store/teams.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';
import { aCustomEvent, aHeartbeat, aStateEvent, losses } from '../support/builders.ts';
import { matcherOn } from '../support/matcher-on-table.ts';

let call: Api;
let table: Table;
let stop: () => Promise<void>;
let send: ReturnType<typeof matcherOn>;

beforeAll(async () => {
  ({ call, table, stop } = await startAdminApi());
  send = matcherOn(table);
  for (const name of ['vision', 'speech'])
    await createTeam(table, { name, description: '', version: 1, createdAtMs: 0 });
});
afterAll(() => stop());

const page = readFileSync(join(import.meta.dirname, '../../docs/why.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w+ [^\n]+)\n(.*?)^```$/gms)].map(([, kind, text = '']) => ({
  kind,
  text,
}));
const block = (kind: string) => blocks.find((one) => one.kind === kind)?.text ?? '';

async function made(trigger: object, change: object = {}): Promise<string> {
  const scope = { kind: 'project', team: 'vision', project: 'mnist' };
  const input = {
    name: JSON.stringify([trigger, change]),
    team: 'vision',
    scope,
    trigger,
    action: { type: 'no_op' },
    ...change,
  };
  const { status, body } = await call('POST', '/v1/automations', {
    ...input,
    name: input.name.slice(0, 200),
  });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body.id;
}

const threshold = (change: object = {}) => ({
  event: 'run.metrics',
  threshold: { metric: 'loss', aggregate: 'average', window: 5, comparison: '<', value: 0.3, ...change },
});

/** The sentences as the page writes them: without times and ids. */
async function whyOf(id: string, query = ''): Promise<string> {
  const { body } = await call('GET', `/v1/automations/${id}/why?${query}`);
  const lines = body.sentences.map(({ verdict, text }: Record<'verdict' | 'text', string>) => {
    const timeless = text
      .replace(/(?:just now|in \d+ \w+|\d+ \w+ ago) \([^)]*\)/g, '…')
      .replace(/dlv_\w+/, '…');
    return `${verdict.padEnd(6)} ${timeless}\n`;
  });
  return lines.join('');
}

test('a run is found by its name, however that is composed', async () => {
  const id = await made(threshold({ window: 6 }));
  await send(losses([0.25], 0, { run: { id: 'caf\u00e9' } }));
  for (const name of ['caf\u00e9', 'cafe\u0301']) {
    const { body } = await call('GET', `/v1/automations/${id}/runs/${name}`);
    expect(body).toMatchObject({ known: true, run: { id: 'caf\u00e9' } });
  }
});

test('docs/why.md tells what is answered, before and after an automation fires', async () => {
  const id = await made(threshold());
  await send(losses([0.25, 0.25, 0.25], 0, { run: { id: 'r1' } }));
  expect(await whyOf(id, 'run=r1')).toBe(block('text run=r1'));
  await send(losses([0.25, 0.25], 3, { run: { id: 'r1' } }));
  expect(await whyOf(id, 'run=r1')).toBe(block('text run=r1 fired'));
  const { status, body } = await call('GET', `/v1/automations/${id}/runs/r1`);
  expect(status).toBe(200);
  expect(body).toMatchObject(JSON.parse(block('json run=r1')));
  expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
  const { activity } = (await call('GET', `/v1/automations/${id}`)).body;
  expect(Object.keys(activity).sort()).toEqual([
    'fired',
    'held_back',
    'last_fired_at',
    'last_met_at',
    'last_seen_at',
  ]);
});

test('an automation that nothing reached says so, and one that is switched off', async () => {
  const id = await made(threshold({ metric: 'nobody_sends_this' }));
  await call('PATCH', `/v1/automations/${id}`, { enabled: false });
  const { body } = await call('GET', `/v1/automations/${id}/why?run=nowhere`);
  const stops = body.sentences.filter(({ verdict }: { verdict: string }) => verdict === 'stops');
  expect(stops.map(({ about }: { about: string }) => about)).toEqual(['automation', 'events', 'run']);
  expect((await call('GET', `/v1/automations/${id}`)).body.activity).toEqual({ fired: 0, held_back: 0 });
});

test('an integration whose secret was deleted stops the automations that need it, and no others', async () => {
  await call('PUT', '/v1/teams/vision/secrets/CI_TOKEN', { value: 'a-token-of-ci' });
  const { body: integration } = await call('POST', '/v1/integrations', {
    team: 'vision',
    type: 'webhook',
    name: 'ci',
    url: 'https://ci.example.com/',
    secrets: ['CI_TOKEN'],
  });
  const through = (payload: object) => ({
    action: { type: 'webhook', integration: integration.id, payload },
  });
  const needing = await made({ event: 'custom.built' }, through({ token: '${CI_TOKEN}' }));
  const other = await made({ event: 'custom.built' }, through({ text: 'built' }));
  expect(await whyOf(needing)).toContain('fine   Integration ci is well.');
  await call('DELETE', '/v1/teams/vision/secrets/CI_TOKEN?force=true');
  expect(await whyOf(needing)).toContain(
    'stops  Integration ci needs the secret CI_TOKEN, which is not there',
  );
  expect(await whyOf(other)).toContain('fine   Integration ci is well.');
});

test('what a filter does not take was seen all the same', async () => {
  const id = await made({ event: 'custom.deployed', filter: { data: 'other' } });
  await send(aCustomEvent());
  const { activity } = (await call('GET', `/v1/automations/${id}`)).body;
  expect(activity).toEqual({ fired: 0, held_back: 0, last_seen_at: expect.any(String) });
});

test('a change shows both windows, and values before the trigger was saved do not count', async () => {
  const change = {
    event: 'run.metrics',
    change: { metric: 'speed', window: 2, prior_window: 3, amount: 0.5 },
  };
  const id = await made(change);
  const speeds = (from: number, ...values: number[]) =>
    losses([], 0, {
      run: { id: 'r2' },
      points: values.map((speed, at) => ({ step: from + at, metrics: { speed } })),
    });
  await send(speeds(0, 0, 0, 0, 1));
  const standing = async () => (await call('GET', `/v1/automations/${id}/runs/r2`)).body;
  expect((await standing()).window).toMatchObject({
    held: 4,
    needed: 5,
    prior: { held: 2, needed: 3 },
    met: false,
  });
  await send(speeds(4, 1));
  expect((await standing()).window).toMatchObject({ held: 5, value: null, met: false });
  await call('PATCH', `/v1/automations/${id}`, {
    trigger: { ...change, change: { ...change.change, amount: 0.4 } },
  });
  expect((await standing()).window).toMatchObject({ held: 0, needed: 5, too_old: 5 });
});

test('what came before an automation was disabled does not count once it is enabled again', async () => {
  const values = { metric: 'heat', aggregate: 'average', window: 3, comparison: '>', value: 10 };
  const id = await made({ event: 'run.metrics', threshold: values });
  const heats = (from: number, ...heat: number[]) =>
    losses([], 0, {
      run: { id: 'r5' },
      points: heat.map((one, at) => ({ step: from + at, metrics: { heat: one } })),
    });
  const switchTo = (enabled: boolean) => call('PATCH', `/v1/automations/${id}`, { enabled });
  await send(heats(0, 20, 20));
  await switchTo(false);
  await send(heats(2, 0, 0, 0));
  // To enable what is enabled is no beginning.
  await switchTo(true);
  await send(heats(5, 0));
  await switchTo(true);
  const { activity } = (await call('GET', `/v1/automations/${id}`)).body;
  expect(activity).toMatchObject({ fired: 0 });
  const { window } = (await call('GET', `/v1/automations/${id}/runs/r5`)).body;
  expect(window).toMatchObject({ held: 1, needed: 3, too_old: 2 });
  const { sentences } = (await call('GET', `/v1/automations/${id}/why?run=r5`)).body;
  const texts = sentences.map(({ text }: { text: string }) => text).join('\n');
  expect(texts).toContain('It was enabled again ');
  expect(texts).toContain('2 more came before it was enabled again.');
});

test('an automation on states shows the state, the pulse and its latches', async () => {
  const id = await made({ event: 'run.state', states: ['FAILED'], repeat: { mode: 'once_per_run' } });
  const of = { run: { id: 'r3' } };
  await send(aHeartbeat(60, of), aStateEvent('RUNNING', of));
  const running = (await call('GET', `/v1/automations/${id}/runs/r3`)).body;
  expect(running).toMatchObject({ state: { now: 'RUNNING', by_silence: false }, latches: [] });
  expect(Date.parse(running.silent_at)).toBeGreaterThan(Date.now() + 170_000);
  await send(aStateEvent('FAILED', of));
  const failed = (await call('GET', `/v1/automations/${id}/runs/r3`)).body;
  expect(failed).toMatchObject({ state: { now: 'FAILED' }, latches: [{ state: 'FAILED' }] });
  expect(failed).not.toHaveProperty('silent_at');
  expect(failed.latches[0]).not.toHaveProperty('until');
});

test('across runs the others that ended are counted', async () => {
  const id = await made({
    event: 'run.metrics',
    zscore: { metric: 'score', window: 2, across: 'runs', threshold: 1 },
  });
  const score = (run: string, value: number) =>
    losses([], 0, { run: { id: run }, points: [{ step: 0, metrics: { score: value } }] });
  const newestScore = async () => (await call('GET', `/v1/automations/${id}/runs/last`)).body.window.value;
  await send(score('last', 4));
  expect(await newestScore()).toBeUndefined();
  for (const [run, value] of [
    ['e1', 1],
    ['e2', 3],
  ] as const) {
    await send(score(run, value), aStateEvent('FINISHED', { run: { id: run } }));
  }
  expect(await newestScore()).toBeCloseTo(2 / Math.SQRT2, 9);
});

describe('the place of a run', () => {
  const member: Caller = { keyId: 'key_1', role: 'viewer', team: 'vision' };

  test.each([
    ['of a team', { kind: 'team', team: 'vision' }, '', 'project'],
    ['of the organization', { kind: 'organization' }, '', 'team'],
    ['of the organization, half told', { kind: 'organization' }, 'team=vision', 'project'],
  ])('must be told to an automation %s', async (_what, scope, query, field) => {
    const id = await made(threshold(), { scope, description: query });
    for (const path of [`runs/r1?${query}`, `why?run=r1&${query}`]) {
      expect(await call('GET', `/v1/automations/${id}/${path}`)).toMatchObject({
        status: 422,
        body: { field },
      });
    }
    const told = await call('GET', `/v1/automations/${id}/runs/r1?team=vision&project=mnist`);
    expect(told).toMatchObject({ status: 200, body: { in_scope: true } });
    await call('DELETE', `/v1/automations/${id}`);
  });

  test('may be another one, which is outside of the scope', async () => {
    const id = await made(threshold(), { description: 'elsewhere', name: 'elsewhere' });
    const { body } = await call('GET', `/v1/automations/${id}/runs/r1?project=other`);
    expect(body).toMatchObject({ in_scope: false, run: { project: 'other' } });
    const asMember = { caller: member };
    const foreign = `/v1/automations/${id}/runs/r1?team=speech`;
    expect(await call('GET', foreign, undefined, asMember)).toMatchObject({ status: 403 });
  });

  test('is of a team that the caller must be of', async () => {
    const id = await made(threshold(), { name: 'foreign' });
    const stranger: Caller = { keyId: 'key_2', role: 'admin', team: 'speech' };
    for (const path of ['runs/r1', 'why', 'why?run=r1']) {
      expect(
        await call('GET', `/v1/automations/${id}/${path}`, undefined, { caller: stranger }),
      ).toMatchObject({ status: 404 });
    }
  });
});
