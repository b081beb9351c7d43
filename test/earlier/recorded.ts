import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AttributeValue, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { queues, region, table } from '../../local/topology.ts';
import type { LocalRuntime } from '../support/local-runtime.ts';
import type { EarlierWorld } from './world.ts';

type RecordedItem = Record<string, AttributeValue>;

/** What `record.ts` wrote. */
export interface Recorded {
  commit: string;
  recordedAtMs: number;
  world: EarlierWorld;
  items: RecordedItem[];
  messages: { groupId: string; dedupId: string; body: string }[];
}

export function readRecorded(name: string): Recorded {
  return JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8'));
}

const connection = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** Puts what was recorded into a runtime, as if it had been written just now. */
export async function putRecorded(
  { items, recordedAtMs }: Recorded,
  { endpoints }: LocalRuntime,
): Promise<void> {
  const client = new DynamoDBClient({ endpoint: endpoints.dynamodb, ...connection });
  const ageMs = Date.now() - recordedAtMs;
  for (const item of items)
    await client.send(new PutItemCommand({ TableName: table.name, Item: bytesIn(rejuvenated(item, ageMs)) }));
  client.destroy();
}

/** Sends the messages that ingest had left in the queue. */
export async function sendRecorded({ messages }: Recorded, runtime: LocalRuntime): Promise<void> {
  const client = new SQSClient({ endpoint: runtime.endpoints.sqs, ...connection });
  const QueueUrl = runtime.queueUrls[queues.events.name];
  for (const { groupId, dedupId, body } of messages)
    await client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageGroupId: groupId,
        MessageDeduplicationId: dedupId,
        MessageBody: body,
      }),
    );
  client.destroy();
}

/** What ends by itself, is due, or held back for a day, is so as long after now as it was after the recording. */
function rejuvenated(item: RecordedItem, ageMs: number): RecordedItem {
  const later = (value: AttributeValue | undefined, by: number) =>
    value?.N === undefined ? {} : { N: String(Number(value.N) + Math.round(by)) };
  const { ttl, dueAtMs, sweepAt, fired, latches } = item;
  return {
    ...item,
    ...(ttl && { ttl: later(ttl, ageMs / 1000) as AttributeValue }),
    ...(dueAtMs && { dueAtMs: later(dueAtMs, 0) as AttributeValue }),
    ...(sweepAt && { sweepAt: { N: dueAtMs?.N ?? sweepAt.N ?? '0' } }),
    ...(fired && { fired: mapped(fired, ({ L: [hash, atMs] = [] }) => ({ L: [hash, later(atMs, ageMs)] })) }),
    ...(latches && { latches: mapped(latches, ({ S = '' }) => ({ S: laterLatch(S, ageMs) })) }),
  } as RecordedItem;
}

const mapped = ({ M = {} }: AttributeValue, change: (value: AttributeValue) => object) => ({
  M: Object.fromEntries(Object.entries(M).map(([key, value]) => [key, change(value)])),
});

function laterLatch(packed: string, ageMs: number): string {
  const [hash, at = '', ...more] = packed.split(' ');
  return [hash, (Number.parseInt(at, 36) + ageMs).toString(36), ...more].join(' ');
}

/** JSON has no bytes: they were written in base64. */
function bytesIn(item: RecordedItem): RecordedItem {
  const revive = (_: string, value: unknown) => {
    const { B } = (value ?? {}) as { B?: string };
    return typeof B === 'string' ? { B: Buffer.from(B, 'base64') } : value;
  };
  return JSON.parse(JSON.stringify(item), revive);
}
