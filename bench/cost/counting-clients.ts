import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { CountingTable } from './counting-table.ts';
import type { Meter } from './meter.ts';

/** A message that waits in a queue. */
export interface Waiting {
  messageId: string;
  body: string;
}

/** What a call keeps its function waiting, in ms: assumed, in one region and over a warm connection. */
export const assumedWaits = { read: 4, write: 6, send: 10, secret: 20 } as const;

const CHUNK_BYTES = 64 * 1024;

/** SQS bills a request for each 64 KB that it carries. */
export const chunksOf = (bytes: number) => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

/**
 * Puts counting clients in the place of AWS's own, for every function in this process: what they send is counted,
 * answered from memory, and kept waiting for a moment. Answers the queues, by address.
 */
export function installCountingClients(meter: Meter): Map<string, Waiting[]> {
  const table = new CountingTable(meter);
  const queues = new Map<string, Waiting[]>();
  replaceSend(DynamoDBDocumentClient, (command) => {
    const kind = isRead(command) ? 'read' : 'write';
    meter.add(`calls/${kind}`);
    return meter.serve(assumedWaits[kind], () => table.answer(command));
  });
  replaceSend(SQSClient, (command) => {
    meter.add('calls/send');
    return meter.serve(assumedWaits.send, () => answerQueue(command, queues, meter));
  });
  replaceSend(SecretsManagerClient, (command) => {
    if (!(command instanceof GetSecretValueCommand)) throw new Error('the bench knows GetSecretValue only');
    meter.add('calls/read');
    meter.add('secrets');
    return meter.serve(assumedWaits.secret, () => ({ SecretString: `value of ${command.input.SecretId}` }));
  });
  return queues;
}

type Answering = (command: unknown) => Promise<unknown>;

/** The handlers make their clients themselves, so that the class is the only place to stand in for them. */
function replaceSend(client: { prototype: object }, send: Answering): void {
  Object.defineProperty(client.prototype, 'send', { value: send, configurable: true });
}

const isRead = (command: unknown) =>
  command instanceof GetCommand || command instanceof BatchGetCommand || command instanceof QueryCommand;

let messages = 0;

function answerQueue(command: unknown, queues: Map<string, Waiting[]>, meter: Meter): unknown {
  if (command instanceof ReceiveMessageCommand) {
    meter.add('sqs/dead letters receive');
    return {};
  }
  if (!(command instanceof SendMessageBatchCommand)) throw new Error(`the bench does not know ${command}`);
  const { QueueUrl = '', Entries = [] } = command.input;
  const queue = queues.get(QueueUrl) ?? [];
  queues.set(QueueUrl, queue);
  const bodies = Entries.map(({ MessageBody = '' }) => MessageBody);
  for (const body of bodies) queue.push({ messageId: String(++messages), body });
  const bytes = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
  const name = QueueUrl.endsWith('.fifo') ? 'fifo' : 'standard';
  meter.add(`sqs/${name} send`, chunksOf(bytes));
  meter.add(`messages/${name}`, bodies.length);
  meter.add(`bytes/${name}`, bytes);
  return { Successful: [] };
}
