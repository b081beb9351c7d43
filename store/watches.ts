import { PutCommand } from '@aws-sdk/lib-dynamodb';
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

const TRIES = 20;

export async function readWatchFeed(table: Table): Promise<WatchFeed> {
  const item = await getItem(table, changeFeedKey);
  if (!item) return { version: 0, recent: [] };
  return { version: item['version'] as number, recent: item['recent'] as WatchChange[] };
}

/** Tells every cache of a change. Comes before the change as well as after it (see store/automations.ts). */
export async function announceChange(table: Table, change: WatchChange): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { version, recent } = await readWatchFeed(table);
    const next = { version: version + 1, recent: [...recent, change].slice(-KEPT_CHANGES) };
    if (await putFeed(table, version, next)) return;
  }
  throw new Error(`the change feed was written by others ${TRIES} times in a row`);
}

function putFeed(table: Table, before: number, next: WatchFeed): Promise<boolean> {
  return holds(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...changeFeedKey, ...next },
        ConditionExpression: before === 0 ? 'attribute_not_exists(pk)' : '#version = :version',
        ...(before > 0 && {
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': before },
        }),
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
  return items.map(({ sk, reach }) => {
    const rest = sk.slice(WATCH_PREFIX.length);
    // A metric's name may hold a #; an event's and an id do not.
    const [first, last] = [rest.indexOf('#'), rest.lastIndexOf('#')];
    return {
      event: rest.slice(0, first) as Watch['event'],
      metric: rest.slice(first + 1, last),
      automationId: rest.slice(last + 1),
      reach: (reach as number | undefined) ?? 0,
    };
  });
}

export async function putWatch(table: Table, watch: Watch, id: string, reach: number): Promise<void> {
  await putItem(table, { ...watchKey(watch, id), ...(reach > 0 && { reach }) });
}

export async function deleteWatch(table: Table, watch: Watch, id: string): Promise<void> {
  await deleteItem(table, watchKey(watch, id));
}
