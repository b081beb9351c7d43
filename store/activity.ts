import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Activity } from '../core/activity.ts';
import type { Table } from './client.ts';
import { getItem } from './items.ts';
import { activityKey } from './keys.ts';

/** Adds to what is known of an automation's doings. */
export async function addActivity(table: Table, automationId: string, activity: Activity): Promise<void> {
  const { fired, heldBack, lastMetAtMs, lastFiredAtMs } = activity;
  const sets = ['lastMetAtMs = :event', ...(lastFiredAtMs === undefined ? [] : ['lastFiredAtMs = :fired'])];
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: activityKey(automationId),
      UpdateExpression: `SET ${sets.join(', ')} ADD fired :count, heldBack :held`,
      ExpressionAttributeValues: {
        ':event': lastMetAtMs,
        ...(lastFiredAtMs !== undefined && { ':fired': lastFiredAtMs }),
        ':count': fired,
        ':held': heldBack,
      },
    }),
  );
}

/** What is known of an automation's doings; undefined when it never came near an event. */
export async function readActivity(table: Table, automationId: string): Promise<Activity | undefined> {
  const item = await getItem(table, activityKey(automationId));
  if (!item) return undefined;
  const { pk: _pk, sk: _sk, ...activity } = item;
  return activity as unknown as Activity;
}
