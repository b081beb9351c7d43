import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from './client.ts';
import type { Item } from './items.ts';

/** Every item of the table, in no order, as last written: for what an operator does. */
export async function* eachItem({ client, name }: Table): AsyncGenerator<Item> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = { TableName: name, ConsistentRead: true, ...(start && { ExclusiveStartKey: start }) };
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand(page));
    yield* Items as Item[];
    start = LastEvaluatedKey;
  } while (start);
}
