import { setTimeout as wait } from 'node:timers/promises';
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { credentials } from '../../local/aws-environment.ts';
import { region } from '../../local/topology.ts';
import { cleanUp, type LocalRuntime, startLocalRuntime } from '../support/local-runtime.ts';
import { metricSum } from '../support/metric-sum.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { isRead, startThrottling, type TableCall, type Throttling } from '../support/throttling.ts';

/*
 * The alarm table-throttles says that everything goes slower and nothing is lost. No emulator throttles a table: what
 * AWS answers when it does is answered here between the functions and theirs, and met by the SDK's own retries.
 */

let throttling: Throttling;
let runtime: LocalRuntime;
let receiver: Receiver;
let integration: string;

beforeAll(async () => {
  throttling = await startThrottling();
  runtime = await startLocalRuntime({ environment: { SIGNALBOX_DYNAMODB_URL: throttling.url } });
  throttling.forwardTo(runtime.endpoints.dynamodb);
  receiver = await startReceiver({
    respond: ({ path }) => ({ status: 200, delayMs: path === '/slow' ? 1_000 : 0 }),
  });
  await made('/v1/teams', { name: 'vision' });
  for (const name of ['models', 'others']) {
    await made('/v1/registries', { name });
    const path = `/v1/registries/${name}/teams/vision`;
    expect(await runtime.request('PUT', path, { role: 'member' })).toMatchObject({ status: 200 });
  }
  integration = await integrationAt('/hook');
  await made('/v1/automations', automation('alarm', { event: 'custom.alarm' }));
  await made('/v1/automations', automation('linked', { event: 'artifact.linked' }));
  const threshold = { metric: 'loss', aggregate: 'average', window: 3, comparison: '>', value: 1 };
  await made('/v1/automations', automation('loss', { event: 'run.metrics', threshold }));
  await made('/v1/automations', automation('slow', { event: 'custom.slow' }, await integrationAt('/slow')));
  await untilInForce();
}, 60_000);

afterAll(async () => {
  await receiver?.stop();
  await cleanUp();
  await throttling?.stop();
});

/** Changes are in force after five seconds at most. */
const untilInForce = () => wait(5_000);

async function made(path: string, body: object): Promise<{ id: string; key?: string }> {
  const answer = await runtime.request('POST', path, body);
  expect([path, answer]).toEqual([path, { status: 201, body: expect.anything() }]);
  return answer.body as { id: string };
}

async function integrationAt(path: string): Promise<string> {
  const url = new URL(path, receiver.url).href;
  return (await made('/v1/integrations', { team: 'vision', type: 'webhook', name: path.slice(1), url })).id;
}

const automation = (name: string, trigger: object, to = integration) => ({
  name,
  team: 'vision',
  scope: { kind: 'team', team: 'vision' },
  trigger,
  action: { type: 'webhook', integration: to, payload: { fired: `${name} \${event_id}` } },
});

const custom = (type: string, id: string) => ({ id, type: `custom.${type}`, team: 'vision', data: {} });
const linked = (id: string, registry: string) => ({
  id,
  type: 'artifact.linked',
  team: 'vision',
  registry,
  collection: { name: 'detector' },
  version: 'v1',
});
const lossAt = (loss: number, step: number) => ({
  id: `m${step}`,
  type: 'run.metrics',
  team: 'vision',
  project: 'mnist',
  run: { id: 'r1' },
  points: [{ step, metrics: { loss } }],
});

/** Posts events in one request. */
const post = (...events: object[]) => runtime.request('POST', '/v1/events', events);

async function postWith(key: string, ...events: object[]): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify(events);
  const answer = await fetch(`${runtime.url}/v1/events`, { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.json() };
}

/** What arrived, as the automation and the event that fired it. */
const arrived = () => receiver.requests.map(({ json }) => (json as { fired: string }).fired).sort();

const sumOf = (name: string, functionName?: string) => metricSum(runtime.log, name, functionName);

async function until(isSo: () => boolean, what: () => string): Promise<void> {
  const endMs = Date.now() + 40_000;
  while (!isSo()) {
    if (Date.now() > endMs) throw new Error(`it did not come to this: ${what()}`);
    await wait(20);
  }
}

/** The client makes four attempts at a call. */
const ATTEMPTS = 4;

/** How many attempts of the dispatcher at noting how a request ended were throttled. */
const unnoted = () =>
  runtime.log.filter(
    ({ stage, FunctionName, operation }) =>
      stage === 'table.throttled' && FunctionName === 'signalbox-local-dispatcher' && operation === 'PutItem',
  ).length;

/** Failed messages come back after so many seconds, and not after minutes. */
async function comeBackAfter(seconds: number): Promise<void> {
  const sqs = new SQSClient({ region, endpoint: runtime.endpoints.sqs, credentials });
  const queues = Object.entries(runtime.queueUrls).filter(([name]) => !name.includes('dlq'));
  for (const [, QueueUrl] of queues) {
    const Attributes = { VisibilityTimeout: String(seconds) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
  sqs.destroy();
}

test('a call that a retry saves fails nothing, and counts by the function that made it', async () => {
  throttling.throttle(({ attempt }) => attempt === 1);
  const answers = [
    await post(custom('alarm', 'a1'), custom('alarm', 'a2'), custom('alarm', 'a3')),
    await post(linked('l1', 'models')),
    await runtime.request('GET', '/v1/automations?team=vision'),
    await runtime.request('PATCH', `/v1/integrations/${integration}`, { name: 'renamed' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 200, 200]);
  await until(
    () => sumOf('Delivered') === 4,
    () => `four deliveries, and not ${sumOf('Delivered')}`,
  );
  throttling.end();

  expect(arrived()).toEqual(['alarm a1', 'alarm a2', 'alarm a3', 'linked l1']);
  for (const name of ['ingest', 'admin', 'matcher', 'dispatcher']) {
    expect([name, sumOf('Throttled', name) > 0]).toEqual([name, true]);
  }
  await until(
    () => sumOf('Throttled') === throttling.count,
    () => `${throttling.count} throttled calls, and not ${sumOf('Throttled')}`,
  );
  expect(runtime.log.find(({ stage }) => stage === 'table.throttled')).toMatchObject({
    operation: expect.stringMatching(/^(GetItem|BatchGetItem|Query|PutItem|UpdateItem)$/),
    name: 'ProvisionedThroughputExceededException',
    reasons: [expect.stringMatching(/^Table(Read|Write)KeyRangeThroughputExceeded$/)],
  });
  expect(sumOf('Errors')).toBe(0);
}, 60_000);

test('while every call is throttled events wait, and other requests are refused whole; then all arrives', async () => {
  await comeBackAfter(10);
  const { key = '' } = await made('/v1/keys', { team: 'vision', role: 'sender', name: 'ci' });
  await post(custom('slow', 's1'));
  await until(
    () => arrived().includes('slow s1'),
    () => 'a request that is not answered yet',
  );
  throttling.throttle(() => true);
  const [before, delivered, unnotedBefore] = [arrived(), sumOf('Delivered'), unnoted()];

  const accepted = [
    await post(custom('alarm', 'b1'), custom('alarm', 'b2')),
    await post(custom('alarm', 'b3')),
  ];
  for (const event of [0.5, 0.5, 0.5, 2, 2, 2].map(lossAt)) accepted.push(await post(event));
  expect(accepted.map(({ status }) => status)).toEqual(accepted.map(() => 202));
  const late = automation('late', { event: 'custom.alarm' });
  const refused = await Promise.all([
    post(linked('l2', 'others'), custom('alarm', 'b4')),
    postWith(key, custom('alarm', 'b5')),
    runtime.request('GET', '/v1/automations?team=vision'),
    runtime.request('POST', '/v1/automations', late),
  ]);
  const hint = expect.stringContaining('try again');
  for (const answer of refused) {
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', hint } });
  }
  await until(
    () => sumOf('Errors', 'matcher') >= 2 && unnoted() >= unnotedBefore + ATTEMPTS,
    () => 'two groups that could not be matched, and an attempt that could not be noted',
  );
  const functions = ['authorizer', 'ingest', 'admin', 'matcher', 'dispatcher'];
  await until(
    () => functions.every((name) => sumOf('Errors', name) > 0),
    () => `errors of all of ${functions}`,
  );
  for (const { stage, name } of runtime.log) {
    if (stage === 'error') expect(name).toMatch(/^(ProvisionedThroughputExceeded|Throttling)Exception$/);
  }
  expect(arrived()).toEqual(before);
  throttling.end();

  const waited = ['alarm b1', 'alarm b2', 'alarm b3', 'loss m4'];
  await until(
    () => sumOf('Delivered') === delivered + waited.length,
    () => `all of ${waited}, and not ${arrived()}`,
  );
  expect(arrived()).toEqual([...before, ...waited].sort());
  // That one was on its way is noted nowhere. It is due, and the sweeper sends it again, as kill.test.ts waits for.
  const { body } = await runtime.request('GET', '/v1/deliveries?team=vision');
  const { deliveries } = body as { deliveries: { status: string; facts: { event_id: string } }[] };
  const notDelivered = deliveries.filter(({ status }) => status !== 'delivered');
  expect(notDelivered).toMatchObject([{ status: 'pending', facts: { event_id: 's1' } }]);
  expect(deliveries).toHaveLength(before.length + waited.length);

  // What was refused is not there, and can be sent again.
  expect(await post(linked('l2', 'others'))).toMatchObject({ status: 202 });
  await made('/v1/automations', late);
  await until(
    () => arrived().includes('linked l2'),
    () => 'the event that was refused',
  );
  expect(arrived()).toEqual([...before, ...waited, 'linked l2'].sort());
}, 120_000);

/** Throttles the writes that follow on so many. */
function afterWrites(count: number): (call: TableCall) => boolean {
  let writes = 0;
  return (call) => {
    if (!isRead(call) && call.attempt === 1) writes++;
    return !isRead(call) && writes > count;
  };
}

test('a creation that is throttled in its middle is refused, and is made whole or not at all', async () => {
  const name = (count: number) => `half ${count}`;
  const counts = [1, 4, 6, 9];
  for (const count of counts) {
    throttling.throttle(afterWrites(count));
    const answer = await runtime.request(
      'POST',
      '/v1/automations',
      automation(name(count), { event: 'custom.half' }),
    );
    expect([count, answer]).toMatchObject([count, { status: 500, body: { code: 'internal' } }]);
    throttling.end();
  }
  const { body } = await runtime.request('GET', '/v1/automations?team=vision');
  const { automations } = body as { automations: { name: string }[] };
  const there = counts.filter((count) => automations.some((one) => one.name === name(count)));
  expect([there.includes(1), there.includes(9)]).toEqual([false, true]);
  await untilInForce();
  const [matched, fired] = [sumOf('EventsMatched'), sumOf('Fired')];
  await post(custom('half', 'h1'));
  await until(
    () => sumOf('EventsMatched') > matched,
    () => 'the event is matched',
  );
  expect(sumOf('Fired') - fired).toBe(there.length);
  const expected = there.map((count) => `${name(count)} h1`);
  await until(
    () => expected.every((one) => arrived().includes(one)),
    () => `all of ${expected}`,
  );
  expect(arrived().filter((one) => one.startsWith('half'))).toEqual(expected);
}, 60_000);
