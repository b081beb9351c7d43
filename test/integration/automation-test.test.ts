import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missReasons } from '../../core/dry-run/miss.ts';
import type { Caller } from '../../core/key.ts';
import type { Table } from '../../store/client.ts';
import { createIntegration } from '../../store/integrations.ts';
import { saveSecret } from '../../store/secrets.ts';
import { createTeam } from '../../store/teams.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';
import { aSlackIntegration, aWebhookIntegration, losses } from '../support/builders.ts';

let call: Api;
let table: Table;
let stop: () => Promise<void>;
const PATH = '/v1/automations/test';

beforeAll(async () => {
  ({ call, table, stop } = await startAdminApi());
  await createTeam(table, { name: 'vision', description: '', version: 1, createdAtMs: 0 });
  const secrets = { access_token_secret: 'TOKEN', signing_secret: 'SIGNING', secrets: ['DEPLOY_KEY'] };
  await createIntegration(table, aWebhookIntegration({ id: 'int_ci', ...secrets }));
  await createIntegration(
    table,
    aWebhookIntegration({ id: 'int_url', name: 'url', url: undefined, url_secret: 'HOOK' }),
  );
  await createIntegration(
    table,
    aSlackIntegration({ id: 'int_slack', name: 'slack', webhook_url_secret: 'HOOK' }),
  );
  await createIntegration(
    table,
    aWebhookIntegration({ id: 'int_lost', name: 'lost', signing_secret: 'GONE' }),
  );
  for (const name of ['TOKEN', 'SIGNING', 'DEPLOY_KEY', 'HOOK']) {
    const entry = { team: 'vision', name, secretId: name, versionId: '1', version: 1, updatedAtMs: 0 };
    await saveSecret(table, undefined, entry);
  }
});
afterAll(() => stop());

const page = readFileSync(join(import.meta.dirname, '../../docs/testing-automations.md'), 'utf8');
const blocks = [...page.matchAll(/^```json (\S+)\n(.*?)^```$/gms)].map(([, kind, text = '']) => ({
  kind,
  text,
}));
const [example = ''] = blocks.filter(({ kind }) => kind === 'test').map(({ text }) => text);

const viewer: Caller = { keyId: 'key_1', role: 'viewer', team: 'vision' };
const automation = (change = {}) => ({ ...JSON.parse(example).automation, ...change });
const onLoss = { event: 'run.metrics', threshold: { metric: 'loss', comparison: '<', value: 0.5 } };
const low = losses([0.1]);

test('docs/testing-automations.md shows what is answered', async () => {
  const { status, body } = await call('POST', PATH, example, { caller: viewer });
  expect(status).toBe(200);
  const [answer = ''] = blocks.filter(({ kind }) => kind === 'answer').map(({ text }) => text);
  const shown = JSON.parse(answer);
  expect(body).toMatchObject(shown);
  expect(Object.keys(body.fired[0].request.headers).sort()).toEqual(
    [...Object.keys(shown.fired[0].request.headers), 'webhook-id', 'webhook-timestamp'].sort(),
  );
  expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
});

test('the page tells every reason', () => {
  const [table_ = ''] = /^\| `reason` \|.*?\n\n/ms.exec(page) ?? [];
  const told = [...table_.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
  expect(told.filter((name) => name !== 'reason').sort()).toEqual([...missReasons].sort());
});

test('nothing is written', async () => {
  const writes = jest.spyOn(table.client, 'send');
  await call('POST', PATH, example);
  const commands = writes.mock.calls.map(([command]) => command.constructor.name);
  writes.mockRestore();
  expect(commands.length).toBeGreaterThan(0);
  expect(commands.filter((name) => !/^(Get|BatchGet|Query)Command$/.test(name))).toEqual([]);
});

test('one that is saved is tried by its id, also while it is switched off', async () => {
  const saved = await call('POST', '/v1/automations', automation({ trigger: onLoss, enabled: false }));
  const tried = { automation_id: saved.body.id, events: [low] };
  const { body } = await call('POST', PATH, tried, { caller: viewer });
  expect(body).toMatchObject({ counts: { fired: 1 }, fired: [{ request: { method: 'POST' } }] });
  const stranger: Caller = { keyId: 'key_2', role: 'member', team: 'speech' };
  expect(await call('POST', PATH, tried, { caller: stranger })).toMatchObject({ status: 404 });
});

test.each([
  [
    'a URL that is a secret',
    { type: 'webhook', integration: 'int_url', payload: {} },
    { request: { url: '***' } },
  ],
  [
    "Slack's incoming webhook",
    { type: 'slack', integration: 'int_slack', title: 'Low', message: '${run_name}' },
    { request: { url: '***', body: expect.stringContaining('calm-lake-1') } },
  ],
  [
    'a secret that is not there',
    { type: 'webhook', integration: 'int_lost', payload: {} },
    { problem: 'secret_missing: GONE' },
  ],
])('%s is shown without it', async (_what, action, expected) => {
  const { body } = await call('POST', PATH, {
    automation: automation({ trigger: onLoss, action }),
    events: [low],
  });
  expect(body.fired).toMatchObject([expected]);
});

test('silence before a later event makes a run CRASHED', async () => {
  const at = (minute: number) => `2026-11-24T10:0${minute}:00Z`;
  const run = { team: 'vision', project: 'mnist', run: { id: 'r1' } };
  const { body } = await call('POST', PATH, {
    automation: automation({
      trigger: { event: 'run.state', states: ['FAILED'] },
      action: { type: 'no_op' },
    }),
    events: [
      { type: 'run.heartbeat', id: 'h1', interval: 30, time: at(0), ...run },
      { type: 'run.heartbeat', id: 'h2', interval: 30, time: at(5), ...run },
    ],
  });
  expect(body.fired).toMatchObject([{ event: null, received_at: '2026-11-24T10:01:30.000Z', run: 'r1' }]);
  expect(body.counts).toEqual({ fired: 1, sign_of_life: 2 });
});

test('a whole series is one request, and a long answer says that it was cut', async () => {
  const values = Array.from({ length: 5_000 }, (_, step) => (step % 2 ? 0.1 : 0.9));
  const half = (from: number) => losses(values, from);
  const every = { ...onLoss, repeat: { mode: 'every_time' } };
  const events = [half(0), half(5_000)];
  const { status, body } = await call('POST', PATH, { automation: automation({ trigger: every }), events });
  expect(status).toBe(200);
  expect(body).toMatchObject({ counts: { fired: 5_000, not_met: 5_000 }, truncated: true });
  expect(body.fired).toHaveLength(500);
});

test.each([
  ['neither of the two', { events: [low] }, 422, 'automation'],
  ['both', { automation: automation(), automation_id: 'aut_1', events: [low] }, 422, 'automation'],
  ['no events', { automation: automation(), events: [] }, 422, 'events'],
  [
    'what could not be saved',
    { automation: automation({ trigger: { event: 'run.metrics' } }), events: [low] },
    422,
    'automation.trigger',
  ],
  [
    'an integration that is not there',
    {
      automation: automation({ action: { type: 'webhook', integration: 'int_x', payload: {} } }),
      events: [low],
    },
    422,
    'automation.action.integration',
  ],
  [
    'an event that is none',
    { automation: automation(), events: [low, { type: 'run.metrics', team: 'vision' }] },
    422,
    'events.1.run',
  ],
  ['an event of no type', { automation: automation(), events: [7] }, 422, 'events.0'],
  [
    'a broken CloudEvent',
    { automation: automation(), events: [{ specversion: '1.0' }] },
    422,
    'events.0.type',
  ],
  [
    'a CloudEvent of no run',
    {
      automation: automation(),
      events: [
        {
          specversion: '1.0',
          id: 'a',
          source: 's',
          type: 'run.state',
          data: { team: 'vision', project: 'p', run: {}, state: 'FAILED' },
        },
      ],
    },
    422,
    'events.0.data.run.id',
  ],
  [
    'too many points',
    { automation: automation(), events: [{ points: Array(10_001).fill(0) }] },
    413,
    undefined,
  ],
  [
    'an event that is too large',
    { automation: automation(), events: [{ type: 'custom.a', team: 'vision', data: 'x'.repeat(200_000) }] },
    413,
    'events.0',
  ],
])('%s is refused', async (_what, body, status, field) => {
  const answered = await call('POST', PATH, body);
  expect(answered).toMatchObject({ status, body: { ...(field && { field }) } });
});
