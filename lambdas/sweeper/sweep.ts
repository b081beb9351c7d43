import { packMessages } from '../../core/event-message.ts';
import { type RunMemory, silenceDueAtMs } from '../../core/runs/memory.ts';
import { silenceEvent } from '../../core/runs/silence.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';
import type { DueItem } from '../../store/due.ts';
import type { ItemKey } from '../../store/keys.ts';
import type { RunName } from '../../store/runs.ts';
import { errorLine, type StageLine } from '../shared/log.ts';
import { flushOutbox, type OutboxDeps } from '../shared/outbox.ts';
import { deliveryMessage, type QueueMessage } from '../shared/queue.ts';

export interface SweepDeps extends OutboxDeps {
  /** What is due now, at most `limit` from each of the index's shards. Tells of those that it could not read. */
  readDue: (nowMs: number, limit: number, onMissed: (error: unknown) => void) => Promise<DueItem[]>;
  /** Marks a delivery as sent; undefined when it is no longer pending or was marked by another sweep. */
  stamp: (id: string, times: { nowMs: number; nextSweepMs: number }) => Promise<StoredDelivery | undefined>;
  send: (messages: QueueMessage[]) => Promise<void>;
  /** Puts messages on the events queue. */
  sendEvents: (messages: QueueMessage[]) => Promise<void>;
  advanceResend: (id: string) => Promise<void>;
  loadRun: (name: RunName) => Promise<RunMemory>;
  /** Puts the change that an item carries into the audit list. */
  finishChange: (key: ItemKey) => Promise<void>;
  now: () => number;
  /** When this invocation must be over, in ms since 1970. */
  stopAtMs: number;
  log: (line: StageLine) => void;
}

/** A delivery sent to the queue is left alone for this long, so that a backlog is not multiplied. */
const STAMPED_MS = 5 * 60_000;

/** Of each shard at a time. */
const PAGE = 12;

/** 6,000 at a time were more than the function has memory for, and it died between marking and sending them. */
const AT_ONCE = 200;

/**
 * Sends again what is due: deliveries whose retry time came or whose message or lease was lost, runs whose outbox was
 * left behind, and jobs that send deliveries again. One item that fails does not stop the others, nor one part of the
 * index; it stays due and is met again.
 */
export async function sweep(deps: SweepDeps): Promise<void> {
  const startedAtMs = deps.now();
  const counts: Counts = { deliveries: 0, runs: 0, resends: 0, changes: 0, failed: 0 };
  const seen = new Set<string>();
  // What failed, or what the index shows although it is done, stays in front: the page grows by it.
  let inFront = 0;
  while (deps.now() < deps.stopAtMs) {
    const due = await deps.readDue(startedAtMs, PAGE + inFront, (error) => fail(error, counts, deps));
    const fresh = due.filter((item) => !seen.has(JSON.stringify(item)));
    const known = due.length - fresh.length;
    if (fresh.length === 0 && known <= inFront) break;
    inFront = known;
    const next = fresh.slice(0, AT_ONCE);
    for (const item of next) seen.add(JSON.stringify(item));
    await Promise.all(next.map((item) => sweepItem(item, counts, deps)));
  }
  deps.log({ stage: 'sweep.done', ...counts, durationMs: deps.now() - startedAtMs });
}

interface Counts {
  deliveries: number;
  runs: number;
  resends: number;
  changes: number;
  failed: number;
}

async function sweepItem(item: DueItem, counts: Counts, deps: SweepDeps): Promise<void> {
  try {
    // Awaited before it is added: `+=` would read the count first and lose what others add meanwhile.
    if (item.kind === 'delivery') {
      const sent = await sweepDelivery(item.id, deps);
      counts.deliveries += sent;
    } else if (item.kind === 'resend') {
      await deps.advanceResend(item.id);
      counts.resends++;
    } else if (item.kind === 'run') {
      const flushed = await sweepRun(item.name, deps);
      counts.runs += flushed;
    } else {
      await deps.finishChange(item.key);
      counts.changes++;
    }
  } catch (error) {
    fail(error, counts, deps, { item });
  }
}

function fail(error: unknown, counts: Counts, { log }: SweepDeps, fields: { item?: DueItem } = {}): void {
  counts.failed++;
  log(errorLine(error, fields));
}

async function sweepDelivery(id: string, deps: SweepDeps): Promise<number> {
  const nowMs = deps.now();
  const delivery = await deps.stamp(id, { nowMs, nextSweepMs: nowMs + STAMPED_MS });
  if (!delivery) return 0;
  await deps.send([deliveryMessage(delivery, secondsHeld(delivery, nowMs))]);
  return 1;
}

/** A lease that is live may be of a function that died: a message before its end would do nothing, and be the last one for long. */
function secondsHeld({ dueAtMs = 0 }: StoredDelivery, nowMs: number): number | undefined {
  return dueAtMs > nowMs ? Math.ceil((dueAtMs - nowMs) / 1000) + 1 : undefined;
}

async function sweepRun(name: RunName, deps: SweepDeps): Promise<number> {
  const memory = await deps.loadRun(name);
  const isFlushed = memory.outbox.length > 0 && (await flushOutbox(name, memory, deps));
  const isSilent = await reportSilence(name, memory, deps);
  return isFlushed || isSilent ? 1 : 0;
}

/**
 * Has a run that was silent for too long marked as CRASHED: by an event of its own group, so that a sign of life that
 * waits in the queue comes first. Until it is applied the run stays due; the same silence is the same message.
 */
async function reportSilence(name: RunName, memory: RunMemory, deps: SweepDeps): Promise<boolean> {
  const dueAtMs = silenceDueAtMs(memory);
  if (dueAtMs === undefined || dueAtMs > deps.now() || !memory.pulse) return false;
  const event = silenceEvent(name, memory.pulse);
  await deps.sendEvents(packMessages([event], { receivedAtMs: deps.now(), depth: 0 }));
  return true;
}
