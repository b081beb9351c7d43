import type { Table } from './client.ts';
import { getItem, type Item, putIfAbsent } from './items.ts';
import { isConfiguration } from './keys.ts';
import { announceEverything } from './watches.ts';
import { eachItem } from './whole-table.ts';

export interface Restored {
  /** Items of configuration that the copy holds. */
  found: number;
  /** Those of them that are missing in the table, and that are there now unless it was a dry run. */
  missing: number;
}

/**
 * Brings back configuration that is missing, from a copy of the table: teams, registries, keys, integrations,
 * automations and the audit list. What is there is never overwritten, so it may be done twice. Deliveries and windows
 * are not brought back: they would be sent and judged again.
 */
export async function restoreConfiguration(
  from: Table,
  to: Table,
  { isDryRun }: { isDryRun: boolean },
): Promise<Restored> {
  const counts = { found: 0, missing: 0 };
  for await (const item of eachItem(from)) {
    if (!isConfiguration(item)) continue;
    counts.found++;
    const isMissing = isDryRun ? !(await getItem(to, keyOf(item))) : await putIfAbsent(to, item);
    if (isMissing) counts.missing++;
  }
  if (!isDryRun && counts.missing > 0) await announceEverything(to);
  return counts;
}

const keyOf = ({ pk, sk }: Item) => ({ pk, sk });
