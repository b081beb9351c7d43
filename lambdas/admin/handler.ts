import { parseAllowedRanges } from '../../core/address.ts';
import { callerOf } from '../shared/authenticate.ts';
import { readEnv } from '../shared/env.ts';
import { httpHandler } from '../shared/http.ts';
import { keyCheck } from '../shared/key-check.ts';
import { logStage } from '../shared/log.ts';
import { deliveryMessage, sendMessages } from '../shared/queue.ts';
import { tableOf } from '../shared/table.ts';
import { WatchCache, watchCacheDeps } from '../shared/watch-cache.ts';
import { answer } from './answer.ts';
import { publicAnswer } from './document.ts';
import { AdminEnv } from './env.ts';
import { makeVault } from './vault.ts';

const env = readEnv(AdminEnv);
const table = tableOf(env);
const vault = makeVault();
const secretNamePrefix = env.SECRET_NAME_PREFIX;
const allowedAddresses = parseAllowedRanges(env.ALLOWED_ADDRESSES);
const watches = new WatchCache(watchCacheDeps(table));
const authenticate = keyCheck(table, env.ADMIN_KEY_SECRET_ID);

export const handler = httpHandler(async (request) => {
  const open = publicAnswer(request);
  if (open) return open;
  const caller = await callerOf(request, authenticate);
  const result = await answer(request, caller, {
    table,
    vault,
    watches,
    secretNamePrefix,
    allowedAddresses,
    sendDelivery: (delivery) => sendMessages(env.DELIVERIES_QUEUE_URL, [deliveryMessage(delivery)]),
    now: Date.now,
  });
  const { method, path, requestId } = request;
  if (method !== 'GET') {
    logStage({ stage: 'change.saved', method, path, status: result.status, keyId: caller.keyId, requestId });
  }
  return result;
});
