import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Author, Change } from '../core/audit.ts';
import { holds, type Table } from './client.ts';
import { type Item, putIfAbsent } from './items.ts';
import { auditKey, dueShardOf, type ItemKey } from './keys.ts';

/*
 * Every change of configuration is one conditional write that carries its entry of the audit list in the item itself
 * (docs/decisions/0016). The entry is then listed, and the item let go of it. Until then the item stands in the due
 * index, so that the sweeper lists what a crash left behind. What is deleted leaves a stone with its entry, which
 * goes once it is listed; to readers it is gone at once.
 */

/** What must hold of the item for the change to be made: that there is none, or that its version is this one. */
export type Expected = 'absent' | { version: number };

/** Who changes what nobody asked for. */
export const SYSTEM: Author = {
  by: 'signalbox',
  get atMs() {
    return Date.now();
  },
};

/** How long a change may take to be listed before the sweeper does it. */
const PATIENCE_MS = 30_000;

/** Writes an item and lists its change; false when what was expected does not hold, and then nothing changes. */
export async function writeChange(
  table: Table,
  item: Item,
  change: Change,
  expected: Expected,
): Promise<boolean> {
  const key = { pk: item.pk, sk: item.sk };
  // The entry of an earlier change would be overwritten.
  await finishChange(table, key);
  const carried = {
    change: JSON.stringify(change),
    dueShard: dueShardOf(key.pk),
    sweepAt: change.atMs + PATIENCE_MS,
  };
  const written = await holds(
    table.client.send(
      new PutCommand({ TableName: table.name, Item: { ...item, ...carried }, ...conditionOf(expected) }),
    ),
  );
  // The write may be done although its answer got lost and its repetition was refused.
  if (!written && (await readCarried(table, key))?.change.id !== change.id) return false;
  await finishChange(table, key);
  return true;
}

/** Removes an item and lists that; false when its version is another one, and then nothing changes. */
export function removeWithChange(
  table: Table,
  key: ItemKey,
  change: Change,
  expected: Expected,
): Promise<boolean> {
  return writeChange(table, { ...key, gone: true }, change, expected);
}

/** Lists the change that an item carries, if it does, and lets the item go of it. Doing it twice is doing it once. */
export async function finishChange(table: Table, key: ItemKey): Promise<void> {
  const carried = await readCarried(table, key);
  if (!carried) return;
  await listChange(table, carried.change);
  const condition = {
    ConditionExpression: 'change = :change',
    ExpressionAttributeValues: { ':change': carried.text },
  };
  const letGo = { TableName: table.name, Key: key, ...condition };
  const update = { ...letGo, UpdateExpression: 'REMOVE change, dueShard, sweepAt' };
  await holds(
    carried.isGone
      ? table.client.send(new DeleteCommand(letGo))
      : table.client.send(new UpdateCommand(update)),
  );
}

/** An item's own attributes. */
export function withoutKeys(item: Item): Record<string, unknown> {
  const { pk: _pk, sk: _sk, change: _change, dueShard: _shard, sweepAt: _at, ...own } = item;
  return own;
}

async function readCarried(table: Table, key: ItemKey) {
  const get = new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true });
  const { Item } = await table.client.send(get);
  const text = Item?.['change'] as string | undefined;
  if (text === undefined) return undefined;
  return { text, change: JSON.parse(text) as Change, isGone: Item?.['gone'] === true };
}

async function listChange(table: Table, change: Change): Promise<void> {
  const text = JSON.stringify(change);
  for (const list of new Set([undefined, change.team])) {
    await putIfAbsent(table, { ...auditKey(list, change), change: text });
  }
}

function conditionOf(expected: Expected) {
  if (expected === 'absent') return { ConditionExpression: 'attribute_not_exists(pk)' };
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': expected.version },
  };
}
