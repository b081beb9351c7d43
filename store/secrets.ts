import type { PageStart } from '../core/api/fields.ts';
import type { Table } from './client.ts';
import { deleteItem, getItem, type Page, putItem, queryPage } from './items.ts';
import { secretKey } from './keys.ts';

/** A team secret as the table knows it: where its value is, never the value. */
export interface SecretEntry {
  team: string;
  name: string;
  /** Name in Secrets Manager: random, because a deleted name stays reserved there for days. */
  secretId: string;
  /** Which version is in force. A new one takes effect with the write of this entry. */
  versionId: string;
  updatedAtMs: number;
}

export async function saveSecret(table: Table, entry: SecretEntry): Promise<void> {
  await putItem(table, { ...secretKey(entry.team, entry.name), ...entry });
}

export async function readSecret(table: Table, team: string, name: string): Promise<SecretEntry | undefined> {
  return (await getItem(table, secretKey(team, name))) as SecretEntry | undefined;
}

/** A team's secrets by name. */
export async function listSecrets(table: Table, team: string, page: PageStart): Promise<Page<SecretEntry>> {
  const { pk, sk: prefix } = secretKey(team, '');
  return (await queryPage(table, { pk, prefix }, page)) as unknown as Page<SecretEntry>;
}

export async function deleteSecret(table: Table, team: string, name: string): Promise<void> {
  await deleteItem(table, secretKey(team, name));
}
