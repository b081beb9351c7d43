import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { parseAllowedRanges } from '../../core/address.ts';
import { batchResponse } from '../shared/batch.ts';
import { readEnv } from '../shared/env.ts';
import { errorLine, logStage } from '../shared/log.ts';
import { deliveryIdIn, sendMessages } from '../shared/queue.ts';
import { tableOf } from '../shared/table.ts';
import { dispatch } from './dispatch.ts';
import { DispatcherEnv } from './env.ts';
import { makeSender } from './send.ts';
import { wiredTo } from './wiring.ts';

const env = readEnv(DispatcherEnv);
const deps = wiredTo(tableOf(env), {
  send: makeSender({ allowedAddresses: env.ALLOWED_ADDRESSES }),
  requeue: (message) => sendMessages(env.DELIVERIES_QUEUE_URL, [message]),
  slack: { apiUrl: env.SLACK_API_URL, allowed: parseAllowedRanges(env.ALLOWED_ADDRESSES) },
});

/**
 * Attempts the deliveries of a batch side by side. A record comes back when something on our side broke, or when it names
 * no delivery: it then ends among the dead letters, where an alarm sees it.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      try {
        const deliveryId = deliveryIdIn(body);
        if (deliveryId === undefined) throw new Error('this message names no delivery');
        await dispatch(deliveryId, deps);
      } catch (error) {
        logStage(errorLine(error, { messageId }));
        failed.push(messageId);
      }
    }),
  );
  return batchResponse(failed);
}
