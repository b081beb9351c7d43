import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { EventType } from '../core/event.ts';
import type { Watch } from '../core/watch.ts';
import type { Table } from './client.ts';
import { deleteItem, getItem, putItem, queryPrefix } from './items.ts';
import { scopePartition, scopeVersionKey, watchKey, watchPrefix } from './keys.ts';

/** How often a scope's automations were changed; 0 when none was ever saved there. */
export async function readScopeVersion(table: Table, scopeKey: string): Promise<number> {
  const item = await getItem(table, scopeVersionKey(scopeKey));
  return (item?.['version'] as number | undefined) ?? 0;
}

/** Tells every cache that the scope's automations changed. Comes after the change itself. */
export async function bumpScopeVersion(table: Table, scopeKey: string): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: scopeVersionKey(scopeKey),
      UpdateExpression: 'ADD #version :one',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':one': 1 },
    }),
  );
}

export interface WatchEntry {
  metric: string;
  automationId: string;
}

/** Who may be watching for such events in a scope. Hints: the head of each automation is the truth. */
export async function readWatches(table: Table, scopeKey: string, event: EventType): Promise<WatchEntry[]> {
  const prefix = watchPrefix(event);
  const items = await queryPrefix(table, scopePartition(scopeKey), prefix);
  return items.map(({ sk }) => {
    const rest = sk.slice(prefix.length);
    // A metric's name may hold a #, an id does not.
    const end = rest.lastIndexOf('#');
    return { metric: rest.slice(0, end), automationId: rest.slice(end + 1) };
  });
}

export async function putWatch(table: Table, { scopeKey, event, metric }: Watch, id: string): Promise<void> {
  await putItem(table, watchKey(scopeKey, event, metric, id));
}

export async function deleteWatch(
  table: Table,
  { scopeKey, event, metric }: Watch,
  id: string,
): Promise<void> {
  await deleteItem(table, watchKey(scopeKey, event, metric, id));
}
