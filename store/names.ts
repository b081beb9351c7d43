import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { holds, type Table } from './client.ts';
import { getItem } from './items.ts';
import { nameKey } from './keys.ts';

/** A name inside a partition, held by one owner at a time. */
export interface ReservedName {
  /** A team's or a scope's partition. */
  partition: string;
  noun: string;
  name: string;
}

const keyOf = ({ partition, noun, name }: ReservedName) => nameKey(partition, noun, name);

/** A reservation whose owner never came to life may be taken over after this time. */
const ABANDONED_AFTER_MS = 60_000;

/**
 * Reserves a name for `ownerId`; true when it has it now. A reservation left behind by a save that died
 * is taken over once it is a minute old and `isLive` says that its owner does not exist.
 */
export async function reserveName(
  table: Table,
  wanted: ReservedName,
  ownerId: string,
  deps: { nowMs: number; isLive: (ownerId: string) => Promise<boolean> },
): Promise<boolean> {
  const item = { ...keyOf(wanted), ownerId, reservedAtMs: deps.nowMs };
  const put = (condition: string, values?: Record<string, unknown>) =>
    holds(
      table.client.send(
        new PutCommand({
          TableName: table.name,
          Item: item,
          ConditionExpression: condition,
          ...(values && { ExpressionAttributeValues: values }),
        }),
      ),
    );
  if (await put('attribute_not_exists(pk)')) return true;
  const key = { TableName: table.name, Key: keyOf(wanted), ConsistentRead: true };
  const { Item: taken } = await table.client.send(new GetCommand(key));
  if (!taken) return put('attribute_not_exists(pk)');
  if (taken['ownerId'] === ownerId) return true;
  const abandoned = deps.nowMs - taken['reservedAtMs'] > ABANDONED_AFTER_MS;
  if (!abandoned || (await deps.isLive(taken['ownerId']))) return false;
  return put('ownerId = :owner AND reservedAtMs = :at', {
    ':owner': taken['ownerId'],
    ':at': taken['reservedAtMs'],
  });
}

/** Who has a name now. */
export async function ownerOfName(table: Table, name: ReservedName): Promise<string | undefined> {
  return (await getItem(table, keyOf(name)))?.['ownerId'] as string | undefined;
}

/** Gives a name back, if it is still the owner's. */
export async function releaseName(table: Table, held: ReservedName, ownerId: string): Promise<void> {
  await holds(
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: keyOf(held),
        ConditionExpression: 'ownerId = :owner',
        ExpressionAttributeValues: { ':owner': ownerId },
      }),
    ),
  );
}
