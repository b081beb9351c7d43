import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from './client.ts';
import { type Item, putItem } from './items.ts';
import { endedRunKey, endedRunsPartition } from './keys.ts';

/** The last value that a run had of a metric when it ended. */
export interface EndedRun {
  run: string;
  value: number;
  endedAtMs: number;
}

/** Of one metric in one project. */
export interface MetricOfProject {
  team: string;
  project: string;
  metric: string;
}

const KEPT_SECONDS = 90 * 24 * 60 * 60;

/** Notes a run's last value at its end. Writing the same end again is writing it once. */
export async function putEndedRun(
  table: Table,
  of: MetricOfProject,
  { run, value, endedAtMs }: EndedRun,
): Promise<void> {
  const ttl = Math.floor(endedAtMs / 1000) + KEPT_SECONDS;
  // As text: DynamoDB's own numbers have fewer digits of exponent than doubles.
  await putItem(table, { ...endedRunKey(of, endedAtMs, run), run, value: String(value), endedAtMs, ttl });
}

/** The runs that ended most recently before a moment, newest first, each by its latest end before it; `limit` if there are. */
export async function readEndedRuns(
  table: Table,
  of: MetricOfProject,
  beforeMs: number,
  limit: number,
): Promise<EndedRun[]> {
  const ended = new Map<string, EndedRun>();
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND sk < :before',
        ExpressionAttributeValues: {
          ':pk': endedRunsPartition(of),
          ':before': new Date(beforeMs).toISOString(),
        },
        ScanIndexForward: false,
        Limit: limit,
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    for (const { run, value, endedAtMs } of (page.Items ?? []) as Item[]) {
      // TTL deletes days late: an expired item counts as gone.
      const isGone = (endedAtMs as number) <= beforeMs - KEPT_SECONDS * 1000;
      if (isGone || ended.has(run as string)) continue;
      const one = { run: run as string, value: Number(value), endedAtMs: endedAtMs as number };
      ended.set(one.run, one);
    }
    start = page.LastEvaluatedKey;
  } while (start && ended.size < limit);
  return [...ended.values()];
}
