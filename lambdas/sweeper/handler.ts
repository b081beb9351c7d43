import type { Context } from 'aws-lambda';
import { openTable } from '../../store/client.ts';
import { putDelivery, stampDelivery } from '../../store/deliveries.ts';
import { readDue } from '../../store/due.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { readEnv } from '../shared/env.ts';
import { logStage } from '../shared/log.ts';
import { deliveryMessage, type QueueMessage, sendMessages } from '../shared/queue.ts';
import { SweeperEnv } from './env.ts';
import { sweep } from './sweep.ts';

const env = readEnv(SweeperEnv);
const table = openTable(env.TABLE_NAME);
const send = (messages: QueueMessage[]) => sendMessages(env.DELIVERIES_QUEUE_URL, messages);

/** Room to finish what is under way before Lambda stops the function. */
const RESERVE_MS = 10_000;

export async function handler(_event: unknown, context: Context): Promise<void> {
  await sweep({
    readDue: (nowMs, limit) => readDue(table, nowMs, limit),
    stamp: (id, times) => stampDelivery(table, id, times),
    send,
    loadRun: (name) => loadRun(table, name, Date.now()),
    saveRun: (name, state) => saveRun(table, name, state, Date.now()),
    putDelivery: (delivery) => putDelivery(table, delivery, Date.now()),
    sendDeliveries: (deliveries) => send(deliveries.map((delivery) => deliveryMessage(delivery))),
    now: Date.now,
    stopAtMs: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS,
    log: logStage,
  });
}
