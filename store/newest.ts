import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Wait } from '../core/delivery.ts';
import { ageOrder } from '../core/subject.ts';
import { historyEnd, holds, type Table } from './client.ts';
import type { StoredDelivery } from './deliveries.ts';
import { getItem } from './items.ts';
import { newestKey } from './keys.ts';

/** A delivery may be sent again for as long as it is kept, and this must be there by then. */
const LONGER_MS = 24 * 60 * 60_000;

/** A subject's turns, which the newest delivery takes over from those that it supersedes. */
export type Turns = Pick<Wait, 'turnAtMs' | 'pacedAtMs'>;

/** Says that this delivery is there; undefined when a newer one of its automation and subject said so before. */
export async function announceNewest(
  table: Table,
  delivery: StoredDelivery,
  subject: string,
  nowMs: number,
): Promise<Turns | undefined> {
  try {
    const { Attributes = {} } = await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: newestKey(delivery.automationId, subject),
        UpdateExpression: 'SET newest = :mine, #ttl = :ttl',
        ConditionExpression: 'attribute_not_exists(pk) OR newest <= :mine',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':mine': ageOrder(delivery),
          ':ttl': historyEnd(table, nowMs + LONGER_MS),
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    const { turnAtMs, pacedAtMs } = Attributes;
    return { ...(turnAtMs !== undefined && { turnAtMs }), ...(pacedAtMs !== undefined && { pacedAtMs }) };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** Keeps turns that a delivery took for its subject, for whatever is the newest by then. */
export async function keepTurns(
  table: Table,
  delivery: StoredDelivery,
  subject: string,
  turns: Turns,
): Promise<void> {
  const names = Object.keys(turns);
  await holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: newestKey(delivery.automationId, subject),
        UpdateExpression: `SET ${names.map((name) => `${name} = :${name}`).join(', ')}`,
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(turns).map(([name, value]) => [`:${name}`, value]),
        ),
      }),
    ),
  );
}

export type Claim = 'claimed' | 'busy' | 'superseded';

/**
 * Takes the subject for one attempt: nothing newer was announced, and no other attempt on it is under way. So an older
 * request never overtakes a newer one on the wire.
 */
export async function claimSubject(
  table: Table,
  delivery: StoredDelivery,
  subject: string,
  claim: { token: string; nowMs: number; untilMs: number },
): Promise<Claim> {
  const key = newestKey(delivery.automationId, subject);
  const mine = ageOrder(delivery);
  const taken = await holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: key,
        UpdateExpression: 'SET busyToken = :token, busyUntilMs = :until REMOVE turnAtMs, pacedAtMs',
        ConditionExpression: 'newest = :mine AND (attribute_not_exists(busyUntilMs) OR busyUntilMs <= :now)',
        ExpressionAttributeValues: {
          ':mine': mine,
          ':token': claim.token,
          ':until': claim.untilMs,
          ':now': claim.nowMs,
        },
      }),
    ),
  );
  if (taken) return 'claimed';
  const item = await getItem(table, key);
  if (item?.['newest'] !== mine) return 'superseded';
  // The write may be done although its answer got lost.
  return item['busyToken'] === claim.token ? 'claimed' : 'busy';
}

/** Lets the next attempt on the subject go. */
export async function releaseSubject(
  table: Table,
  delivery: StoredDelivery,
  subject: string,
  token: string,
): Promise<void> {
  await holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: newestKey(delivery.automationId, subject),
        UpdateExpression: 'REMOVE busyToken, busyUntilMs',
        ConditionExpression: 'busyToken = :token',
        ExpressionAttributeValues: { ':token': token },
      }),
    ),
  );
}
