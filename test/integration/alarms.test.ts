import { setTimeout as wait } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { canary } from '../../lambdas/canary/canary.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';
import { metricFields } from '../../lambdas/shared/metrics.ts';
import { cleanUp, type LocalRuntime, startLocalRuntime } from '../support/local-runtime.ts';
import { metricSum } from '../support/metric-sum.ts';
import { startReceiver } from '../support/receiver.ts';

/*
 * Each alarm that watches a metric of ours, or a dead-letter queue, is given its cause here, and the metric is seen to
 * move. Those whose cause needs a deployment are in test/localstack.
 */

let runtime: LocalRuntime;
let sqs: SQSClient;

beforeAll(async () => {
  runtime = await startLocalRuntime();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  sqs = new SQSClient({ region: 'us-east-1', endpoint: runtime.endpoints.sqs, credentials });
}, 60_000);

afterAll(async () => {
  sqs.destroy();
  await cleanUp();
});

const queueUrl = (end: string) => {
  const [, url] = Object.entries(runtime.queueUrls).find(([name]) => name.endsWith(end)) ?? [];
  if (url === undefined) throw new Error(`no queue ${end} among ${Object.keys(runtime.queueUrls)}`);
  return url;
};

const sumOf = (name: string, functionName: string) => metricSum(runtime.log, name, functionName);

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = Date.now() + 40_000;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`it did not come to this: ${what}`);
    await wait(100);
  }
}

test('sweeper-silent: each sweep counts', async () => {
  await until(() => sumOf('Sweeps', 'sweeper') >= 1, 'a sweep');
});

test('messages-buried: what is no message of ours is put away and counts', async () => {
  const message = {
    QueueUrl: queueUrl('events.fifo'),
    MessageBody: 'not ours',
    MessageGroupId: 'g',
    MessageDeduplicationId: 'd',
  };
  await sqs.send(new SendMessageCommand(message));
  await until(() => sumOf('Buried', 'matcher') === 1, 'a message put away');
  expect(sumOf('Errors', 'matcher')).toBe(1);
});

test('errors-logged, deliveries-dead-letters: what the dispatcher chokes on counts, and ends among the dead letters', async () => {
  const QueueUrl = queueUrl('deliveries');
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '1' } }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'not JSON' }));
  await until(() => sumOf('Errors', 'dispatcher') >= 1, 'an error');
  const name = 'ApproximateNumberOfMessages';
  const dead = new GetQueueAttributesCommand({
    QueueUrl: queueUrl('deliveries-dlq'),
    AttributeNames: [name],
  });
  await until(async () => (await sqs.send(dead)).Attributes?.[name] === '1', 'a dead letter');
}, 60_000);

test('deliveries-failing: attempts count by how they ended, with their lag', async () => {
  const receiver = await startReceiver({
    respond: ({ path }) => ({ status: path === '/refused' ? 400 : 200 }),
  });
  const post = async (path: string, body: object) =>
    (await runtime.request('POST', path, body)).body as { id: string };
  await post('/v1/teams', { name: 'vision' });
  const made = [];
  for (const path of ['/taken', '/refused']) {
    const url = new URL(path, receiver.url).href;
    const integration = await post('/v1/integrations', {
      team: 'vision',
      type: 'webhook',
      name: path.slice(1),
      url,
    });
    made.push(
      await post('/v1/automations', {
        name: path,
        team: 'vision',
        scope: { kind: 'team', team: 'vision' },
        trigger: { event: 'custom.alarm' },
        action: { type: 'webhook', integration: integration.id, payload: {} },
      }),
    );
  }
  expect(made.map(({ id }) => id)).toEqual([expect.any(String), expect.any(String)]);
  await post('/v1/events', { type: 'custom.alarm', team: 'vision', data: {} });
  await until(() => sumOf('Delivered', 'dispatcher') === 1, 'a delivery');
  await until(() => sumOf('Failed', 'dispatcher') === 1, 'a failure');
  expect(sumOf('Refused', 'dispatcher')).toBe(1);
  expect(sumOf('DeliveryLag', 'dispatcher')).toBeGreaterThan(0);
  expect(sumOf('EventsMatched', 'matcher')).toBe(1);
  expect(sumOf('Fired', 'matcher')).toBe(2);
  await receiver.stop();
});

/** What the canary says and counts when its requests are answered so. */
async function visit(call: Parameters<typeof canary>[0]['call']) {
  const lines: StageLine[] = [];
  await canary({ call, now: Date.now, wait: async (ms) => wait(ms), log: (line) => lines.push(line) });
  return lines.map((line) => ({ ...line, ...metricFields(line, 'canary', 0) }));
}

test('canary: an event that goes through the whole chain has passed', async () => {
  const said = await visit((method, path, body) => runtime.request(method, path, body));
  expect(said).toEqual([expect.objectContaining({ stage: 'canary.passed', CanaryPassed: 1 })]);
}, 90_000);

test('canary: with a key that was revoked it has not', async () => {
  const headers = { authorization: 'Bearer sbx_revoked', 'content-type': 'application/json' };
  const [said] = await visit(async (method, path, body) => {
    const answer = await fetch(runtime.url + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  });
  expect(said).toMatchObject({ reason: 'the automation of the canary could not be made', CanaryFailed: 1 });
  expect(said).not.toHaveProperty('CanaryPassed');
});
