import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { cleanUp, type LocalRuntime, startLocalRuntime } from '../support/local-runtime.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

// One event through everything: the runtime's own process, real HTTP, the built functions, a real receiver.

const [token, signing] = ['token-for-the-receiver', 'signing-secret-of-vision'];

let runtime: LocalRuntime;
let receiver: Receiver;
let integration: string;
let makes = 0;

beforeAll(async () => {
  [runtime, receiver] = await Promise.all([
    startLocalRuntime(),
    startReceiver({ bearer: token, signingSecret: signing }),
  ]);
  await ok('POST', '/v1/teams', { name: 'vision' });
  await ok('POST', '/v1/registries', { name: 'models' });
  await ok('PUT', '/v1/registries/models/teams/vision', { role: 'member' });
  await ok('PUT', '/v1/teams/vision/secrets/TOKEN', { value: token });
  await ok('PUT', '/v1/teams/vision/secrets/SIGNING', { value: signing });
  const made = await ok('POST', '/v1/integrations', {
    team: 'vision',
    type: 'webhook',
    name: 'receiver',
    url: receiver.url,
    access_token_secret: 'TOKEN',
    signing_secret: 'SIGNING',
  });
  integration = made['id'] as string;
}, 60_000);

afterAll(async () => {
  await receiver?.stop();
  await cleanUp();
});

async function ok(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await runtime.request(method, path, body);
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Record<string, unknown>;
}

async function automate(trigger: object, scope: object, payload: object): Promise<string> {
  const body = {
    name: `automation ${++makes}`,
    team: 'vision',
    scope,
    trigger,
    action: { type: 'webhook', integration, payload },
  };
  const made = await ok('POST', '/v1/automations', body);
  // A matcher that has seen the scope asks for changes every two seconds.
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  return made['id'] as string;
}

const arrivalsOf = (automation: string) =>
  receiver.requests.filter(({ json }) => (json as { automation?: string }).automation === automation);

async function arrivals(automation: string, count: number) {
  for (let waited = 0; arrivalsOf(automation).length < count; waited += 50) {
    if (waited > 10_000) throw new Error(`${arrivalsOf(automation).length} of ${count} arrived`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Nothing more may follow.
  await new Promise((resolve) => setTimeout(resolve, 700));
  return arrivalsOf(automation);
}

const id = { automation: '${automation_id}' };
const link = {
  type: 'artifact.linked',
  team: 'vision',
  registry: 'models',
  user: 'ada',
  collection: { name: 'detector' },
  version: 'v3',
};

describe('a run’s metrics', () => {
  test('2,000 points in 20 requests fire once, at the step worked out by hand', async () => {
    const project = { kind: 'project', team: 'vision', project: 'long' };
    const threshold = { metric: 'loss', aggregate: 'average', window: 5, comparison: '<', value: 0.25 };
    const payload = {
      ...id,
      value: '${metric_value:json}',
      step: '${step:json}',
      window: '${metric_values:json}',
    };
    const automation = await automate({ event: 'run.metrics', threshold }, project, payload);
    // loss(step) = 1 - step / 2000, so the average of a window is that of its middle step, 2 before its end:
    // 1 - (step - 2) / 2000 < 0.25 needs step > 1502, and first holds at 1503.
    const loss = (step: number) => (2000 - step) / 2000;
    for (let request = 0; request < 20; request++) {
      const points = Array.from({ length: 100 }, (_, at) => ({
        step: request * 100 + at,
        metrics: { loss: loss(request * 100 + at) },
      }));
      await ok('POST', '/v1/events', {
        type: 'run.metrics',
        team: 'vision',
        project: 'long',
        run: { id: 'r1' },
        points,
      });
    }
    const [arrival, ...others] = await arrivals(automation, 1);
    expect(others).toEqual([]);
    const json = arrival!.json as { value: number; step: number; window: number[] };
    expect(json.step).toBe(1503);
    expect(json.window).toEqual([1499, 1500, 1501, 1502, 1503].map(loss));
    expect(json.value).toBeCloseTo(loss(1501), 12);
    expect(arrival!.verified).toBe(true);
  });
});

describe('an artifact', () => {
  const models = { kind: 'registry', registry: 'models' };

  test('fires by its alias, signed so that W&B’s check passes', async () => {
    const payload = {
      ...id,
      alias: '${alias}',
      version: '${artifact_version_string}',
      by: '${event_author}',
    };
    const automation = await automate(
      { event: 'artifact.alias_added', filter: { alias: { $regex: '^prod' } } },
      models,
      payload,
    );
    const aliased = { ...link, type: 'artifact.alias_added' };
    await ok('POST', '/v1/events', [
      { ...aliased, id: 'a1', alias: 'staging' },
      { ...aliased, id: 'a2', alias: 'production' },
    ]);
    const [arrival, ...others] = await arrivals(automation, 1);
    expect(others).toEqual([]);
    expect(arrival!.json).toEqual({
      automation,
      alias: 'production',
      version: 'vision/wandb-registry-models/detector:v3',
      by: 'ada',
    });
    const mac = createHmac('sha256', signing).update(arrival!.body).digest('hex');
    expect(arrival!.headers['x-wandb-signature']).toBe(mac);
    expect(arrival!.verified).toBe(true);
  });

  test('posted twice with one id fires once, and its history says what happened, without secrets', async () => {
    const automation = await automate({ event: 'artifact.linked' }, models, {
      ...id,
      text: '${artifact_collection_name}',
    });
    for (let n = 0; n < 2; n++) await ok('POST', '/v1/events', { ...link, id: 'linked-once' });
    const [arrival, ...others] = await arrivals(automation, 1);
    expect(others).toEqual([]);
    const { deliveries } = (await ok('GET', `/v1/deliveries?automation=${automation}`)) as {
      deliveries: { id: string }[];
    };
    expect(deliveries.map((delivery) => delivery.id)).toEqual([arrival!.headers['webhook-id']]);
    const history = await ok('GET', `/v1/deliveries/${deliveries[0]!.id}`);
    expect(history).toMatchObject({
      status: 'delivered',
      attempts: [{ number: 1, outcome: 'delivered', http_status: 200 }],
    });
    expect(JSON.stringify(history)).not.toContain(token);
    expect(JSON.stringify(runtime.log)).not.toContain(token);
  });

  test('does not fire an automation that was disabled or deleted', async () => {
    const automation = await automate({ event: 'artifact.linked' }, models, id);
    await ok('PATCH', `/v1/automations/${automation}`, { enabled: false });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await ok('POST', '/v1/events', { ...link, id: 'while-disabled' });
    expect(await arrivals(automation, 0)).toEqual([]);
  });
});

test('a compressed request is taken', async () => {
  const answer = await fetch(`${runtime.url}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${runtime.key}`,
      'content-type': 'application/gzip',
      'content-encoding': 'gzip',
    },
    body: new Uint8Array(gzipSync(JSON.stringify({ ...link, id: 'zipped' }))),
  });
  expect([answer.status, await answer.json()]).toMatchObject([202, { events: [{ id: 'zipped' }] }]);
});

describe('a wrong request', () => {
  const send = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${runtime.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${runtime.key}`, 'content-type': 'application/json', ...headers },
      body: new Uint8Array(Buffer.from(body)),
    });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      problem: (await answer.json()) as object,
    };
  };

  test.each<[string, string | Buffer, Record<string, string>, number, object]>([
    ['malformed JSON', '{"type":', {}, 400, { code: 'malformed_json' }],
    ['an unknown type', '{"type":"artifact.lost"}', {}, 422, { code: 'unknown_event_type', field: 'type' }],
    [
      'a missing field',
      JSON.stringify({ ...link, version: undefined }),
      {},
      422,
      { code: 'invalid_input', field: 'version' },
    ],
    [
      'a wrong key',
      JSON.stringify(link),
      { authorization: 'Bearer sbx_nope' },
      401,
      { code: 'unauthorized' },
    ],
    [
      'a key of nobody',
      JSON.stringify(link),
      { authorization: 'Bearer guessed' },
      401,
      { code: 'unauthorized' },
    ],
    [
      'a body over 4 MB',
      JSON.stringify({ ...link, url: 'x'.repeat(4_000_001) }),
      {},
      413,
      { code: 'too_large' },
    ],
    [
      'a gzip bomb',
      gzipSync(Buffer.alloc(20_000_000, 32)),
      { 'content-encoding': 'gzip', 'content-type': 'application/gzip' },
      413,
      { code: 'too_large' },
    ],
  ])('%s is refused with code, field and way out', async (_name, body, headers, status, problem) => {
    const answer = await send(body, headers);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', problem });
    expect(answer.problem).toMatchObject({ detail: expect.any(String), hint: expect.any(String) });
  });

  test('without any key is refused by the gateway', async () => {
    const answer = await fetch(`${runtime.url}/v1/events`, { method: 'POST', body: '{}' });
    expect([answer.status, await answer.json()]).toEqual([401, { message: 'Unauthorized' }]);
  });

  test('by a key of another team is refused, and leaks nothing', async () => {
    await ok('POST', '/v1/teams', { name: 'audio' });
    const { key } = await ok('POST', '/v1/keys', { team: 'audio', role: 'admin', name: 'audio admin' });
    const as = (path: string) =>
      fetch(`${runtime.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    expect((await as('/v1/automations?team=vision')).status).toBe(403);
    expect((await as(`/v1/integrations/${integration}`)).status).toBe(404);
    expect((await as('/v1/teams/vision/secrets')).status).toBe(403);
    expect((await as('/v1/automations?team=audio')).status).toBe(200);
    expect((await as(`/v1/automations/${'x'.repeat(3_000)}`)).status).toBe(422);
    expect((await as('/v1/deliveries?team=audio&after=garbage')).status).toBe(422);
  });

  test('by a member can’t take over an automation of the organization', async () => {
    const { key } = await ok('POST', '/v1/keys', { team: 'vision', role: 'member', name: 'member' });
    const { id: shared } = await ok('POST', '/v1/automations', {
      name: 'shared',
      team: 'vision',
      scope: { kind: 'organization' },
      trigger: { event: 'artifact.linked' },
      action: { type: 'no_op' },
      enabled: false,
    });
    const as = (method: string, body?: object) =>
      fetch(`${runtime.url}/v1/automations/${shared}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
        ...(body && { body: JSON.stringify(body) }),
      });
    expect((await as('PATCH', { scope: { kind: 'team', team: 'vision' } })).status).toBe(403);
    expect((await as('DELETE')).status).toBe(403);
  });
});
