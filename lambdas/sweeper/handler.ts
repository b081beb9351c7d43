import type { Context } from 'aws-lambda';
import { openTable } from '../../store/client.ts';
import { putDelivery, stampDelivery } from '../../store/deliveries.ts';
import { readDue } from '../../store/due.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { readEnv } from '../shared/env.ts';
import { logStage } from '../shared/log.ts';
import {
  deliveryMessage,
  type QueueMessage,
  receiveMessages,
  removeMessage,
  sendMessages,
} from '../shared/queue.ts';
import { SweeperEnv } from './env.ts';
import { redrive } from './redrive.ts';
import { sweep } from './sweep.ts';

const env = readEnv(SweeperEnv);
const table = openTable(env.TABLE_NAME);
const send = (messages: QueueMessage[]) => sendMessages(env.DELIVERIES_QUEUE_URL, messages);

/** Room to finish what is under way before Lambda stops the function. */
const RESERVE_MS = 10_000;

/** Deliveries and outboxes first: they are late already. */
export async function handler(_event: unknown, context: Context): Promise<void> {
  const stopAtMs = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const clock = { now: Date.now, stopAtMs, log: logStage };
  await sweep({
    ...clock,
    readDue: (nowMs, limit) => readDue(table, nowMs, limit),
    stamp: (id, times) => stampDelivery(table, id, times),
    send,
    sendEvents: (messages) => sendMessages(env.EVENTS_QUEUE_URL, messages),
    loadRun: (name) => loadRun(table, name, Date.now()),
    saveRun: (name, memory) => saveRun(table, name, memory, Date.now()),
    putDelivery: (delivery) => putDelivery(table, delivery, Date.now()),
    sendDeliveries: (deliveries) => send(deliveries.map((delivery) => deliveryMessage(delivery))),
  });
  await redrive({
    ...clock,
    receive: () => receiveMessages(env.EVENTS_DEAD_LETTERS_URL),
    send: (messages) => sendMessages(env.EVENTS_QUEUE_URL, messages),
    remove: (message) => removeMessage(env.EVENTS_DEAD_LETTERS_URL, message),
  });
}
