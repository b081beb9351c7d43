import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { minuteOf } from '../core/digest.ts';
import { digest } from '../core/id.ts';
import { holds, type Table } from './client.ts';
import type { StoredDelivery } from './deliveries.ts';
import { putIfAbsent } from './items.ts';
import { heldBackKey, heldBackPartition, minuteKey } from './keys.ts';

/** Retries go on for days; what is older than that is not counted again, for it was admitted once. */
const KEPT_SECONDS = 7 * 24 * 60 * 60;

/**
 * Counts a firing into its minute; false when `max` others are in it. The minute keeps who is in it, so that asking
 * again, also after a crash, counts nothing twice.
 */
export function admitToMinute(
  table: Table,
  delivery: StoredDelivery,
  max: number,
  nowMs: number,
): Promise<boolean> {
  const short = digest(delivery.id).slice(0, 12);
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: minuteKey(delivery.automationId, minuteOf(delivery)),
        UpdateExpression: 'ADD admitted :set SET #ttl = :ttl',
        ConditionExpression:
          'attribute_not_exists(admitted) OR size(admitted) < :max OR contains(admitted, :one)',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':set': new Set([short]),
          ':one': short,
          ':max': max,
          ':ttl': Math.floor(nowMs / 1000) + KEPT_SECONDS,
        },
      }),
    ),
  );
}

/** Notes that a firing is to be told of in its minute's digest. */
export async function putHeldBack(table: Table, delivery: StoredDelivery, nowMs: number): Promise<void> {
  const ttl = Math.floor(nowMs / 1000) + KEPT_SECONDS;
  const key = heldBackKey(delivery.automationId, minuteOf(delivery), delivery.id);
  await putIfAbsent(table, { ...key, ttl });
}

/** How many firings of an automation were held back in a minute. */
export async function countHeldBack(table: Table, automationId: string, minuteMs: number): Promise<number> {
  let count = 0;
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ConsistentRead: true,
        Select: 'COUNT',
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :minute)',
        ExpressionAttributeValues: {
          ':pk': heldBackPartition(automationId),
          ':minute': new Date(minuteMs).toISOString(),
        },
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    count += page.Count ?? 0;
    start = page.LastEvaluatedKey;
  } while (start);
  return count;
}
