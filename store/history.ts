import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Attempt } from '../core/delivery.ts';
import type { Table } from './client.ts';
import { type StoredDelivery, toAttempt, toDelivery } from './deliveries.ts';
import { getItems, type Item } from './items.ts';
import { ATTEMPT_PREFIX, attemptKey, deliveryKey } from './keys.ts';

/** Whose deliveries, and made from when to when (both included). */
export interface HistoryRange {
  of: { team: string } | { automation: string };
  fromMs?: number | undefined;
  toMs?: number | undefined;
}

export interface HistoryPage {
  limit: number;
  /** The delivery behind which the page begins, as `positionOf` gave it. */
  after?: string | undefined;
  isOldestFirst?: boolean;
}

export interface FoundDeliveries {
  deliveries: StoredDelivery[];
  /** Where the next page begins: give it back as `after`. There may be nothing more. */
  next?: string | undefined;
}

/** Where a delivery stands in the history. */
export function positionOf({ id, createdAtMs }: Pick<StoredDelivery, 'id' | 'createdAtMs'>): string {
  return `${createdAtMs}-${id}`;
}

/** A team's or an automation's deliveries by time, a page at a time. */
export async function listDeliveries(
  table: Table,
  range: HistoryRange,
  page: HistoryPage,
): Promise<FoundDeliveries> {
  const query = queryOf(range, page);
  if (!query) return { deliveries: [] };
  const found = await table.client.send(new QueryCommand({ TableName: table.name, ...query }));
  const keys = ((found.Items ?? []) as Item[]).map(({ pk, sk }) => ({ pk, sk }));
  const items = new Map((await getItems(table, keys)).map((item) => [item.pk, item]));
  const deliveries = keys.flatMap(({ pk }) => items.get(pk) ?? []).map(toDelivery);
  const last = found.LastEvaluatedKey;
  if (!last) return { deliveries };
  const id = String(last['pk']).slice(deliveryKey('').pk.length);
  return { deliveries, next: positionOf({ id, createdAtMs: last['historyAtMs'] as number }) };
}

/** Undefined when the range is empty. DynamoDB refuses a start outside of it, so the range is cut to what is left. */
function queryOf({ of, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }: HistoryRange, page: HistoryPage) {
  const [index, attribute, value] =
    'team' in of
      ? (['by-team', 'team', of.team] as const)
      : (['by-automation', 'automationId', of.automation] as const);
  const { limit, isOldestFirst = false } = page;
  const after = page.after === undefined ? undefined : parsePosition(page.after);
  const from = isOldestFirst ? Math.max(fromMs, after?.atMs ?? fromMs) : fromMs;
  const to = isOldestFirst ? toMs : Math.min(toMs, after?.atMs ?? toMs);
  if (from > to) return undefined;
  const isInside = after?.atMs === (isOldestFirst ? from : to);
  return {
    IndexName: index,
    KeyConditionExpression: '#of = :of AND historyAtMs BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#of': attribute },
    ExpressionAttributeValues: { ':of': value, ':from': from, ':to': to },
    ScanIndexForward: isOldestFirst,
    Limit: limit,
    ...(isInside && {
      ExclusiveStartKey: { ...deliveryKey(after.id), [attribute]: value, historyAtMs: after.atMs },
    }),
  };
}

function parsePosition(position: string): { atMs: number; id: string } {
  const dash = position.indexOf('-');
  return { atMs: Number(position.slice(0, dash)), id: position.slice(dash + 1) };
}

/** The newest attempts of a delivery that are older than number `before`, newest first. */
export async function readLatestAttempts(
  table: Table,
  id: string,
  { limit, before = 10_000 }: { limit: number; before?: number | undefined },
): Promise<Attempt[]> {
  const { pk, sk } = attemptKey(id, before);
  const attempts: Attempt[] = [];
  let start: Record<string, unknown> | undefined;
  // A page may end before its limit, and the attempt that ended a delivery may stand behind it.
  do {
    const { Items = [], LastEvaluatedKey } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':pk': pk, ':first': ATTEMPT_PREFIX, ':last': sk },
        ScanIndexForward: false,
        Limit: limit + 1,
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    attempts.push(...(Items as Item[]).map(toAttempt).filter(({ number }) => number < before));
    start = LastEvaluatedKey;
  } while (start && attempts.length < limit);
  return attempts.slice(0, limit);
}
