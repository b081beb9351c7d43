import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { decodeSeries, encodeSeries } from '../core/metrics/series-codec.ts';
import type { Latch } from '../core/runs/latch.ts';
import { newRunMemory, type RunMemory, silenceDueAtMs } from '../core/runs/memory.ts';
import { holds, type Table } from './client.ts';
import { isOfFirstVersion, latchesOfFirstVersion } from './earlier.ts';
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

/** Loads what is remembered of a run; a fresh memory when nothing is, or when its time to live is over. */
export async function loadRun(table: Table, name: RunName, nowMs: number): Promise<RunMemory> {
  const item = await getItem(table, runKey(name.team, name.project, name.run));
  if (!item) return newRunMemory();
  const version = item['version'] as number;
  // TTL deletes days late: an expired item counts as gone, but its version still guards the write.
  if ((item['ttl'] as number) * 1000 <= nowMs) return { ...newRunMemory(), version };
  return toMemory(item);
}

/** Writes the memory if nobody else did since it was loaded; true when written, and then its version is one higher. */
export async function saveRun(
  table: Table,
  name: RunName,
  memory: RunMemory,
  nowMs: number,
): Promise<boolean> {
  const key = runKey(name.team, name.project, name.run);
  const item = { ...key, ...name, ...toAttributes(memory), ...dueAttributes(key.pk, memory, nowMs) };
  const saved = await holds(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...item, version: memory.version + 1, ttl: Math.floor(nowMs / 1000) + KEPT_SECONDS },
        ConditionExpression: memory.version === 0 ? 'attribute_not_exists(pk)' : '#version = :version',
        ...(memory.version > 0 && {
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': memory.version },
        }),
      }),
    ),
  );
  if (saved) {
    memory.version++;
    memory.isChanged = false;
  }
  return saved;
}

/** A run stands in the due index while its deliveries are perhaps not written, and while silence would make it CRASHED. */
function dueAttributes(pk: string, memory: RunMemory, nowMs: number) {
  const dues = [silenceDueAtMs(memory), memory.outbox.length > 0 ? nowMs + OUTBOX_PATIENCE_MS : undefined];
  const sweepAt = Math.min(...dues.map((dueAtMs) => dueAtMs ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(sweepAt) ? { dueShard: dueShardOf(pk), sweepAt } : {};
}

function toAttributes(memory: RunMemory) {
  const { attempt, lastStep, series, latches, applied, outbox, late } = memory;
  const { stateAttempt, stateEvents, state, pulse } = memory;
  return {
    attempt,
    lastStep,
    late,
    applied: applied.join(' '),
    // Maps, not objects: a metric may be called `constructor`, which the SDK takes for an object's own.
    series: new Map([...series].map(([metric, values]) => [metric, encodeSeries(values)])),
    latches: new Map([...latches].map(([key, latch]) => [key, packLatch(latch)])),
    ...(stateAttempt > 0 && { stateAttempt }),
    ...(stateEvents.length > 0 && { stateEvents: stateEvents.join(' ') }),
    ...(state && { state }),
    // As JSON text: what a user sent in a config goes beyond what DynamoDB's own number type takes.
    ...(pulse && { pulse: JSON.stringify(pulse) }),
    ...(outbox.length > 0 && { outbox: JSON.stringify(outbox) }),
  };
}

function toMemory(item: Item): RunMemory {
  const isEarlier = isOfFirstVersion(item);
  const series = Object.entries(isEarlier ? {} : (item['series'] as Record<string, Uint8Array>));
  const latches = Object.entries((item['latches'] as Record<string, string> | undefined) ?? {});
  const applied = item['applied'] as string;
  const pulse = item['pulse'] as string | undefined;
  const stateEvents = item['stateEvents'] as string | undefined;
  return {
    version: item['version'] as number,
    isChanged: false,
    attempt: item['attempt'] as number,
    lastStep: item['lastStep'] as number,
    late: item['late'] as number,
    applied: applied === '' ? [] : applied.split(' '),
    series: new Map(series.map(([metric, bytes]) => [metric, decodeSeries(bytes)])),
    latches: isEarlier
      ? latchesOfFirstVersion(item)
      : new Map(latches.map(([key, packed]) => [key, unpackLatch(packed)])),
    stateAttempt: (item['stateAttempt'] as number | undefined) ?? 0,
    stateEvents: stateEvents?.split(' ') ?? [],
    ...(item['state'] !== undefined && { state: item['state'] as NonNullable<RunMemory['state']> }),
    ...(pulse !== undefined && { pulse: JSON.parse(pulse) }),
    outbox: JSON.parse((item['outbox'] as string | undefined) ?? '[]'),
  };
}

/**
 * Hash, time and, behind dots (in base 36), attempt and step of what it fired for, and attempt and steps of what it held
 * back; and, if so, that its condition was false since. Earlier versions leave out what stands behind what they know.
 */
function packLatch({ triggerHash, atMs, wasFalse, occurrence, heldBack }: Latch): string {
  const numbers = [
    atMs,
    ...(occurrence ? [occurrence.attempt, occurrence.step] : []),
    ...(occurrence && heldBack ? [heldBack.attempt, heldBack.from, heldBack.to] : []),
  ];
  return `${triggerHash} ${numbers.map((number) => number.toString(36)).join('.')}${wasFalse ? ' f' : ''}`;
}

function unpackLatch(packed: string): Latch {
  const [triggerHash = '', numbers = '', wasFalse] = packed.split(' ');
  const [atMs = 0, ...others] = numbers.split('.').map((number) => Number.parseInt(number, 36));
  const [attempt, step, held, from, to] = others;
  return {
    ...{ triggerHash, atMs, wasFalse: wasFalse !== undefined },
    ...(attempt !== undefined && step !== undefined && { occurrence: { attempt, step } }),
    ...(held !== undefined &&
      from !== undefined &&
      to !== undefined && { heldBack: { attempt: held, from, to } }),
  };
}
