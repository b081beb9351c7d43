import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedRequest, Receiver, ReceiverOptions } from '../support/receiver.ts';

/*
 * What users of the first version had: a team, its configuration, runs under way and deliveries of every kind. It is made
 * through the API that all versions answer, and tests of upgrades use it afterwards.
 */

/** Sends a request that must succeed, and answers its body. */
export type Ok = (
  method: string,
  path: string,
  body?: unknown,
  key?: string,
) => Promise<Record<string, unknown>>;

/** What of this world a test must know. */
export interface EarlierWorld {
  /** Of a sender of the team. */
  senderKey: string;
  /** By name. */
  automations: Record<string, string>;
  integrations: Record<string, string>;
  /** All of the team, newest first, as the version itself listed them. */
  deliveries: ListedDelivery[];
}

export interface ListedDelivery {
  id: string;
  automation: string;
  status: string;
  attempt_count: number;
  created_at: string;
}

const payload = {
  automation: '${automation_name}',
  event: '${event_id}',
  run: '${run_name}',
  value: '${metric_value:json}',
};

/** What the receiver answers: one integration's endpoint is down until the test says that it is up. */
export function respondTo(isUp: () => boolean): NonNullable<ReceiverOptions['respond']> {
  return ({ path }) => (path === '/down' && !isUp() ? { status: 503 } : { status: 200, body: 'ok' });
}

const project = { kind: 'project', team: 'vision', project: 'mnist' };
const automations: Record<string, { through?: string; scope: object; trigger: object }> = {
  linked: {
    scope: { kind: 'registry', registry: 'models' },
    trigger: { event: 'artifact.linked', filter: { 'collection.name': 'detector' } },
    through: 'receiver',
  },
  'low-loss': {
    scope: project,
    trigger: {
      event: 'run.metrics',
      threshold: { metric: 'loss', aggregate: 'average', window: 3, comparison: '<', value: 0.5 },
    },
    through: 'receiver',
  },
  recorded: {
    scope: { kind: 'collection', registry: 'models', collection: 'detector' },
    trigger: { event: 'artifact.alias_added' },
  },
  waiting: { scope: project, trigger: { event: 'artifact.alias_added' }, through: 'down' },
};

export const inRegistry = { registry: 'models', collection: { name: 'detector' }, version: 'v1' };
export const inProject = { project: 'mnist', collection: { name: 'net' }, version: 'v1' };
/** Values of a run's loss from a step on. */
export const losses = (run: string, from: number, values: number[]) => ({
  type: 'run.metrics',
  project: 'mnist',
  run: { id: run },
  points: values.map((loss, at) => ({ step: from + at, metrics: { loss } })),
});

/** Sets the team up and lets things happen to it, until each delivery is where it shall be. */
export async function makeEarlierWorld(ok: Ok, { url }: Receiver): Promise<EarlierWorld> {
  await ok('POST', '/v1/teams', { name: 'vision' });
  await ok('POST', '/v1/teams', { name: 'speech' });
  await setSecrets(ok);
  const integrations = await makeIntegrations(ok, url);
  const made = await makeAutomations(ok, integrations);
  const sender = await ok('POST', '/v1/keys', { team: 'vision', role: 'sender', name: 'training' });
  const senderKey = String(sender['key']);
  for (const event of happenings) await post(ok, event, senderKey);
  const expected = ['delivered', 'delivered', 'delivered', 'pending'];
  const deliveries = await untilListed(ok, (listed) => {
    const statuses = listed.map(({ status }) => status).toSorted();
    const isTried = listed.every(
      ({ automation, attempt_count }) => automation === made['recorded'] || attempt_count > 0,
    );
    return String(statuses) === String(expected) && isTried;
  });
  return { senderKey, automations: made, integrations, deliveries };
}

const SECRETS = { TOKEN: 'the-token-of-vision', SIGNING: 'the-signing-secret' };

export async function setSecrets(ok: Ok): Promise<void> {
  for (const [name, value] of Object.entries(SECRETS)) {
    await ok('PUT', `/v1/teams/vision/secrets/${name}`, { value });
  }
}

async function makeIntegrations(ok: Ok, url: string): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const name of ['receiver', 'down']) {
    const { id } = await ok('POST', '/v1/integrations', {
      team: 'vision',
      type: 'webhook',
      name,
      url: urlOf(url, name),
      access_token_secret: 'TOKEN',
      signing_secret: 'SIGNING',
    });
    ids[name] = String(id);
  }
  return ids;
}

/** The address of an integration's endpoint at the receiver. */
export const urlOf = (receiverUrl: string, integration: string) =>
  integration === 'down' ? receiverUrl.replace('/hook', '/down') : receiverUrl;

async function makeAutomations(
  ok: Ok,
  integrations: Record<string, string>,
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const [name, { through, ...rest }] of Object.entries(automations)) {
    const action =
      through === undefined
        ? { type: 'no_op' }
        : { type: 'webhook', integration: integrations[through], payload };
    ids[name] = String(
      (await ok('POST', '/v1/automations', { team: 'vision', name, ...rest, action }))['id'],
    );
  }
  return ids;
}

/** One run fires, another stops one value before it would. */
const happenings = [
  { type: 'artifact.linked', id: 'linked-before', ...inRegistry },
  losses('fired', 0, [0.9, 0.7, 0.5, 0.4, 0.3]),
  losses('nearly', 0, [0.4, 0.3]),
  { type: 'artifact.alias_added', id: 'recorded-before', alias: 'best', ...inRegistry },
  { type: 'artifact.alias_added', id: 'waiting-before', alias: 'best', ...inProject },
];

export async function post(ok: Ok, event: object, key?: string): Promise<void> {
  await ok('POST', '/v1/events', { team: 'vision', user: 'ada', ...event }, key);
}

const PATIENCE_MS = 60_000;
const POLL_MS = 200;

/** The team's deliveries, once they are as they shall be. */
export async function untilListed(
  ok: Ok,
  isRight: (listed: ListedDelivery[]) => boolean,
  query = 'team=vision',
): Promise<ListedDelivery[]> {
  for (let waited = 0; ; waited += POLL_MS) {
    const { deliveries } = await ok('GET', `/v1/deliveries?${query}`);
    const listed = deliveries as ListedDelivery[];
    if (isRight(listed)) return listed;
    if (waited > PATIENCE_MS) throw new Error(`the deliveries stay ${JSON.stringify(listed)}`);
    await sleep(POLL_MS);
  }
}

/** What arrived of an automation. */
export const arrivalsOf = ({ requests }: Receiver, automation: string): ReceivedRequest[] =>
  requests.filter(({ json }) => (json as { automation?: string })?.automation === automation);
