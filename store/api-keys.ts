import type { PageStart } from '../core/api/fields.ts';
import type { StoredKey } from '../core/key.ts';
import type { Table } from './client.ts';
import { deleteItem, getItem, memberPage, type Page, putItem } from './items.ts';
import { apiKeyKey, memberKey } from './keys.ts';

/** Where the keys without a team (org_admin) are listed. */
const NO_TEAM = '';

/** Stores a key. The hint for the list comes first, so that no key works that the list lacks. */
export async function createKey(table: Table, key: StoredKey): Promise<void> {
  await putItem(table, memberKey(key.team ?? NO_TEAM, 'KEY', key.keyId));
  await putItem(table, { ...apiKeyKey(key.keyId), ...key });
}

export async function readKey(table: Table, keyId: string): Promise<StoredKey | undefined> {
  return (await getItem(table, apiKeyKey(keyId))) as StoredKey | undefined;
}

/** The keys of a team, or those without one. */
export async function listKeys(
  table: Table,
  team: string | undefined,
  page: PageStart,
): Promise<Page<StoredKey>> {
  const found = await memberPage(table, { team: team ?? NO_TEAM, noun: 'KEY', keyOf: apiKeyKey }, page);
  return found as unknown as Page<StoredKey>;
}

/** Takes a key out of force; callers that remember it do so for a minute at most. */
export async function revokeKey(table: Table, key: StoredKey): Promise<void> {
  await deleteItem(table, apiKeyKey(key.keyId));
  await deleteItem(table, memberKey(key.team ?? NO_TEAM, 'KEY', key.keyId));
}
