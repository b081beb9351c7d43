import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { withDeadline } from '../../local/functions.ts';
import { type Pump, startPump } from '../../local/pump.ts';
import { type LocalQueue, queueArn } from '../../local/topology.ts';
import { cleanUp, startLocalQueues, temporaryFolder } from '../support/local-runtime.ts';

const VISIBILITY_SECONDS = 1;

const queue = (name: string, more: Record<string, string> = {}, dlqSuffix = ''): LocalQueue => ({
  name: `${name}${dlqSuffix}`,
  attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS), ...more },
  deadLetters: { name: `${name}-dlq${dlqSuffix}`, attributes: more },
  maxReceiveCount: 2,
});
const standard = queue('work');
const fifo = queue('ordered', { FifoQueue: 'true' }, '.fifo');
// For tests that must not see a message come back.
const patient = { ...queue('patient'), attributes: { VisibilityTimeout: '60' } };

type Queues = Awaited<ReturnType<typeof startLocalQueues>>;
let folder: string;
let queues: Queues;
let client: SQSClient;
let pumps: Pump[];
let troubles: unknown[];

async function startAll() {
  queues = await startLocalQueues(folder, [standard, fifo, patient]);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new SQSClient({ region: 'us-east-1', endpoint: queues.endpoint, credentials });
}

beforeAll(async () => {
  folder = temporaryFolder();
  await startAll();
});

beforeEach(() => {
  pumps = [];
  troubles = [];
});

afterEach(async () => {
  await Promise.all(pumps.map((pump) => pump.stop()));
  for (const { name, deadLetters } of [standard, fifo, patient]) {
    await client.send(new PurgeQueueCommand({ QueueUrl: queues.queueUrl(name) }));
    await client.send(new PurgeQueueCommand({ QueueUrl: queues.queueUrl(deadLetters.name) }));
  }
});

afterAll(async () => {
  client.destroy();
  await cleanUp();
});

type Invoke = (event: SQSEvent) => unknown;

function pumpFrom(
  { name }: LocalQueue,
  invoke: Invoke,
  more: { maxConcurrency?: number; waitSeconds?: number } = {},
): Pump {
  const pump = startPump({
    client,
    queueUrl: queues.queueUrl(name),
    queueArn: queueArn(name),
    batchSize: 10,
    maxConcurrency: 4,
    waitSeconds: 0.1,
    invoke: async (event) => invoke(event),
    onTrouble: (error) => troubles.push(error),
    ...more,
  });
  pumps.push(pump);
  return pump;
}

async function send({ name }: LocalQueue, ...messages: { body: string; group?: string; delay?: number }[]) {
  const Entries = messages.map(({ body, group, delay }, at) => ({
    Id: String(at),
    MessageBody: body,
    ...(group !== undefined && { MessageGroupId: group }),
    ...(name.endsWith('.fifo') && { MessageDeduplicationId: randomUUID() }),
    ...(delay !== undefined && { DelaySeconds: delay }),
  }));
  const { Failed = [] } = await client.send(
    new SendMessageBatchCommand({ QueueUrl: queues.queueUrl(name), Entries }),
  );
  expect(Failed).toEqual([]);
}

async function counts(name: string): Promise<{ visible: number; inFlight: number }> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queues.queueUrl(name), AttributeNames: ['All'] }),
  );
  return {
    visible: Number(Attributes['ApproximateNumberOfMessages']),
    inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible']),
  };
}

async function until(holds: () => boolean | Promise<boolean>, ms = 8_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await sleep(20);
  }
}

const isEmpty = async (name: string) => {
  const { visible, inFlight } = await counts(name);
  return visible + inFlight === 0;
};

/** Keeps what it was given, and lets the test hold the answer back. */
function recorder() {
  const records: SQSRecord[] = [];
  const bodies = () => records.map(({ body }) => body);
  const invoke: Invoke = ({ Records }) => {
    records.push(...Records);
  };
  return { records, bodies, invoke };
}

test('a record has the form that Lambda gives it', async () => {
  const { records, invoke } = recorder();
  pumpFrom(fifo, invoke);
  await client.send(
    new SendMessageCommand({
      QueueUrl: queues.queueUrl(fifo.name),
      MessageBody: 'hello',
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'test' } },
    }),
  );
  await until(() => records.length === 1);
  expect(records[0]).toEqual({
    messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    receiptHandle: expect.stringMatching(/./),
    body: 'hello',
    attributes: expect.objectContaining({
      ApproximateReceiveCount: '1',
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
      SequenceNumber: expect.stringMatching(/^\d+$/),
    }),
    messageAttributes: { kind: { dataType: 'String', stringValue: 'test' } },
    md5OfBody: '5d41402abc4b2a76b9719d911017c592',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:ordered.fifo',
    awsRegion: 'us-east-1',
  });
});

test('what the function took is deleted, and goes to it once', async () => {
  const { bodies, invoke } = recorder();
  await send(standard, { body: 'a' }, { body: 'b' });
  pumpFrom(standard, invoke);
  await until(() => isEmpty(standard.name));
  await sleep(VISIBILITY_SECONDS * 1000 + 300);
  expect(bodies().sort()).toEqual(['a', 'b']);
});

test('a batch holds what is there, and never more than the batch size', async () => {
  const sizes: number[] = [];
  await send(patient, ...Array.from({ length: 10 }, (_, at) => ({ body: `first ${at}` })));
  await send(patient, ...Array.from({ length: 5 }, (_, at) => ({ body: `second ${at}` })));
  pumpFrom(patient, ({ Records }) => {
    sizes.push(Records.length);
  });
  await until(() => isEmpty(patient.name));
  expect(sizes).toEqual([10, 5]);
});

test('messages of one group come in order, one batch after the other', async () => {
  const { records, invoke } = recorder();
  const order = Array.from({ length: 10 }, (_, at) => at);
  let batchesOfA = 0;
  pumpFrom(fifo, async (event) => {
    const ofA = event.Records.some(({ attributes }) => attributes.MessageGroupId === 'A') ? 1 : 0;
    batchesOfA += ofA;
    expect(batchesOfA).toBeLessThanOrEqual(1);
    await sleep(5);
    batchesOfA -= ofA;
    return invoke(event);
  });
  await send(fifo, ...order.flatMap((at) => [{ body: `A${at}`, group: 'A' }]));
  await send(fifo, ...order.flatMap((at) => [{ body: `B${at}`, group: 'B' }]));
  await until(() => records.length === 20);
  const ofGroup = (group: string) =>
    records.filter(({ attributes }) => attributes.MessageGroupId === group).map(({ body }) => body);
  expect(ofGroup('A')).toEqual(order.map((at) => `A${at}`));
  expect(ofGroup('B')).toEqual(order.map((at) => `B${at}`));
  expect(troubles).toEqual([]);
});

test('a group waits while one of its messages is in flight; other groups do not', async () => {
  const { bodies, invoke } = recorder();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  pumpFrom(fifo, async (event) => {
    invoke(event);
    if (event.Records.some(({ body }) => body === 'A1')) await held;
  });
  await send(fifo, { body: 'A1', group: 'A' });
  await until(() => bodies().includes('A1'));
  await send(fifo, { body: 'A2', group: 'A' }, { body: 'B1', group: 'B' });
  await until(() => bodies().includes('B1'));
  await sleep(200);
  expect(bodies()).not.toContain('A2');
  release();
  await until(() => bodies().includes('A2'));
});

test('a message that is reported as failed comes back alone, when its visibility ends', async () => {
  const { records, invoke } = recorder();
  const startedAt = Date.now();
  await send(standard, { body: 'a' }, { body: 'bad' }, { body: 'c' });
  pumpFrom(standard, (event) => {
    invoke(event);
    const bad = event.Records.filter(
      ({ body, attributes }) => body === 'bad' && attributes.ApproximateReceiveCount === '1',
    );
    return { batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
  await until(() => records.length === 4);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(VISIBILITY_SECONDS * 1000);
  expect(records[3]).toMatchObject({ body: 'bad', attributes: { ApproximateReceiveCount: '2' } });
  await until(() => isEmpty(standard.name));
});

test('a failed message keeps its place before the later ones of its group', async () => {
  const { bodies, invoke } = recorder();
  await send(fifo, { body: '1', group: 'A' }, { body: '2', group: 'A' });
  pumpFrom(fifo, (event) => {
    invoke(event);
    const isFirstTry = bodies().length === 1;
    return { batchItemFailures: isFirstTry ? [{ itemIdentifier: event.Records[0]!.messageId }] : [] };
  });
  await until(() => isEmpty(fifo.name));
  expect(bodies()).toEqual(['1', '1', '2']);
});

test.each([
  ['throws', () => Promise.reject(new Error('broken'))],
  ['reports an id that it was not given', () => ({ batchItemFailures: [{ itemIdentifier: 'nobody' }] })],
  ['reports an empty id', () => ({ batchItemFailures: [{ itemIdentifier: '' }] })],
  ['reports no id', () => ({ batchItemFailures: [{}] })],
  ['reports in a wrong form', () => ({ batchItemFailures: 'all' })],
  ['times out', () => withDeadline(100, 'test', new Promise(() => {}))],
])('the whole batch comes back when the function %s', async (_, fail) => {
  const { records, invoke } = recorder();
  await send(standard, { body: 'a' }, { body: 'b' });
  pumpFrom(standard, (event) => {
    invoke(event);
    return records.length === event.Records.length ? fail() : undefined;
  });
  await until(() => records.length === 4);
  expect(
    records
      .slice(2)
      .map(({ body }) => body)
      .sort(),
  ).toEqual(['a', 'b']);
  expect(troubles).toHaveLength(1);
  await until(() => isEmpty(standard.name));
});

test.each([[null], [undefined], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }]])(
  'the answer %j means that all went well',
  async (answer) => {
    const { records, invoke } = recorder();
    await send(patient, { body: 'a' });
    pumpFrom(patient, (event) => {
      invoke(event);
      return answer;
    });
    await until(() => records.length === 1);
    await until(() => isEmpty(patient.name));
    expect(troubles).toEqual([]);
  },
);

test.each([standard, fifo])(
  'a message that keeps failing goes to the dead-letter queue of $name',
  async (queue) => {
    const { records, invoke } = recorder();
    await send(queue, { body: 'poison', group: 'A' }, { body: 'good', group: 'B' });
    pumpFrom(queue, (event) => {
      invoke(event);
      const poison = event.Records.filter(({ body }) => body === 'poison');
      return { batchItemFailures: poison.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    await until(async () => (await counts(queue.deadLetters.name)).visible === 1);
    expect(await isEmpty(queue.name)).toBe(true);
    expect(records.filter(({ body }) => body === 'poison')).toHaveLength(queue.maxReceiveCount);
    const { Messages } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queues.queueUrl(queue.deadLetters.name) }),
    );
    expect(Messages).toMatchObject([{ Body: 'poison' }]);
  },
);

test('a delayed message comes after its delay', async () => {
  const { bodies, invoke } = recorder();
  const startedAt = Date.now();
  pumpFrom(standard, invoke);
  await send(standard, { body: 'later', delay: 1 }, { body: 'now' });
  await until(() => bodies().length === 2);
  expect(bodies()).toEqual(['now', 'later']);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1000);
});

test('a standard queue takes a message group, which makes nothing wait there', async () => {
  const { bodies, invoke } = recorder();
  await send(patient, { body: 'a', group: 'one' });
  pumpFrom(patient, async (event) => {
    invoke(event);
    if (event.Records.some(({ body }) => body === 'a')) await until(() => bodies().includes('b'));
  });
  await until(() => bodies().includes('a'));
  await send(patient, { body: 'b', group: 'one' });
  await until(() => isEmpty(patient.name));
  expect(bodies()).toEqual(['a', 'b']);
});

test('no more batches than allowed are with the function at once', async () => {
  let underWay = 0;
  let most = 0;
  let taken = 0;
  for (let at = 0; at < 6; at++) {
    await send(patient, ...Array.from({ length: 10 }, (_, each) => ({ body: `${at} ${each}` })));
  }
  pumpFrom(
    patient,
    async ({ Records }) => {
      most = Math.max(most, ++underWay);
      await sleep(50);
      underWay--;
      taken += Records.length;
    },
    { maxConcurrency: 2 },
  );
  await until(() => taken === 60);
  expect(most).toBe(2);
});

test('stopping waits for what is with the function, and takes no more', async () => {
  const { bodies, invoke } = recorder();
  const pump = pumpFrom(patient, async (event) => {
    await sleep(300);
    return invoke(event);
  });
  await send(patient, { body: 'a' });
  await until(async () => (await counts(patient.name)).inFlight === 1);
  await pump.stop();
  expect(bodies()).toEqual(['a']);
  expect(await isEmpty(patient.name)).toBe(true);
  await send(patient, { body: 'b' });
  await sleep(200);
  expect(await counts(patient.name)).toEqual({ visible: 1, inFlight: 0 });
});

test('a message wakes the pump at once', async () => {
  const { bodies, invoke } = recorder();
  pumpFrom(standard, invoke, { waitSeconds: 5 });
  await sleep(300);
  const startedAt = performance.now();
  await send(standard, { body: 'a' });
  await until(() => bodies().length === 1);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test('a function may change when its message comes back, even to at once', async () => {
  const { records, invoke } = recorder();
  await send(patient, { body: 'a' });
  pumpFrom(patient, async (event) => {
    invoke(event);
    if (records.length > 1) return { batchItemFailures: [] };
    const { receiptHandle, messageId } = event.Records[0]!;
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queues.queueUrl(patient.name),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    return { batchItemFailures: [{ itemIdentifier: messageId }] };
  });
  await until(() => records.length === 2);
  expect(records[1]).toMatchObject({ body: 'a', attributes: { ApproximateReceiveCount: '2' } });
});

test('after kill -9 every message is there: in order, and those in flight at once', async () => {
  const sent = Array.from({ length: 10 }, (_, at) => `A${at}`);
  await send(fifo, ...sent.map((body) => ({ body, group: 'A' })));
  await send(patient, { body: 'in flight' }, { body: 'waiting' }, { body: 'delayed', delay: 2 });
  const receive = (name: string) => new ReceiveMessageCommand({ QueueUrl: queues.queueUrl(name) });
  await client.send(receive(fifo.name));
  await client.send(receive(patient.name));
  expect(await counts(patient.name)).toEqual({ visible: 1, inFlight: 1 });

  await queues.kill();
  client.destroy();
  await startAll();

  const ordered = recorder();
  const others = recorder();
  pumpFrom(fifo, ordered.invoke);
  pumpFrom(patient, others.invoke);
  await until(() => ordered.records.length === 10 && others.records.length === 3);
  expect(ordered.bodies()).toEqual(sent);
  expect(ordered.records[0]?.attributes.ApproximateReceiveCount).toBe('2');
  expect(others.bodies().sort()).toEqual(['delayed', 'in flight', 'waiting']);
  expect(others.bodies().at(-1)).toBe('delayed');
});

test('the queues listen on this machine only', async () => {
  const { port } = new URL(queues.endpoint);
  // Another address of the loopback range: it answers only to who listens on every address.
  await expect(fetch(`http://127.0.0.2:${port}/health`)).rejects.toThrow();
});
