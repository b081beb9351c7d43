import type { Watch } from '../core/watch.ts';
import type { Table } from './client.ts';
import { getItem, putItem } from './items.ts';
import { sightingKey } from './keys.ts';

const KEPT_SECONDS = 90 * 24 * 60 * 60;

/** Notes when an event last came that such a watch is for. Whoever writes last counts, be it by seconds the older one. */
export async function putSighting(table: Table, watch: Watch, atMs: number): Promise<void> {
  await putItem(table, { ...sightingKey(watch), atMs, ttl: Math.floor(atMs / 1000) + KEPT_SECONDS });
}

/** When an event last came that such a watch is for; undefined when none did, or not within 90 days. */
export async function readSighting(table: Table, watch: Watch): Promise<number | undefined> {
  return (await getItem(table, sightingKey(watch)))?.['atMs'] as number | undefined;
}
