import { randomUUID } from 'node:crypto';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { SLACK_API_URL } from '../../core/actions/slack.ts';
import { parseAllowedRanges } from '../../core/address.ts';
import { readHead, readRevision } from '../../store/automations.ts';
import { openTable } from '../../store/client.ts';
import { leaseDelivery, putAttempt, settleDelivery } from '../../store/deliveries.ts';
import { readIntegration } from '../../store/integrations.ts';
import { readSecret } from '../../store/secrets.ts';
import { batchResponse } from '../shared/batch.ts';
import { readEnv } from '../shared/env.ts';
import { errorLine, logStage } from '../shared/log.ts';
import { sendMessages } from '../shared/queue.ts';
import { findSecretValue } from '../shared/secrets.ts';
import { type DispatchDeps, dispatch } from './dispatch.ts';
import { DispatcherEnv } from './env.ts';
import { makeSecretCache } from './secret-cache.ts';
import { makeSender } from './send.ts';

const env = readEnv(DispatcherEnv);
const table = openTable(env.TABLE_NAME);

const deps: DispatchDeps = {
  lease: (id, lease) => leaseDelivery(table, id, lease),
  settle: (id, token, settlement) => settleDelivery(table, id, token, settlement),
  putAttempt: (id, attempt) => putAttempt(table, id, attempt, Date.now()),
  readHead: (id) => readHead(table, id),
  readRevision: (id, revision) => readRevision(table, id, revision),
  readIntegration: (id) => readIntegration(table, id),
  readSecret: makeSecretCache({
    readEntry: (team, name) => readSecret(table, team, name),
    readValue: findSecretValue,
  }),
  slack: {
    apiUrl: env.SLACK_API_URL || SLACK_API_URL,
    allowed: parseAllowedRanges(env.ALLOWED_ADDRESSES),
  },
  send: makeSender({ allowedAddresses: env.ALLOWED_ADDRESSES }),
  requeue: (message) => sendMessages(env.DELIVERIES_QUEUE_URL, [message]),
  newToken: randomUUID,
  random: Math.random,
  now: Date.now,
  log: logStage,
};

/** Attempts the deliveries of a batch side by side; a record comes back only when something on our side broke. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      try {
        await dispatch(JSON.parse(body).deliveryId, deps);
      } catch (error) {
        logStage(errorLine(error, { messageId }));
        failed.push(messageId);
      }
    }),
  );
  return batchResponse(failed);
}
