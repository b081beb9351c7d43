import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readHeads, readRevisions } from '../../store/automations.ts';
import { openTable } from '../../store/client.ts';
import { putDeadRecord } from '../../store/dead-records.ts';
import { putDelivery } from '../../store/deliveries.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { readScopeVersion, readWatches } from '../../store/watches.ts';
import { readEnv } from '../shared/env.ts';
import { logStage } from '../shared/log.ts';
import { deliveryMessage, sendMessages } from '../shared/queue.ts';
import { MatcherEnv } from './env.ts';
import { type MatchBatchDeps, matchBatch } from './match-batch.ts';
import { makeWatchCache } from './watch-cache.ts';

const env = readEnv(MatcherEnv);
const table = openTable(env.TABLE_NAME);
const watches = makeWatchCache({
  readScopeVersion: (scopeKey) => readScopeVersion(table, scopeKey),
  readWatches: (scopeKey, event) => readWatches(table, scopeKey, event),
  readHeads: (ids) => readHeads(table, ids),
  readRevisions: (heads) => readRevisions(table, heads),
  now: Date.now,
});

const deps: MatchBatchDeps = {
  watchersOf: watches.watchersOf,
  loadRun: (name) => loadRun(table, name, Date.now()),
  saveRun: (name, state) => saveRun(table, name, state, Date.now()),
  putDelivery: (delivery) => putDelivery(table, delivery, Date.now()),
  sendDeliveries: (deliveries) =>
    sendMessages(
      env.DELIVERIES_QUEUE_URL,
      deliveries.map((delivery) => deliveryMessage(delivery)),
    ),
  bury: ({ messageId, body }, reason) => putDeadRecord(table, { messageId, body, reason }, Date.now()),
  now: Date.now,
  log: logStage,
};

export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return matchBatch(event.Records, deps);
}
