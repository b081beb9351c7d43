import type { Table } from './client.ts';
import { putItem } from './items.ts';
import { deadRecordKey } from './keys.ts';

const KEPT_SECONDS = 90 * 24 * 60 * 60;

/** A record of a queue that can never be worked on: kept as it came, with the reason. */
export interface DeadRecord {
  messageId: string;
  body: string;
  reason: string;
}

export async function putDeadRecord(table: Table, record: DeadRecord, nowMs: number): Promise<void> {
  const key = deadRecordKey(new Date(nowMs).toISOString(), record.messageId);
  await putItem(table, { ...key, ...record, ttl: Math.floor(nowMs / 1000) + KEPT_SECONDS });
}
