import { readKey } from '../../store/api-keys.ts';
import { openTable } from '../../store/client.ts';
import { callerOf, makeAuthenticate } from '../shared/authenticate.ts';
import { readEnv } from '../shared/env.ts';
import { httpHandler } from '../shared/http.ts';
import { logStage } from '../shared/log.ts';
import { sendMessages } from '../shared/queue.ts';
import { makeCachedSecret } from '../shared/secrets.ts';
import { IngestEnv } from './env.ts';
import { ingest } from './ingest.ts';

const env = readEnv(IngestEnv);
const table = openTable(env.TABLE_NAME);
const authenticate = makeAuthenticate({
  readKey: (keyId) => readKey(table, keyId),
  readAdminKey: makeCachedSecret(env.ADMIN_KEY_SECRET_ID, 60_000, Date.now),
  now: Date.now,
});

export const handler = httpHandler(async (request) => {
  const caller = await callerOf(request, authenticate);
  return ingest(request, caller, {
    enqueue: (messages) => sendMessages(env.EVENTS_QUEUE_URL, messages),
    now: Date.now,
    log: logStage,
  });
});
