import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetCommand, DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { PageStart } from '../core/api/fields.ts';
import { holds, type Table } from './client.ts';
import { type ItemKey, memberKey, type Noun } from './keys.ts';

export type Item = Record<string, unknown> & ItemKey;

/** DynamoDB takes at most this many keys in one BatchGetItem. */
const BATCH_GET_KEYS = 100;

/** A scope may have thousands of automations, and a cold matcher waits for them all. */
const BATCHES_AT_ONCE = 8;

/** What was deleted and only waits for that to be listed is gone to readers (store/changes.ts). */
const isThere = (item: Item | undefined): item is Item => item !== undefined && item['gone'] !== true;

/** One item, as last written. */
export async function getItem(table: Table, key: ItemKey): Promise<Item | undefined> {
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  );
  const item = Item as Item | undefined;
  return isThere(item) ? item : undefined;
}

/** The items that exist among these keys, in no order, as last written. */
export async function getItems(table: Table, keys: ItemKey[]): Promise<Item[]> {
  const found: Item[] = [];
  for (let at = 0; at < keys.length; at += BATCH_GET_KEYS * BATCHES_AT_ONCE) {
    const batches = Array.from({ length: BATCHES_AT_ONCE }, (_, n) => at + n * BATCH_GET_KEYS)
      .filter((start) => start < keys.length)
      .map((start) => getBatch(table, keys.slice(start, start + BATCH_GET_KEYS)));
    for (const items of await Promise.all(batches)) found.push(...items.filter(isThere));
  }
  return found;
}

/** DynamoDB may answer a part of a batch only: the rest is asked for again, a little later each time. */
async function getBatch(table: Table, keys: ItemKey[]): Promise<Item[]> {
  const found: Item[] = [];
  let rest: ItemKey[] = keys;
  for (let round = 0; rest.length > 0; round++) {
    if (round > 0) await sleep(25 * 2 ** round);
    const request = { RequestItems: { [table.name]: { Keys: rest, ConsistentRead: true } } };
    const answer = await table.client.send(new BatchGetCommand(request));
    found.push(...((answer.Responses?.[table.name] ?? []) as Item[]));
    rest = (answer.UnprocessedKeys?.[table.name]?.Keys ?? []) as ItemKey[];
    if (round === 8) throw new Error('DynamoDB left keys unprocessed nine times');
  }
  return found;
}

/** Writes an item unless one stands there; true when it was written. */
export async function putIfAbsent(table: Table, item: Item): Promise<boolean> {
  const command = new PutCommand({
    TableName: table.name,
    Item: item,
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  return holds(table.client.send(command));
}

/** Writes an item whatever stood there. */
export async function putItem(table: Table, item: Item): Promise<void> {
  await table.client.send(new PutCommand({ TableName: table.name, Item: item }));
}

/** Removes an item, if it is there. */
export async function deleteItem(table: Table, key: ItemKey): Promise<void> {
  await table.client.send(new DeleteCommand({ TableName: table.name, Key: key }));
}

export interface Page<Thing> {
  things: Thing[];
  /** Where the next page begins: what `after` takes. */
  next?: string | undefined;
}

/** A page of the items of a partition whose sort key begins so, in its order; `after` is what follows the prefix. */
export async function queryPage(
  table: Table,
  { pk, prefix }: { pk: string; prefix: string },
  { limit, after }: PageStart,
): Promise<Page<Item>> {
  const { Items = [], LastEvaluatedKey } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
      ...(after !== undefined && { ExclusiveStartKey: { pk, sk: prefix + after } }),
      Limit: limit,
    }),
  );
  const last = LastEvaluatedKey?.['sk'] as string | undefined;
  return { things: (Items as Item[]).filter(isThere), next: last?.slice(prefix.length) };
}

/**
 * A page of a team's members of one noun, in the order of their ids. A hint whose item is gone is passed over, so a
 * page may be shorter than its limit.
 */
export async function memberPage(
  table: Table,
  { team, noun, keyOf }: { team: string; noun: Noun; keyOf: (id: string) => ItemKey },
  page: PageStart,
): Promise<Page<Item>> {
  const { pk, sk: prefix } = memberKey(team, noun, '');
  const { things: hints, ...rest } = await queryPage(table, { pk, prefix }, page);
  const found = await getItems(
    table,
    hints.map(({ sk }) => keyOf(sk.slice(prefix.length))),
  );
  return { things: found.sort((a, b) => (a.pk < b.pk ? -1 : 1)), ...rest };
}

/** A filtered page reads this many hundreds of things before it gives up finding more that the filter takes. */
const HUNDREDS = 4;

/** A page of those that a filter takes, of a list that `read` gives a page of. It may be shorter than its limit. */
export async function pageOfAll<Thing>(
  { limit, after }: PageStart,
  read: (start: PageStart) => Promise<Page<Thing>>,
  { takes, cursorOf }: { takes: (thing: Thing) => boolean; cursorOf: (thing: Thing) => string },
): Promise<Page<Thing>> {
  const found: Thing[] = [];
  let next = after;
  for (let round = 0; round < HUNDREDS; round++) {
    const page = await read({ limit: 100, after: next });
    found.push(...page.things.filter(takes));
    const last = found[limit - 1];
    if (found.length > limit && last) return { things: found.slice(0, limit), next: cursorOf(last) };
    next = page.next;
    if (found.length === limit || next === undefined) break;
  }
  return { things: found, next };
}

/** All items of a partition whose sort key begins so, in its order, as last written. */
export async function queryPrefix(table: Table, pk: string, prefix: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    items.push(...((page.Items ?? []) as Item[]).filter(isThere));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}
