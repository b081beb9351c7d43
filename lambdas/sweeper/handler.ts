import type { Context } from 'aws-lambda';
import { readHead } from '../../store/automations.ts';
import { finishChange } from '../../store/changes.ts';
import { putDelivery, reopenDelivery, stampDelivery } from '../../store/deliveries.ts';
import { readDue } from '../../store/due.ts';
import { readFlow } from '../../store/health.ts';
import { listDeliveries } from '../../store/history.ts';
import { readIntegration } from '../../store/integrations.ts';
import { readResend, saveResend } from '../../store/resends.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { readPace } from '../../store/turns.ts';
import { readEnv } from '../shared/env.ts';
import { logStage } from '../shared/log.ts';
import {
  deliveryMessage,
  type QueueMessage,
  receiveMessages,
  removeMessage,
  sendMessages,
} from '../shared/queue.ts';
import { tableOf } from '../shared/table.ts';
import { advanceResend, type ResendDeps } from './advance-resend.ts';
import { clearDead } from './clear-dead.ts';
import { eachInTurn } from './each-in-turn.ts';
import { SweeperEnv } from './env.ts';
import { redrive } from './redrive.ts';
import { sweep } from './sweep.ts';

const env = readEnv(SweeperEnv);
const table = tableOf(env);
const send = (messages: QueueMessage[]) => sendMessages(env.DELIVERIES_QUEUE_URL, messages);

const resendDeps: ResendDeps = {
  ...{ send, now: Date.now, log: logStage },
  readResend: (id) => readResend(table, id),
  saveResend: (resend, dueAtMs) => saveResend(table, resend, dueAtMs),
  listDeliveries: (range, page) => listDeliveries(table, range, page),
  reopen: (id, times) => reopenDelivery(table, id, times),
  readHead: (id) => readHead(table, id),
  readFlow: (id) => readFlow(table, id, Date.now()),
  readIntegration: (id) => readIntegration(table, id),
  readPace: (channel) => readPace(table, channel),
};

/** Room to finish what is under way before Lambda stops the function. */
const RESERVE_MS = 10_000;

/**
 * Deliveries and outboxes first: they are late already. Without the table nothing else follows: what is redriven would
 * only fail again.
 */
export async function handler(_event: unknown, context: Context): Promise<void> {
  const stopAtMs = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const clock = { now: Date.now, stopAtMs, log: logStage };
  await sweep({
    ...clock,
    readDue: (nowMs, limit, onMissed) => readDue(table, nowMs, limit, onMissed),
    stamp: (id, times) => stampDelivery(table, id, times),
    send,
    sendEvents: (messages) => sendMessages(env.EVENTS_QUEUE_URL, messages),
    finishChange: (key) => finishChange(table, key),
    advanceResend: (id) => advanceResend(id, resendDeps),
    loadRun: (name) => loadRun(table, name, Date.now()),
    saveRun: (name, memory) => saveRun(table, name, memory, Date.now()),
    putDelivery: (delivery) => putDelivery(table, delivery, Date.now()),
    sendDeliveries: (deliveries) => send(deliveries.map((delivery) => deliveryMessage(delivery))),
  });
  await eachInTurn([
    () =>
      clearDead({
        ...clock,
        receive: () => receiveMessages(env.DELIVERIES_DEAD_LETTERS_URL),
        remove: (message) => removeMessage(env.DELIVERIES_DEAD_LETTERS_URL, message),
      }),
    () =>
      redrive({
        ...clock,
        receive: () => receiveMessages(env.EVENTS_DEAD_LETTERS_URL),
        send: (messages) => sendMessages(env.EVENTS_QUEUE_URL, messages),
        remove: (message) => removeMessage(env.EVENTS_DEAD_LETTERS_URL, message),
      }),
  ]);
}
