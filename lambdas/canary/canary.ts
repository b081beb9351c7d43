import type { StageLine } from '../shared/log.ts';

export interface CanaryDeps {
  /** A request to the API as any client makes it; answers the status and the JSON of the body. */
  call: (method: 'GET' | 'POST', path: string, body?: object) => Promise<{ status: number; body: unknown }>;
  now: () => number;
  wait: (ms: number) => Promise<void>;
  log: (line: StageLine) => void;
}

/** The canary has a team of its own, so that it is in nobody's history. */
const TEAM = 'signalbox-canary';
const EVENT_TYPE = 'custom.canary';
const AUTOMATION = {
  name: 'canary',
  team: TEAM,
  scope: { kind: 'team', team: TEAM },
  trigger: { event: EVENT_TYPE },
  action: { type: 'no_op' },
};

/** An event that has not fired by then has failed; the alarm looks at several. */
const PATIENCE_MS = 60_000;
const ASKED_EVERY_MS = 1_000;

/**
 * Sends an event through the door that all events come through and waits until its delivery is in the history. What
 * the canary needs is made when it is missing, so it also mends itself.
 */
export async function canary(deps: CanaryDeps): Promise<void> {
  const startedAtMs = deps.now();
  const ended = await attempt(startedAtMs, deps).catch((error) => String(error));
  const lagMs = deps.now() - startedAtMs;
  if (ended === undefined) deps.log({ stage: 'canary.passed', lagMs });
  else deps.log({ stage: 'canary.failed', reason: ended, lagMs });
}

/** Undefined when all went well, else what did not. */
async function attempt(startedAtMs: number, deps: CanaryDeps): Promise<string | undefined> {
  const automation = (await findAutomation(deps)) ?? (await makeAutomation(deps));
  if (automation === undefined) return 'the automation of the canary could not be made';
  const id = `canary-${startedAtMs}`;
  const { status } = await deps.call('POST', '/v1/events', { id, type: EVENT_TYPE, team: TEAM, data: {} });
  if (status !== 202) return `POST /v1/events was answered with ${status}`;
  while (deps.now() - startedAtMs < PATIENCE_MS) {
    if (await isDelivered(automation, id, deps)) return undefined;
    await deps.wait(ASKED_EVERY_MS);
  }
  return `no delivery of event ${id} in ${PATIENCE_MS / 1_000} s`;
}

type Listed<Field extends string, Item> = { [F in Field]?: Item[] };

async function findAutomation({ call }: CanaryDeps): Promise<string | undefined> {
  const { status, body } = await call('GET', `/v1/automations?team=${TEAM}`);
  if (status !== 200) return undefined;
  const { automations = [] } = body as Listed<'automations', { id: string; name: string }>;
  return automations.find(({ name }) => name === AUTOMATION.name)?.id;
}

async function makeAutomation({ call, now, wait }: CanaryDeps): Promise<string | undefined> {
  await call('POST', '/v1/teams', { name: TEAM });
  const { status, body } = await call('POST', '/v1/automations', AUTOMATION);
  if (status !== 201) return undefined;
  // A new automation is in force after five seconds at most.
  const madeAtMs = now();
  while (now() - madeAtMs < 5_000) await wait(ASKED_EVERY_MS);
  return (body as { id: string }).id;
}

async function isDelivered(automation: string, eventId: string, { call }: CanaryDeps): Promise<boolean> {
  const { body } = await call('GET', `/v1/deliveries?automation=${automation}&limit=5`);
  type Delivery = { status: string; facts: { event_id?: string } };
  const { deliveries = [] } = body as Listed<'deliveries', Delivery>;
  return deliveries.some(({ status, facts }) => status === 'delivered' && facts.event_id === eventId);
}
