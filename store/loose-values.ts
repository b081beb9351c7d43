import type { Table } from './client.ts';
import { deleteItem, putItem, queryPrefix } from './items.ts';
import { looseValueKey } from './keys.ts';

/** A secret's value of which it is not sure that an entry names it: it is being made or deleted, or that broke off. */
export interface LooseValue {
  team: string;
  name: string;
  /** Its name in Secrets Manager. */
  secretId: string;
  sinceMs: number;
}

/** Notes a value before it is made, or before what names it is taken away. */
export function noteLooseValue(table: Table, value: LooseValue): Promise<void> {
  return putItem(table, { ...looseValueKey(value.team, value.secretId), ...value });
}

/** Forgets the note: the value has its entry, or is gone. */
export function forgetLooseValue(
  table: Table,
  { team, secretId }: Pick<LooseValue, 'team' | 'secretId'>,
): Promise<void> {
  return deleteItem(table, looseValueKey(team, secretId));
}

export async function looseValues(table: Table, team: string): Promise<LooseValue[]> {
  const { pk, sk: prefix } = looseValueKey(team, '');
  return (await queryPrefix(table, pk, prefix)) as unknown as LooseValue[];
}
