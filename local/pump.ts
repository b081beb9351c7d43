import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { region } from './topology.ts';

export interface PumpOptions {
  client: SQSClient;
  queueUrl: string;
  queueArn: string;
  batchSize: number;
  /** So many batches are with the function at the same time, at most. */
  maxConcurrency: number;
  invoke: (event: SQSEvent) => Promise<unknown>;
  /** How long a receive waits for a message, and so how long a stop takes at most; a message wakes it at once. */
  waitSeconds?: number;
  /** Told of a batch that failed as a whole, and of a queue that does not answer. */
  onTrouble: (error: unknown) => void;
}

export interface Pump {
  /** Takes no more messages, and resolves when the batches that are with the function are done. */
  stop(): Promise<void>;
}

const WAIT_SECONDS = 1;
const PAUSE_AFTER_TROUBLE_MS = 1_000;

/** Feeds a queue's messages to a function as Lambda's event source mapping does. */
export function startPump(options: PumpOptions): Pump {
  const pump = { stopping: false };
  const done = run(options, pump);
  return {
    stop: () => {
      pump.stopping = true;
      return done;
    },
  };
}

async function run(options: PumpOptions, pump: { stopping: boolean }): Promise<void> {
  const batches = new Set<Promise<void>>();
  while (!pump.stopping) {
    if (batches.size >= options.maxConcurrency) {
      await Promise.race(batches);
      continue;
    }
    const messages = await receive(options);
    if (messages.length === 0) continue;
    const batch: Promise<void> = handle(options, messages).finally(() => batches.delete(batch));
    batches.add(batch);
  }
  await Promise.all(batches);
}

async function receive({
  client,
  queueUrl,
  batchSize,
  waitSeconds,
  onTrouble,
}: PumpOptions): Promise<Message[]> {
  try {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(batchSize, 10),
        WaitTimeSeconds: waitSeconds ?? WAIT_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages;
  } catch (error) {
    onTrouble(error);
    await sleep(PAUSE_AFTER_TROUBLE_MS);
    return [];
  }
}

/** What is not deleted here comes back when its visibility time-out ends. */
async function handle(options: PumpOptions, messages: Message[]): Promise<void> {
  try {
    const Records = messages.map((message) => toRecord(message, options.queueArn));
    const failed = failedIds(await options.invoke({ Records }), Records);
    await remove(
      options,
      messages.filter(({ MessageId }) => !failed.has(MessageId ?? '')),
    );
  } catch (error) {
    options.onTrouble(error);
  }
}

async function remove({ client, queueUrl }: PumpOptions, messages: Message[]): Promise<void> {
  if (messages.length === 0) return;
  const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
  const { Failed = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  if (Failed.length > 0)
    throw new Error(`SQS did not delete ${Failed.length} messages: ${Failed[0]?.Message}`);
}

/** The ids that the function reports as failed; an answer that makes no sense fails the whole batch, as in AWS. */
function failedIds(answer: unknown, records: SQSRecord[]): Set<string> {
  const { batchItemFailures = [] } = (answer ?? {}) as {
    batchItemFailures?: { itemIdentifier?: unknown }[] | null;
  };
  const ids = new Set((batchItemFailures ?? []).map((failure) => String(failure?.itemIdentifier ?? '')));
  const known = new Set(records.map(({ messageId }) => messageId));
  for (const id of ids) {
    if (!known.has(id))
      throw new Error(`the function reports a failed message that it was not given: "${id}"`);
  }
  return ids;
}

function toRecord(message: Message, queueArn: string): SQSRecord {
  const { MessageId = '', ReceiptHandle = '', Body = '', MD5OfBody = '', Attributes = {} } = message;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: toMessageAttributes(message),
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

function toMessageAttributes({ MessageAttributes = {} }: Message): SQSRecord['messageAttributes'] {
  const entries = Object.entries(MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    {
      dataType: DataType,
      ...(StringValue !== undefined && { stringValue: StringValue }),
      ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    },
  ]);
  return Object.fromEntries(entries);
}
