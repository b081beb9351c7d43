import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { PageStart } from '../core/api/fields.ts';
import { type Author, changeOf } from '../core/audit.ts';
import type { StoredKey } from '../core/key.ts';
import { removeWithChange, SYSTEM, withoutKeys, writeChange } from './changes.ts';
import { holds, type Table } from './client.ts';
import { deleteItem, getItem, type Item, memberPage, type Page, putItem } from './items.ts';
import { apiKeyKey, memberKey } from './keys.ts';

/** Where the keys without a team (org_admin) are listed. */
const NO_TEAM = '';

/** Stores a key; false when there is one of this id. The hint for the list comes first, so that it lacks none that works. */
export async function createKey(table: Table, key: StoredKey, author: Author = SYSTEM): Promise<boolean> {
  await putItem(table, memberKey(key.team ?? NO_TEAM, 'KEY', key.keyId));
  const entry = changeOf(targetOf(key), author, undefined, shown(key));
  return writeChange(table, { ...apiKeyKey(key.keyId), ...key }, entry, 'absent');
}

export async function readKey(table: Table, keyId: string): Promise<StoredKey | undefined> {
  const item = await getItem(table, apiKeyKey(keyId));
  return item && toKey(item);
}

/** A page of the keys of a team, or of those without one. */
export async function listKeys(
  table: Table,
  team: string | undefined,
  page: PageStart,
): Promise<Page<StoredKey>> {
  const members = { team: team ?? NO_TEAM, noun: 'KEY', keyOf: apiKeyKey } as const;
  const { things, next } = await memberPage(table, members, page);
  return { things: things.map(toKey), next };
}

/** Moves a key on to its next state, if `before` is still its state; false otherwise. */
export function updateKey(
  table: Table,
  before: StoredKey,
  after: StoredKey,
  author: Author = SYSTEM,
): Promise<boolean> {
  const entry = changeOf(targetOf(after), author, shown(before), shown(after));
  return writeChange(table, { ...apiKeyKey(after.keyId), ...after }, entry, before);
}

/** Takes a key out of force, if `before` is still its state; callers that remember it do so for a minute at most. */
export async function revokeKey(table: Table, before: StoredKey, author: Author = SYSTEM): Promise<boolean> {
  const entry = changeOf(targetOf(before), author, shown(before), undefined);
  if (!(await removeWithChange(table, apiKeyKey(before.keyId), entry, before))) return false;
  await deleteItem(table, memberKey(before.team ?? NO_TEAM, 'KEY', before.keyId));
  return true;
}

/** Notes that a key was used, unless somebody did since then. Authorizer and ingest may write this one attribute and no other (lib/table.ts). */
export async function noteKeyUse(
  table: Table,
  keyId: string,
  { nowMs, unlessSinceMs }: { nowMs: number; unlessSinceMs: number },
): Promise<void> {
  await holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: apiKeyKey(keyId),
        UpdateExpression: 'SET lastUsedAtMs = :now',
        ConditionExpression:
          'attribute_exists(pk) AND (attribute_not_exists(lastUsedAtMs) OR lastUsedAtMs <= :since)',
        ExpressionAttributeValues: { ':now': nowMs, ':since': unlessSinceMs },
      }),
    ),
  );
}

export const toKey = (item: Item) => withoutKeys(item) as unknown as StoredKey;

function targetOf({ keyId, team }: StoredKey) {
  return { noun: 'key', target: keyId, ...(team !== undefined && { team }) } as const;
}

/** What the audit list says of a state: all but the secret's hash. */
function shown({ name, owner, role, expiresAtMs, narrowing }: StoredKey) {
  const expires_at = expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString();
  return { name, owner, role, expires_at, ...narrowing };
}
