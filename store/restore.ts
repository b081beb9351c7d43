import type { Table } from './client.ts';
import { getItem, type Item, putIfAbsent } from './items.ts';
import { isConfiguration } from './keys.ts';
import { type RestoredKey, RestoredKeys } from './restored-keys.ts';
import { type Called, TakenNames } from './taken-names.ts';
import { announceEverything } from './watches.ts';
import { eachItem } from './whole-table.ts';

export interface Restored {
  /** Items of configuration that the copy holds. */
  found: number;
  /** Those of them that were missing in the table and came back, or would have in a dry run. */
  missing: number;
  /** What stays away, since another one has its name: two of a name would both act. */
  passedOver: Called[];
  /** Automations that came back without the integration that they send to. */
  withoutIntegration: Called[];
  /** Keys that stay away: the table's audit list says that they were revoked. */
  revoked: RestoredKey[];
  /** Keys that are in force again. */
  inForce: RestoredKey[];
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
  const [names, keys] = [new TakenNames(from, to), await RestoredKeys.of(to)];
  const counts = { found: 0, missing: 0 };
  for await (const item of eachItem(from)) {
    if (!isConfiguration(item)) continue;
    counts.found++;
    if (keys.isOfRevoked(item) || (await names.isOfLost(item))) continue;
    if (!(await comesBack(item, to, isDryRun))) continue;
    counts.missing++;
    keys.note(item);
  }
  if (!isDryRun && counts.missing > 0) await announceEverything(to);
  const { passedOver, withoutIntegration } = names;
  const { revoked, inForce } = keys;
  return { ...counts, passedOver, withoutIntegration, revoked, inForce };
}

/** Whether an item is missing; unless it is a dry run, it is there now. */
async function comesBack(item: Item, to: Table, isDryRun: boolean): Promise<boolean> {
  return isDryRun ? !(await getItem(to, keyOf(item))) : putIfAbsent(to, item);
}

const keyOf = ({ pk, sk }: Item) => ({ pk, sk });
