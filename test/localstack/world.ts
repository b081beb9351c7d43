import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts';
import type { Deployment } from './deployment.ts';

/** The team of a deployment, its receiver, and an automation for each case. */
export interface World {
  receiver: Receiver;
  secrets: { TOKEN: string; SIGNING: string };
  /** Sends a request that must succeed, and answers its body. */
  ok(method: string, path: string, body?: unknown, key?: string): Promise<Record<string, unknown>>;
  post(event: object, key?: string): Promise<void>;
  /** What arrived for a case so far. */
  arrivals(name: CaseName): ReceivedRequest[];
  /** What arrived for a case, once that is so many; and a moment later, so that one too many shows. */
  arrived(name: CaseName, count: number, timeoutMs?: number): Promise<ReceivedRequest[]>;
}

/** Each case is an automation with the same name, whose payload names it. */
const cases = {
  linked: { scope: { kind: 'registry', registry: 'models' }, trigger: { event: 'artifact.linked' } },
  metric: {
    scope: { kind: 'project', team: 'vision', project: 'mnist' },
    trigger: {
      event: 'run.metrics',
      threshold: { metric: 'loss', aggregate: 'average', window: 3, comparison: '<', value: 0.5 },
    },
  },
  retried: onCustom('retried'),
  rotated: onCustom('rotated'),
  undecided: onCustom('undecided'),
  undelivered: onCustom('undelivered'),
  streamed: { ...onCustom('streamed'), delivery: { max_per_minute: 600 } },
};
export type CaseName = keyof typeof cases | 'slack';

function onCustom(name: string) {
  return { scope: { kind: 'team', team: 'vision' }, trigger: { event: `custom.${name}` } };
}

const payload = {
  case: '${automation_name}',
  event: '${event_id}',
  version: '${artifact_version_string}',
  step: '${step:json}',
  value: '${metric_value:json}',
};

const POLL_MS = 50;
const LATER_MS = 1_000;

/** Sets a deployment up as its users would, by its own API. */
export async function makeWorld({ request }: Deployment): Promise<World> {
  const secrets = { TOKEN: `token-${randomBytes(8).toString('hex')}`, SIGNING: 'a-secret-to-sign-with' };
  let retries = 0;
  const host = process.env['TEST_RECEIVER_HOST'];
  const receiver = await startReceiver({
    // Functions in containers reach this machine by another address.
    ...(host !== undefined && { host }),
    signingSecret: secrets.SIGNING,
    respond: ({ json }) => {
      const isFirst = (json as { case?: string })?.case === 'retried' && retries++ === 0;
      return isFirst ? { status: 503, body: 'not now' } : { status: 200, body: 'ok' };
    },
  });
  const ok: World['ok'] = async (method, path, body, key) => {
    const answer = await request(method, path, body, key);
    if (answer.status < 300) return answer.body as Record<string, unknown>;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const arrivals = (name: CaseName) =>
    receiver.requests.filter(({ path, json }) =>
      name === 'slack' ? path === '/slack' : (json as { case?: string })?.case === name,
    );
  const arrived: World['arrived'] = async (name, count, timeoutMs = 40_000) => {
    for (let waited = 0; arrivals(name).length < count; waited += POLL_MS) {
      if (waited > timeoutMs) throw new Error(`${name}: ${arrivals(name).length} of ${count} arrived`);
      await sleep(POLL_MS);
    }
    await sleep(LATER_MS);
    return arrivals(name);
  };
  const post: World['post'] = async (event, key) => {
    await ok('POST', '/v1/events', { team: 'vision', user: 'ada', ...event }, key);
  };
  const world = { receiver, secrets, ok, post, arrivals, arrived };
  try {
    await setUp(world);
    return world;
  } catch (error) {
    await receiver.stop();
    throw error;
  }
}

async function setUp({ ok, receiver, secrets }: World): Promise<void> {
  await ok('POST', '/v1/teams', { name: 'vision' });
  await ok('POST', '/v1/registries', { name: 'models' });
  await ok('PUT', '/v1/registries/models/teams/vision', { role: 'member' });
  const slackUrl = receiver.url.replace('/hook', '/slack');
  for (const [name, value] of Object.entries({ ...secrets, SLACK: slackUrl })) {
    await ok('PUT', `/v1/teams/vision/secrets/${name}`, { value });
  }
  const { id: integration } = await ok('POST', '/v1/integrations', {
    team: 'vision',
    type: 'webhook',
    name: 'receiver',
    url: receiver.url,
    access_token_secret: 'TOKEN',
    signing_secret: 'SIGNING',
  });
  for (const [name, automation] of Object.entries(cases)) {
    const action = { type: 'webhook', integration, payload };
    await ok('POST', '/v1/automations', { team: 'vision', name, ...automation, action });
  }
  const slack = { team: 'vision', type: 'slack', name: 'slack', webhook_url_secret: 'SLACK' };
  const { id: channel } = await ok('POST', '/v1/integrations', slack);
  await ok('POST', '/v1/automations', {
    team: 'vision',
    name: 'slack',
    scope: { kind: 'registry', registry: 'models' },
    trigger: { event: 'artifact.alias_added' },
    action: { type: 'slack', integration: channel, title: '${artifact_version_string}', message: '${alias}' },
  });
}
