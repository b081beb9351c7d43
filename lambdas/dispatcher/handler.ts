import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { parseAllowedRanges } from '../../core/address.ts';
import { openTable } from '../../store/client.ts';
import { batchResponse } from '../shared/batch.ts';
import { readEnv } from '../shared/env.ts';
import { errorLine, logStage } from '../shared/log.ts';
import { sendMessages } from '../shared/queue.ts';
import { dispatch } from './dispatch.ts';
import { DispatcherEnv } from './env.ts';
import { makeSender } from './send.ts';
import { wiredTo } from './wiring.ts';

const env = readEnv(DispatcherEnv);
const deps = wiredTo(openTable(env.TABLE_NAME, Number(env.HISTORY_DAYS)), {
  send: makeSender({ allowedAddresses: env.ALLOWED_ADDRESSES }),
  requeue: (message) => sendMessages(env.DELIVERIES_QUEUE_URL, [message]),
  slack: { apiUrl: env.SLACK_API_URL, allowed: parseAllowedRanges(env.ALLOWED_ADDRESSES) },
});

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
