import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from './client.ts';
import { getItem } from './items.ts';
import { healthKey, type ItemKey, paceKey } from './keys.ts';

const PACE_KEPT_SECONDS = 24 * 60 * 60;

/** Takes the next turn in an integration's line, in which turns are `intervalMs` apart. */
export function reserveTurn(table: Table, integrationId: string, intervalMs: number, nowMs: number) {
  return reserve(table, healthKey(integrationId), { intervalMs, nowMs });
}

/** Takes the next turn, which is nobody else's, in a channel that takes a message each `intervalMs`. */
export function reservePace(table: Table, channel: string, intervalMs: number, nowMs: number) {
  const ttl = Math.floor(nowMs / 1000) + PACE_KEPT_SECONDS;
  return reserve(table, paceKey(channel), { intervalMs, nowMs, ttl });
}

/** When a channel's next turn is. */
export async function readPace(table: Table, channel: string): Promise<number> {
  return ((await getItem(table, paceKey(channel)))?.['nextMs'] as number | undefined) ?? 0;
}

interface Line {
  intervalMs: number;
  nowMs: number;
  ttl?: number;
}

/**
 * The line is the time of its next turn, moved on by one conditional write without a read. Each refusal means that
 * somebody else has just moved it, so the loop ends.
 */
async function reserve(table: Table, key: ItemKey, line: Line): Promise<number> {
  for (;;) {
    const atMs = (await joinLine(table, key, line)) ?? (await beginLine(table, key, line));
    if (atMs !== undefined) return atMs;
  }
}

/** The turn behind those who wait; undefined when nobody does. */
async function joinLine(table: Table, key: ItemKey, line: Line): Promise<number | undefined> {
  const { intervalMs, nowMs, ttl } = line;
  const next = await update(table, key, {
    set: 'nextMs = nextMs + :interval',
    condition: 'nextMs >= :now',
    values: { ':interval': intervalMs, ':now': nowMs },
    ttl,
  });
  return next === undefined ? undefined : next - intervalMs;
}

/** The turn that is now; undefined when somebody else began a line. */
async function beginLine(table: Table, key: ItemKey, line: Line): Promise<number | undefined> {
  const { intervalMs, nowMs, ttl } = line;
  const next = await update(table, key, {
    set: 'nextMs = :next',
    condition: 'attribute_not_exists(nextMs) OR nextMs < :now',
    values: { ':next': nowMs + intervalMs, ':now': nowMs },
    ttl,
  });
  return next === undefined ? undefined : nowMs;
}

async function update(
  table: Table,
  key: ItemKey,
  write: { set: string; condition: string; values: Record<string, number>; ttl: number | undefined },
): Promise<number | undefined> {
  const { set, condition, values, ttl } = write;
  try {
    const { Attributes } = await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: key,
        UpdateExpression: ttl === undefined ? `SET ${set}` : `SET ${set}, #ttl = :ttl`,
        ConditionExpression: condition,
        ExpressionAttributeValues: { ...values, ...(ttl !== undefined && { ':ttl': ttl }) },
        ...(ttl !== undefined && { ExpressionAttributeNames: { '#ttl': 'ttl' } }),
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Attributes?.['nextMs'] as number;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
