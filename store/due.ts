import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from './client.ts';
import { DELIVERY_PREFIX, dueShards, type ItemKey, RESEND_PREFIX, RUN_PREFIX } from './keys.ts';
import type { RunName } from './runs.ts';

/** What the sweeper must look after. */
export type DueItem =
  | { kind: 'delivery'; id: string }
  | { kind: 'resend'; id: string }
  | { kind: 'run'; name: RunName }
  /** An item whose last change is not in the audit list yet. */
  | { kind: 'change'; key: ItemKey };

/**
 * The items whose time to be looked after has come, longest overdue first in each shard, `limit` a shard. With
 * `onMissed` a shard that can't be read is told of and the others are answered; throws when none can be.
 */
export async function readDue(
  table: Table,
  nowMs: number,
  limit: number,
  onMissed?: (error: unknown) => void,
): Promise<DueItem[]> {
  const shards = await Promise.allSettled(dueShards.map((shard) => readShard(table, shard, nowMs, limit)));
  const missed = shards.filter((shard) => shard.status === 'rejected').map(({ reason }) => reason);
  if (missed.length > 0 && (!onMissed || missed.length === shards.length)) throw missed[0];
  for (const error of missed) onMissed?.(error);
  return shards.flatMap((shard) => (shard.status === 'fulfilled' ? shard.value : []));
}

async function readShard(table: Table, shard: string, nowMs: number, limit: number): Promise<DueItem[]> {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'due',
      KeyConditionExpression: 'dueShard = :shard AND sweepAt <= :now',
      ExpressionAttributeValues: { ':shard': shard, ':now': nowMs },
      Limit: limit,
    }),
  );
  return (Items as ItemKey[]).flatMap(toDueItem);
}

function toDueItem({ pk, sk }: ItemKey): DueItem[] {
  if (pk.startsWith(DELIVERY_PREFIX)) return [{ kind: 'delivery', id: pk.slice(DELIVERY_PREFIX.length) }];
  if (pk.startsWith(RESEND_PREFIX)) return [{ kind: 'resend', id: pk.slice(RESEND_PREFIX.length) }];
  if (!pk.startsWith(RUN_PREFIX)) return [{ kind: 'change', key: { pk, sk } }];
  const [team, project, run] = pk.slice(RUN_PREFIX.length).split('/');
  return team && project && run ? [{ kind: 'run', name: { team, project, run } }] : [];
}
