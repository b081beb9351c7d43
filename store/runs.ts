import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { decodeSeries, encodeSeries } from '../core/metrics/series-codec.ts';
import { newRunState, type RunState } from '../core/run-state.ts';
import { holds, type Table } from './client.ts';
import { getItem, type Item } from './items.ts';
import { dueShardOf, runKey } from './keys.ts';

export interface RunName {
  team: string;
  project: string;
  run: string;
}

const KEPT_SECONDS = 90 * 24 * 60 * 60;

/** How long after the write of an outbox the sweeper may think that its writer died. */
const OUTBOX_PATIENCE_MS = 120_000;

/** Loads what is remembered of a run; a fresh state when nothing is, or when its time to live is over. */
export async function loadRun(table: Table, name: RunName, nowMs: number): Promise<RunState> {
  const item = await getItem(table, runKey(name.team, name.project, name.run));
  if (!item) return newRunState();
  const version = item['version'] as number;
  // TTL deletes days late: an expired item counts as gone, but its version still guards the write.
  if ((item['ttl'] as number) * 1000 <= nowMs) return { ...newRunState(), version };
  return toState(item);
}

/** Writes the state if nobody else did since it was loaded; true when written, and then its version is one higher. */
export async function saveRun(table: Table, name: RunName, state: RunState, nowMs: number): Promise<boolean> {
  const key = runKey(name.team, name.project, name.run);
  const item = { ...key, ...name, ...toAttributes(state), ...dueAttributes(key.pk, state, nowMs) };
  const saved = await holds(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...item, version: state.version + 1, ttl: Math.floor(nowMs / 1000) + KEPT_SECONDS },
        ConditionExpression: state.version === 0 ? 'attribute_not_exists(pk)' : '#version = :version',
        ...(state.version > 0 && {
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': state.version },
        }),
      }),
    ),
  );
  if (saved) state.version++;
  return saved;
}

/** A run whose deliveries are perhaps not written stands in the due index until they are. */
function dueAttributes(pk: string, state: RunState, nowMs: number) {
  if (state.outbox.length === 0) return {};
  return { dueShard: dueShardOf(pk), sweepAt: nowMs + OUTBOX_PATIENCE_MS };
}

function toAttributes({ attempt, lastStep, series, fired, applied, outbox, late }: RunState) {
  const packed = [...series].map(([metric, values]) => [metric, encodeSeries(values)]);
  return {
    attempt,
    lastStep,
    late,
    applied: applied.join(' '),
    series: Object.fromEntries(packed),
    fired: Object.fromEntries([...fired].map(([id, { triggerHash, atMs }]) => [id, [triggerHash, atMs]])),
    ...(outbox.length > 0 && { outbox: JSON.stringify(outbox) }),
  };
}

function toState(item: Item): RunState {
  const series = Object.entries(item['series'] as Record<string, Uint8Array>);
  const fired = Object.entries(item['fired'] as Record<string, [string, number]>);
  const applied = item['applied'] as string;
  return {
    version: item['version'] as number,
    attempt: item['attempt'] as number,
    lastStep: item['lastStep'] as number,
    late: item['late'] as number,
    applied: applied === '' ? [] : applied.split(' '),
    series: new Map(series.map(([metric, bytes]) => [metric, decodeSeries(bytes)])),
    fired: new Map(fired.map(([id, [triggerHash, atMs]]) => [id, { triggerHash, atMs }])),
    outbox: JSON.parse((item['outbox'] as string | undefined) ?? '[]'),
  };
}
