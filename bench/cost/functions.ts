import type { Context, SQSEvent } from 'aws-lambda';
import { dispatch } from '../../lambdas/dispatcher/dispatch.ts';
import { wiredTo } from '../../lambdas/dispatcher/wiring.ts';
import type { HttpHandler } from '../../lambdas/shared/http.ts';
import type { Table } from '../../store/client.ts';
import type { Meter } from './meter.ts';

const SQS = 'https://sqs.us-east-1.amazonaws.com/000000000000';
export const queueUrls = { events: `${SQS}/events.fifo`, deliveries: `${SQS}/deliveries` };

/** How long a receiver takes to answer, in ms: assumed. */
export const RECEIVER_MS = 150;

export interface Functions {
  authorizer: (headers: Record<string, string>) => Promise<string>;
  ingest: HttpHandler;
  matcher: (event: SQSEvent) => Promise<unknown>;
  dispatcher: (event: SQSEvent) => Promise<unknown>;
  sweeper: () => Promise<unknown>;
}

/** Loads the handlers as Lambda does, with their environment. Counting clients and clock have to be in place. */
export async function loadFunctions(table: Table, meter: Meter): Promise<Functions> {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    TABLE_NAME: table.name,
    HISTORY_DAYS: '90',
    ADMIN_KEY_SECRET_ID: 'admin-key',
    EVENTS_QUEUE_URL: queueUrls.events,
    DELIVERIES_QUEUE_URL: queueUrls.deliveries,
    EVENTS_DEAD_LETTERS_URL: `${SQS}/events-dlq.fifo`,
    DELIVERIES_DEAD_LETTERS_URL: `${SQS}/deliveries-dlq`,
  });
  const authorizer = await import('../../lambdas/authorizer/handler.ts');
  const ingest = await import('../../lambdas/ingest/handler.ts');
  const matcher = await import('../../lambdas/matcher/handler.ts');
  const sweeper = await import('../../lambdas/sweeper/handler.ts');
  const context = { getRemainingTimeInMillis: () => 55_000 } as Context;
  return {
    authorizer: async (headers) => (await authorizer.handler({ headers } as never)).context.verdict ?? '',
    ingest: ingest.handler,
    matcher: (event) => matcher.handler(event, context),
    dispatcher: makeDispatcher(table, meter),
    sweeper: () => sweeper.handler({}, context),
  };
}

/** As lambdas/dispatcher/handler.ts, but the webhook itself goes nowhere and is answered by 200. */
function makeDispatcher(table: Table, meter: Meter): Functions['dispatcher'] {
  const deps = wiredTo(table, {
    send: (outbound) =>
      meter.serve(RECEIVER_MS, () => {
        meter.add('webhooks');
        meter.add('bytes/webhook bodies', Buffer.byteLength(outbound.body));
        const outcome = { kind: 'delivered', status: 200 } as const;
        return { outcome, status: 200, durationMs: RECEIVER_MS, responseHead: 'ok' };
      }),
    requeue: () => Promise.reject(new Error('nothing is retried here')),
  });
  return ({ Records }) => Promise.all(Records.map(({ body }) => dispatch(JSON.parse(body).deliveryId, deps)));
}
