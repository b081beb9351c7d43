/**
 * How much one hanging endpoint with 500 pending deliveries slows another endpoint down: the dispatcher's own handler
 * on the local emulators, over real sockets. Prints the p99 from firing to arrival, alone and beside, and the ratio.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import type { AutomationDefinition } from '../core/automation.ts';
import { deliveryMessage, sendMessages } from '../lambdas/shared/queue.ts';
import { awsVariables } from '../local/aws-environment.ts';
import { startPump } from '../local/pump.ts';
import { functions, mappings, queueArn, queues, table as topology } from '../local/topology.ts';
import { createAutomation } from '../store/automations.ts';
import { openTable, type Table } from '../store/client.ts';
import { putDelivery } from '../store/deliveries.ts';
import { createIntegration } from '../store/integrations.ts';

const ROUNDS = 3;
const DELIVERIES = 250;
const APART_MS = 40;
const HANGING = 500;
/** So long after they came, the deliveries of the endpoint that hangs are pending, and wait. */
const SETTLED_MS = 20_000;

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

async function anEndpoint(
  { table }: Bench,
  url: string,
): Promise<{ automation: string; integration: string }> {
  const n = ++made;
  const [automation, integration] = [`aut_${n}`, `int_${n}`];
  const now = Date.now();
  await createIntegration(table, {
    ...{
      id: integration,
      team,
      type: 'webhook',
      name: integration,
      url,
      secrets: [],
      method: 'POST',
      headers: {},
      version: 1,
      updatedAtMs: Date.now(),
      createdAtMs: now,
    },
  });
  const definition = {
    ...{ name: automation, description: '', team, scope: { kind: 'team', team } },
    trigger: { event: 'custom.bench', filter: {} },
    action: { type: 'webhook', integration, payload: { id: '${delivery_id}' } },
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

async function fire(
  { table, queue }: Bench,
  { automation, integration }: { automation: string; integration: string },
): Promise<string> {
  const id = `dlv_${++made}`;
  const now = Date.now();
  const delivery = {
    ...{ id, automationId: automation, revision: 1, team, action: 'webhook' as const },
    ...{
      integrationId: integration,
      facts: { delivery_id: id },
      receivedAtMs: now,
      createdAtMs: now,
      depth: 0,
    },
  };
  await putDelivery(table, delivery, now);
  await sendMessages(queue, [deliveryMessage(delivery)]);
  return id;
}

/** The times in ms from firing to arrival at an endpoint that answers at once. */
async function lagsOf(
  bench: Bench,
  hanging: { endpoints: number; deliveries: number },
  settleMs = 0,
): Promise<number[]> {
  const quick = await anEndpoint(bench, bench.quick);
  for (let n = 0; n < hanging.endpoints; n++) {
    const endpoint = await anEndpoint(bench, bench.hanging);
    const share = hanging.deliveries / hanging.endpoints;
    await Promise.all(Array.from({ length: share }, () => fire(bench, endpoint)));
  }
  await sleep(settleMs);
  const lags: Promise<number>[] = [];
  const firings: Promise<void>[] = [];
  for (let n = 0; n < DELIVERIES; n++) {
    firings.push(fireAndTime(bench, quick, lags));
    await sleep(APART_MS);
  }
  await Promise.all(firings);
  return Promise.all(lags);
}

function percentile(lags: number[], share: number): number {
  return [...lags].sort((a, b) => a - b)[Math.floor(lags.length * share)] ?? Number.NaN;
}

const told = (lags: number[]) => `p50 ${percentile(lags, 0.5)} ms, p99 ${percentile(lags, 0.99)} ms`;

async function fireAndTime(
  bench: Bench,
  quick: { automation: string; integration: string },
  lags: Promise<number>[],
): Promise<void> {
  const startMs = Date.now();
  const id = await fire(bench, quick);
  // It may have come while SQS was still answering.
  lags.push(new Promise((resolve) => arrived(id, (atMs) => resolve(atMs - startMs))));
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

/** What the local runtime tells its dispatcher. */
function environmentFor(deliveriesQueue: string): Record<string, string> {
  return functions.dispatcher.environment({
    ...{ tableName: topology.name, queueUrls: { events: '', deliveries: deliveriesQueue } },
    ...{ eventsDeadLettersUrl: '', deliveriesDeadLettersUrl: '', adminKeySecretId: '' },
    allowedAddresses: '127.0.0.0/8',
  });
}

async function main(): Promise<void> {
  const emulators = await startService<{ dynamodb: string; sqs: string; queue: string }>('emulators');
  const receivers = await startService<{ quick: string; hanging: string }>('receivers');
  receivers.child.on('message', note);
  const { dynamodb, sqs, queue } = emulators.urls;
  Object.assign(process.env, awsVariables({ dynamodb, sqs, secretsManager: sqs }));
  Object.assign(process.env, environmentFor(queue));
  const { handler } = await import('../lambdas/dispatcher/handler.ts');
  const bench = { table: openTable(topology.name), queue, ...receivers.urls };
  const write = process.stdout.write.bind(process.stdout);
  const log = (line: string) => write(`${line}\n`);
  // The functions' lines would stand above every result.
  process.stdout.write = () => true;
  const mapping = mappings.find((one) => one.function === 'dispatcher');
  const pump = startPump({
    ...{ client: new SQSClient({}), queueUrl: queue, queueArn: queueArn(queues.deliveries.name) },
    batchSize: mapping?.batchSize ?? 10,
    maxConcurrency: mapping?.maxConcurrency ?? 50,
    invoke: (event: SQSEvent) => handler(event),
    onTrouble: (error) => log(String(error)),
  });
  const quiet = { endpoints: 0, deliveries: 0 };
  await lagsOf(bench, quiet);
  const [alone, beside]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(...(await lagsOf(bench, quiet)));
    beside.push(...(await lagsOf(bench, { endpoints: 1, deliveries: HANGING }, SETTLED_MS)));
  }
  log(`alone: ${told(alone)}`);
  log(`beside ${HANGING} pending deliveries of a hanging endpoint: ${told(beside)}`);
  log(`ratio of p99: ${(percentile(beside, 0.99) / percentile(alone, 0.99)).toFixed(2)}`);
  log(
    `while ${HANGING} come in one moment: ${told(await lagsOf(bench, { endpoints: 1, deliveries: HANGING }))}`,
  );
  const uncapped = await lagsOf(bench, { endpoints: HANGING, deliveries: HANGING });
  log(`while as many hang on ${HANGING} endpoints, which no cap holds back: ${told(uncapped)}`);
  void pump.stop();
  process.exit();
}

await main();
