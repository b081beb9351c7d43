import type { PageStart } from '../core/api/fields.ts';
import { type Author, changeOf } from '../core/audit.ts';
import { removeWithChange, SYSTEM, withoutKeys, writeChange } from './changes.ts';
import type { Table } from './client.ts';
import { getItem, type Page, queryPage } from './items.ts';
import { secretKey } from './keys.ts';

/** A team secret as the table knows it: where its value is, never the value. */
export interface SecretEntry {
  team: string;
  name: string;
  /** Name in Secrets Manager: random, because a deleted name stays reserved there for days. */
  secretId: string;
  /** Which version is in force. A new one takes effect with the write of this entry. */
  versionId: string;
  /** Changed by compare-and-set. */
  version: number;
  updatedAtMs: number;
}

/** Saves an entry, if `before` is still its state; false otherwise. */
export function saveSecret(
  table: Table,
  before: SecretEntry | undefined,
  after: SecretEntry,
  author: Author = SYSTEM,
): Promise<boolean> {
  const entry = changeOf(targetOf(after), author, before && shown(before), shown(after));
  return writeChange(table, { ...secretKey(after.team, after.name), ...after }, entry, before ?? 'absent');
}

export async function readSecret(table: Table, team: string, name: string): Promise<SecretEntry | undefined> {
  const item = await getItem(table, secretKey(team, name));
  return item && (withoutKeys(item) as unknown as SecretEntry);
}

/** A page of a team's secrets, by name. */
export async function listSecrets(table: Table, team: string, page: PageStart): Promise<Page<SecretEntry>> {
  const { pk, sk: prefix } = secretKey(team, '');
  const { things, next } = await queryPage(table, { pk, prefix }, page);
  return { things: things.map(withoutKeys) as unknown as SecretEntry[], next };
}

/** Forgets a secret, if `before` is still its state; false otherwise. */
export function deleteSecret(table: Table, before: SecretEntry, author: Author = SYSTEM): Promise<boolean> {
  const entry = changeOf(targetOf(before), author, shown(before), undefined);
  return removeWithChange(table, secretKey(before.team, before.name), entry, before);
}

const targetOf = ({ name, team }: SecretEntry) => ({ noun: 'secret', target: name, team }) as const;

/** That the value is another one is all that anybody may know of it. */
const shown = ({ versionId }: SecretEntry) => ({ value_version: versionId });
