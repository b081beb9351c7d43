import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { PageStart } from '../core/api/fields.ts';
import type { Change } from '../core/audit.ts';
import type { Table } from './client.ts';
import type { Item, Page } from './items.ts';
import { auditPartition } from './keys.ts';

interface Span {
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
}

const LATEST_MS = Date.UTC(9999, 0);

/** A page of a team's changes, or of all, newest first. */
export async function listChanges(
  table: Table,
  team: string | undefined,
  { limit, after, sinceMs = 0, untilMs = LATEST_MS }: PageStart & Span,
): Promise<Page<Change>> {
  const [since, last] = [new Date(sinceMs).toISOString(), `${new Date(untilMs).toISOString()}#~`];
  const until = after !== undefined && after < last ? after : last;
  if (until < since) return { things: [] };
  const { Items = [], LastEvaluatedKey } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :since AND :until',
      ExpressionAttributeValues: { ':pk': auditPartition(team), ':since': since, ':until': until },
      ScanIndexForward: false,
      // The one that the page before ended with comes once more.
      Limit: limit + 1,
    }),
  );
  const things = (Items as Item[])
    .filter(({ sk }) => sk !== after)
    .map(({ change }) => JSON.parse(change as string) as Change);
  return { things, next: LastEvaluatedKey?.['sk'] as string | undefined };
}

/** Every change of a team, or of all, newest first: for what an operator does. */
export async function* eachChange(table: Table, team: string | undefined): AsyncGenerator<Change> {
  let after: string | undefined;
  do {
    const { things, next } = await listChanges(table, team, { limit: 1_000, after });
    yield* things;
    after = next;
  } while (after !== undefined);
}
