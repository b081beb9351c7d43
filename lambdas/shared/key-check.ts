import { noteKeyUse, readKey } from '../../store/api-keys.ts';
import type { Table } from '../../store/client.ts';
import { makeAuthenticate } from './authenticate.ts';
import { makeCachedSecret } from './secrets.ts';

/** How long the admin key is remembered; a replaced one works this long at most. */
const ADMIN_KEY_KEPT_MS = 30_000;

/**
 * The check of an Authorization header against the table's keys and the admin key that CloudFormation made. Whoever
 * judges a key also notes that it was used: behind a REST API there is no authorizer that would.
 */
export function keyCheck(table: Table, adminKeySecretId: string) {
  return makeAuthenticate({
    noteUse: (keyId, when) => noteKeyUse(table, keyId, when),
    readKey: (keyId) => readKey(table, keyId),
    readAdminKey: makeCachedSecret(adminKeySecretId, ADMIN_KEY_KEPT_MS, Date.now),
    now: Date.now,
  });
}
