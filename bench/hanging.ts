/**
 * How much one hanging endpoint with 500 pending deliveries slows another endpoint down: the dispatcher's own handler
 * on the local emulators, over real sockets. Prints the p99 from firing to arrival, alone and beside, and the ratio.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import type { AutomationDefinition } from '../core/automation.ts';
import type { WebhookIntegration } from '../core/integration.ts';
import { deliveryMessage, sendMessages } from '../lambdas/shared/queue.ts';
import { awsVariables } from '../local/aws-environment.ts';
import { startPump } from '../local/pump.ts';
import { functions, mappings, queueArn, queues, table as topology } from '../local/topology.ts';
import { createAutomation } from '../store/automations.ts';
import { openTable, type Table } from '../store/client.ts';
import { putDelivery } from '../store/deliveries.ts';
import { createIntegration, deleteIntegration } from '../store/integrations.ts';

const ROUNDS = 3;
const DELIVERIES = 250;
const APART_MS = 40;
const HANGING = 500;
/** So long after they came, the deliveries of the endpoint that hangs are pending, and wait. */
const SETTLED_MS = 20_000;
/** So long after the integrations that hang were deleted, nothing of them is under way. */
const TAKEN_AWAY_MS = 20_000;
/** What did not arrive by then is lost, and a figure without it would say nothing. */
const LOST_MS = 120_000;
const SWEEP_EVERY_MS = 60_000;

const arrivals = new Map<string, (atMs: number) => void>();
const team = 'bench';
let made = 0;

interface Bench {
  table: Table;
  queue: string;
  quick: string;
  hanging: string;
}

async function startService<Urls>(name: string): Promise<{ child: ChildProcess; urls: Urls }> {
  const child = fork(new URL('./hanging-services.ts', import.meta.url), [name]);
  const [urls] = (await once(child, 'message')) as [Urls];
  return { child, urls };
}

interface Endpoint {
  automation: string;
  integration: WebhookIntegration;
}

async function anEndpoint({ table }: Bench, url: string): Promise<Endpoint> {
  const n = ++made;
  const [automation, id] = [`aut_${n}`, `int_${n}`];
  const now = Date.now();
  const integration: WebhookIntegration = {
    ...{ id, team, type: 'webhook', name: id, url, method: 'POST', headers: {}, secrets: [] },
    ...{ version: 1, createdAtMs: now, updatedAtMs: now },
  };
  await createIntegration(table, integration);
  const definition = {
    ...{ name: automation, description: '', team, scope: { kind: 'team', team } },
    trigger: { event: 'custom.bench', filter: {} },
    action: { type: 'webhook', integration: id, payload: { id: '${delivery_id}' } },
    delivery: { supersede: false, max_per_minute: 600 },
  } as AutomationDefinition;
  const times = { createdAtMs: now, updatedAtMs: now };
  const saved = { savedAtMs: now, triggerSavedAtMs: now, savedBy: 'bench' };
  await createAutomation(table, {
    head: { id: automation, team, revision: 1, enabled: true, version: 1, ...times },
    revision: { automationId: automation, revision: 1, definition, ...saved },
  });
  return { automation, integration };
}

async function fire({ table, queue }: Bench, { automation, integration }: Endpoint): Promise<string> {
  const id = `dlv_${++made}`;
  const now = Date.now();
  const delivery = {
    ...{ id, automationId: automation, revision: 1, team, action: 'webhook' as const },
    ...{ integrationId: integration.id, facts: { delivery_id: id }, depth: 0 },
    ...{ receivedAtMs: now, createdAtMs: now },
  };
  await putDelivery(table, delivery, now);
  await sendMessages(queue, [deliveryMessage(delivery)]);
  return id;
}

interface Hanging {
  endpoints: number;
  deliveries: number;
  /** How long before the measured ones they come. */
  settleMs?: number;
}

/** The times in ms from firing to arrival at an endpoint that answers at once. */
async function lagsOf(bench: Bench, hanging: Hanging): Promise<number[]> {
  const quick = await anEndpoint(bench, bench.quick);
  const inTheWay = await hang(bench, hanging);
  await sleep(hanging.settleMs);
  const lags: Promise<number>[] = [];
  const firings: Promise<void>[] = [];
  for (let n = 0; n < DELIVERIES; n++) {
    firings.push(fireAndTime(bench, quick, lags));
    await sleep(APART_MS);
  }
  await Promise.all(firings);
  const arrived = await Promise.all(lags);
  await takeAway(bench, inTheWay);
  return arrived;
}

async function hang(bench: Bench, { endpoints, deliveries }: Hanging): Promise<Endpoint[]> {
  const made: Endpoint[] = [];
  for (let n = 0; n < endpoints; n++) {
    const endpoint = await anEndpoint(bench, bench.hanging);
    await Promise.all(Array.from({ length: deliveries / endpoints }, () => fire(bench, endpoint)));
    made.push(endpoint);
  }
  return made;
}

/** Ends what hangs, so that it does not stand in the way of what is measured next. */
async function takeAway({ table }: Bench, endpoints: Endpoint[]): Promise<void> {
  for (const { integration } of endpoints) await deleteIntegration(table, integration);
  if (endpoints.length > 0) await sleep(TAKEN_AWAY_MS);
}

function percentile(lags: number[], share: number): number {
  return [...lags].sort((a, b) => a - b)[Math.floor(lags.length * share)] ?? Number.NaN;
}

const ratioOf = ({ alone, beside }: { alone: number[]; beside: number[] }) =>
  (percentile(beside, 0.99) / percentile(alone, 0.99)).toFixed(2);

const told = (lags: number[]) => `p50 ${percentile(lags, 0.5)} ms, p99 ${percentile(lags, 0.99)} ms`;

async function fireAndTime(bench: Bench, quick: Endpoint, lags: Promise<number>[]): Promise<void> {
  const startMs = Date.now();
  const id = await fire(bench, quick);
  // It may have come while SQS was still answering.
  const arrival = new Promise<number>((resolve) => arrived(id, (atMs) => resolve(atMs - startMs)));
  lags.push(Promise.race([arrival, lost(id)]));
}

async function lost(id: string): Promise<never> {
  await sleep(LOST_MS, undefined, { ref: false });
  throw new Error(`${id} did not arrive within ${LOST_MS / 1000} s`);
}

const early = new Map<string, number>();

function arrived(id: string, tell: (atMs: number) => void): void {
  const atMs = early.get(id);
  if (atMs === undefined) arrivals.set(id, tell);
  else tell(atMs);
}

function note({ id, atMs }: { id: string; atMs: number }): void {
  const tell = arrivals.get(id);
  if (tell) tell(atMs);
  else early.set(id, atMs);
}

interface Emulators {
  dynamodb: string;
  sqs: string;
  queue: string;
  events: string;
  eventsDeadLetters: string;
  deliveriesDeadLetters: string;
}

/** What the local runtime tells its dispatcher and its sweeper. */
function environmentFor(emulators: Emulators): Record<string, string> {
  const parts = {
    ...{ tableName: topology.name, adminKeySecretId: '', allowedAddresses: '127.0.0.0/8' },
    queueUrls: { events: emulators.events, deliveries: emulators.queue },
    eventsDeadLettersUrl: emulators.eventsDeadLetters,
    deliveriesDeadLettersUrl: emulators.deliveriesDeadLetters,
  };
  return { ...functions.dispatcher.environment(parts), ...functions.sweeper.environment(parts) };
}

/** Runs the dispatcher on its queue, and the sweeper each minute, as EventBridge does. */
async function startFunctions(queue: string, log: (line: string) => void): Promise<void> {
  const { handler: dispatch } = await import('../lambdas/dispatcher/handler.ts');
  const { handler: sweep } = await import('../lambdas/sweeper/handler.ts');
  const mapping = mappings.find((one) => one.function === 'dispatcher');
  startPump({
    ...{ client: new SQSClient({}), queueUrl: queue, queueArn: queueArn(queues.deliveries.name) },
    batchSize: mapping?.batchSize ?? 10,
    maxConcurrency: mapping?.maxConcurrency ?? 50,
    invoke: (event: SQSEvent) => dispatch(event),
    onTrouble: (error) => log(String(error)),
  });
  const context = { getRemainingTimeInMillis: () => functions.sweeper.timeoutSeconds * 1000 } as Context;
  setInterval(() => sweep({}, context).catch((error) => log(String(error))), SWEEP_EVERY_MS);
}

async function compare(bench: Bench, log: (line: string) => void): Promise<void> {
  const quiet = { endpoints: 0, deliveries: 0 };
  const pending = { endpoints: 1, deliveries: HANGING, settleMs: SETTLED_MS };
  await lagsOf(bench, quiet);
  const rounds: { alone: number[]; beside: number[] }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ alone: await lagsOf(bench, quiet), beside: await lagsOf(bench, pending) });
  }
  const [alone, beside] = [rounds.flatMap((round) => round.alone), rounds.flatMap((round) => round.beside)];
  log(`alone: ${told(alone)}`);
  log(`beside ${HANGING} pending deliveries of a hanging endpoint: ${told(beside)}`);
  // By round too: other work on this machine hits one of them, and shows.
  log(`ratio of p99: ${ratioOf({ alone, beside })} (by round ${rounds.map(ratioOf).join(', ')})`);
  const atOnce = await lagsOf(bench, { endpoints: 1, deliveries: HANGING });
  log(`while ${HANGING} come in one moment: ${told(atOnce)}`);
  const uncapped = await lagsOf(bench, { endpoints: HANGING, deliveries: HANGING });
  log(`while as many hang on ${HANGING} endpoints, which no cap holds back: ${told(uncapped)}`);
}

async function main(): Promise<void> {
  const emulators = await startService<Emulators>('emulators');
  const receivers = await startService<{ quick: string; hanging: string }>('receivers');
  receivers.child.on('message', note);
  const { dynamodb, sqs, queue } = emulators.urls;
  Object.assign(process.env, awsVariables({ dynamodb, sqs, secretsManager: sqs }));
  Object.assign(process.env, environmentFor(emulators.urls));
  const write = process.stdout.write.bind(process.stdout);
  const log = (line: string) => write(`${line}\n`);
  // The functions' lines would stand above every result.
  process.stdout.write = () => true;
  await startFunctions(queue, log);
  await compare({ table: openTable(topology.name), queue, ...receivers.urls }, log);
  process.exit();
}

await main();
