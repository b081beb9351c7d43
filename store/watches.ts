import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Watch } from '../core/watch.ts';
import { holds, type Table } from './client.ts';
import { deleteItem, getItem, putItem, queryPrefix } from './items.ts';
import { changeFeedKey, scopePartition, WATCH_PREFIX, watchKey } from './keys.ts';

/** A saved change of an automation, and the scopes whose caches it concerns. */
export interface WatchChange {
  automationId: string;
  scopes: string[];
}

/** All changes of automations, counted, and the last ones in full: one small item that every cache looks at. */
export interface WatchFeed {
  /** How many changes there were; 0 when none ever was. */
  version: number;
  /** The last of them, oldest first. */
  recent: WatchChange[];
}

/** A cache that has missed more than this many changes reads anew. The item stays in one or two read units. */
const KEPT_CHANGES = 50;

/** The list is cut down when it grew to this: saves of many at once only add to it. */
const CUT_AT = 2 * KEPT_CHANGES;

export async function readWatchFeed(table: Table): Promise<WatchFeed> {
  const item = await getItem(table, changeFeedKey);
  if (!item) return { version: 0, recent: [] };
  return { version: item['version'] as number, recent: item['recent'] as WatchChange[] };
}

/** Tells every cache of a change. Comes before the change as well as after it (see store/automations.ts). */
export async function announceChange(table: Table, change: WatchChange): Promise<void> {
  const { Attributes } = await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: changeFeedKey,
      UpdateExpression: 'SET recent = list_append(if_not_exists(recent, :none), :change) ADD #version :one',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':none': [], ':change': [change], ':one': 1 },
      ReturnValues: 'ALL_NEW',
    }),
  );
  const recent = (Attributes?.['recent'] ?? []) as WatchChange[];
  if (recent.length > CUT_AT) await cutFeed(table, Attributes?.['version'], recent);
}

/** Has every cache forget what it knows: more changed than a list would hold. */
export async function announceEverything(table: Table): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: changeFeedKey,
      UpdateExpression: 'SET recent = :none ADD #version :many',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':none': [], ':many': CUT_AT + 1 },
    }),
  );
}

/** Where another save came between, that one cuts it. */
async function cutFeed(table: Table, version: number, recent: WatchChange[]): Promise<void> {
  await holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: changeFeedKey,
        UpdateExpression: 'SET recent = :recent',
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':recent': recent.slice(-KEPT_CHANGES), ':version': version },
      }),
    ),
  );
}

export interface WatchEntry {
  event: Watch['event'];
  metric: string;
  automationId: string;
  /** How many values its condition looks at, for the budget of a scope's windows. */
  reach: number;
}

/** Who may be watching in a scope, and for what. Hints: the head of each automation is the truth. */
export async function readWatches(table: Table, scopeKey: string): Promise<WatchEntry[]> {
  const items = await queryPrefix(table, scopePartition(scopeKey), WATCH_PREFIX);
  return items.map(({ sk, reach, metric }) => {
    const rest = sk.slice(WATCH_PREFIX.length);
    // A metric's name may hold a #; an event's and an id do not.
    const [first, last] = [rest.indexOf('#'), rest.lastIndexOf('#')];
    return {
      event: rest.slice(0, first) as Watch['event'],
      metric: (metric as string | undefined) ?? rest.slice(first + 1, last),
      automationId: rest.slice(last + 1),
      reach: (reach as number | undefined) ?? 0,
    };
  });
}

export async function putWatch(table: Table, watch: Watch, id: string, reach: number): Promise<void> {
  const key = watchKey(watch, id);
  const { metric } = watch;
  // Of a metric with a long name only the digest stands in the key.
  const name = key.sk.includes(metric) ? {} : { metric };
  await putItem(table, { ...key, ...name, ...(reach > 0 && { reach }) });
}

export async function deleteWatch(table: Table, watch: Watch, id: string): Promise<void> {
  await deleteItem(table, watchKey(watch, id));
}
