import { unpackMessage } from '../../core/event-message.ts';
import type { Caller } from '../../core/key.ts';
import { ingest } from '../../lambdas/ingest/ingest.ts';
import { httpHandler } from '../../lambdas/shared/http.ts';
import type { QueueMessage } from '../../lambdas/shared/queue.ts';
import { openTo } from './builders.ts';

/** What ingest answers: the ids that it took, and what it refused; or one problem. */
export interface IngestAnswer {
  code?: string;
  field?: string;
  events?: { index: number; id: string; deduplicated: boolean }[];
  refused?: { index: number; code: string; field?: string }[];
}

const SENDER: Caller = { keyId: 'key_1', role: 'sender', team: 'vision' };

/** Posts a body as an HTTP API hands it over, in base64 unless it is to come as text. */
export async function postEvents(
  bytes: Buffer,
  { headers = {}, asText = false }: { headers?: Record<string, string>; asText?: boolean } = {},
) {
  const request = {
    rawPath: '/v1/events',
    rawQueryString: '',
    headers,
    requestContext: { http: { method: 'POST' }, requestId: 'req' },
    body: bytes.toString(asText ? 'utf8' : 'base64'),
    isBase64Encoded: !asText,
  };
  const messages: QueueMessage[] = [];
  const handle = httpHandler((one) =>
    ingest(one, SENDER, {
      readRegistries: openTo('vision'),
      readTeams: async (names) => names,
      enqueue: async (batch) => {
        messages.push(...batch);
      },
      now: () => 1_700_000_000_000,
      log: () => {},
    }),
  );
  const { statusCode, body: text = '' } = (await handle(request as never)) as {
    statusCode: number;
    body?: string;
  };
  return { status: statusCode, text, answer: JSON.parse(text) as IngestAnswer, messages };
}

/** The messages of a request, opened as the matcher does. */
export const unpacked = (messages: QueueMessage[]) => messages.map(({ body }) => unpackMessage(body));
