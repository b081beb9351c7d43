import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';

const client = new SQSClient({});

/** SQS takes at most ten messages and 256 KiB in one SendMessageBatch. */
const BATCH_MESSAGES = 10;
const BATCH_BYTES = 256 * 1024;

export interface QueueMessage {
  body: string;
  groupId: string;
  /** Given for FIFO queues only. */
  dedupId?: string;
  /** Given for standard queues only. */
  delaySeconds?: number;
  /** How often the message was brought back from the dead-letter queue. */
  redrives?: number;
}

/** A message of a dead-letter queue. */
export interface WaitingMessage {
  messageId: string;
  receipt: string;
  body: string;
  groupId: string;
  redrives: number;
}

/** Sends messages in order; resolves when SQS has them all, and throws when it refused one. */
export async function sendMessages(queueUrl: string, messages: QueueMessage[]): Promise<void> {
  for (const batch of batchesOf(messages)) {
    const Entries = batch.map(toEntry);
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0) {
      throw new Error(`SQS refused ${Failed.length} of ${batch.length} messages: ${Failed[0]?.Message}`);
    }
  }
}

function toEntry(message: QueueMessage, at: number): SendMessageBatchRequestEntry {
  const { body, groupId, dedupId, delaySeconds, redrives } = message;
  return {
    Id: String(at),
    MessageBody: body,
    MessageGroupId: groupId,
    ...(dedupId !== undefined && { MessageDeduplicationId: dedupId }),
    ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
    ...(redrives !== undefined && {
      MessageAttributes: { redrives: { DataType: 'Number', StringValue: String(redrives) } },
    }),
  };
}

/** Takes up to ten messages from a queue; they come back after its visibility time unless they are removed. */
export async function receiveMessages(queueUrl: string): Promise<WaitingMessage[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: BATCH_MESSAGES,
      MessageSystemAttributeNames: ['MessageGroupId'],
      MessageAttributeNames: ['redrives'],
    }),
  );
  return Messages.map(toWaiting);
}

function toWaiting({
  MessageId,
  ReceiptHandle,
  Body,
  Attributes,
  MessageAttributes,
}: Message): WaitingMessage {
  return {
    messageId: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    body: Body ?? '',
    groupId: Attributes?.MessageGroupId ?? MessageId ?? '',
    redrives: Number(MessageAttributes?.['redrives']?.StringValue ?? 0),
  };
}

/** Removes a message that was received. */
export async function removeMessage(queueUrl: string, message: WaitingMessage): Promise<void> {
  await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.receipt }));
}

function batchesOf(messages: QueueMessage[]): QueueMessage[][] {
  const batches: QueueMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const current = batches.at(-1);
    // Bodies are ASCII (see asciiJson), so their length is their size.
    if (current && current.length < BATCH_MESSAGES && bytes + message.body.length <= BATCH_BYTES) {
      current.push(message);
      bytes += message.body.length;
    } else {
      batches.push([message]);
      bytes = message.body.length;
    }
  }
  return batches;
}

/** The message that has a delivery attempted; its group keeps one integration from delaying the others. */
export function deliveryMessage(
  delivery: { id: string; integrationId?: string },
  delaySeconds?: number,
): QueueMessage {
  return {
    body: JSON.stringify({ deliveryId: delivery.id }),
    groupId: delivery.integrationId ?? delivery.id,
    ...(delaySeconds !== undefined && { delaySeconds }),
  };
}

/** The delivery that a message names; undefined where it is none of `deliveryMessage`. */
export function deliveryIdIn(body: string): string | undefined {
  try {
    const { deliveryId } = JSON.parse(body) ?? {};
    return typeof deliveryId === 'string' && /^\w{1,64}$/.test(deliveryId) ? deliveryId : undefined;
  } catch {
    return undefined;
  }
}
