import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Resend } from '../core/resend.ts';
import { historyEnd, holds, type Table } from './client.ts';
import { getItem, type Item } from './items.ts';
import { dueShardOf, resendKey } from './keys.ts';

/** Stores a job, or where it stands now if nobody else moved it; it is due at `dueAtMs`. False when somebody did. */
export function saveResend(table: Table, resend: Resend, dueAtMs: number): Promise<boolean> {
  const key = resendKey(resend.id);
  const { version } = resend;
  return holds(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: {
          ...{ ...key, ...resend, version: version + 1 },
          ...(resend.phase !== 'done' && { dueShard: dueShardOf(key.pk), sweepAt: dueAtMs }),
          ttl: historyEnd(table, resend.createdAtMs),
        },
        ConditionExpression: version === 0 ? 'attribute_not_exists(pk)' : '#version = :version',
        ...(version > 0 && {
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': version },
        }),
      }),
    ),
  );
}

export async function readResend(table: Table, id: string): Promise<Resend | undefined> {
  const item = await getItem(table, resendKey(id));
  return item && toResend(item);
}

function toResend({
  pk: _pk,
  sk: _sk,
  ttl: _ttl,
  dueShard: _shard,
  sweepAt: _sweep,
  ...resend
}: Item): Resend {
  return resend as unknown as Resend;
}
