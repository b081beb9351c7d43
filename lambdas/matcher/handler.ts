import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { addActivity } from '../../store/activity.ts';
import { putDeadRecord } from '../../store/dead-records.ts';
import { putDelivery } from '../../store/deliveries.ts';
import { putEndedRun, readEndedRuns } from '../../store/ended-runs.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { putSighting } from '../../store/sightings.ts';
import { readEnv } from '../shared/env.ts';
import { logStage } from '../shared/log.ts';
import { deliveryMessage, sendMessages } from '../shared/queue.ts';
import { tableOf } from '../shared/table.ts';
import { WatchCache, watchCacheDeps } from '../shared/watch-cache.ts';
import { makeActivityLog } from './activity-log.ts';
import { MatcherEnv } from './env.ts';
import { type MatchBatchDeps, matchBatch } from './match-batch.ts';
import { makeSightingLog } from './sighting-log.ts';

const env = readEnv(MatcherEnv);
const table = tableOf(env);

const watches = new WatchCache(watchCacheDeps(table));

const deps: Omit<MatchBatchDeps, 'stopAtMs'> = {
  watches,
  loadRun: (name) => loadRun(table, name, Date.now()),
  saveRun: (name, memory) => saveRun(table, name, memory, Date.now()),
  putEndedRun: (of, ended) => putEndedRun(table, of, ended),
  readEndedRuns: (of, beforeMs, limit) => readEndedRuns(table, of, beforeMs, limit),
  activity: makeActivityLog({
    add: (automationId, activity) => addActivity(table, automationId, activity),
    now: Date.now,
  }),
  sightings: makeSightingLog({ put: (watch, atMs) => putSighting(table, watch, atMs), now: Date.now }),
  putDelivery: (delivery) => putDelivery(table, delivery, Date.now()),
  sendDeliveries: (deliveries) =>
    sendMessages(
      env.DELIVERIES_QUEUE_URL,
      deliveries.map((delivery) => deliveryMessage(delivery)),
    ),
  bury: ({ messageId, body }, reason) => putDeadRecord(table, { messageId, body, reason }, Date.now()),
  now: Date.now,
  log: (line) => logStage(line.stage === 'event.matched' ? { ...line, ...watches.takeCounts() } : line),
};

/** Room to write what one more message fires before Lambda stops the function. */
const RESERVE_MS = 15_000;

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const stopAtMs = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  return matchBatch(event.Records, { ...deps, stopAtMs });
}
