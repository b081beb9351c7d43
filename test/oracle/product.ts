// The product behind the oracle's door: the same worlds through parsing, packing and matching as they are deployed.
import { createHash } from 'node:crypto';
import { AutomationInput } from '../../core/automation.ts';
import type { Delivery } from '../../core/delivery.ts';
import { packMessages } from '../../core/event-message.ts';
import { Watcher } from '../../core/matching/watcher.ts';
import { Problem } from '../../core/problem.ts';
import { parseEvent } from '../../core/received-event.ts';
import { type MatchBatchDeps, matchBatch, type QueueRecord } from '../../lambdas/matcher/match-batch.ts';
import { memoryStore } from '../support/memory-store.ts';
import { watchesFrom } from '../support/watches.ts';
import type { Arrival, OracleAutomation } from './world.ts';

/** How arrivals are cut into messages and batches; and which batches come twice. */
export interface Batching {
  /** Arrivals in each message, at the most; used round and round. */
  perMessage: number[];
  /** Messages in each batch, at the most. */
  perBatch: number[];
  /** Which batches, counted round and round, are handed over once more. */
  repeated: boolean[];
}

export const ONE_BY_ONE: Batching = { perMessage: [1], perBatch: [1], repeated: [false] };

export interface Decided {
  deliveries: Delivery[];
  late: number;
}

/** What the product makes of a world, and its count of late values. */
export async function decide(
  automations: OracleAutomation[],
  arrivals: Arrival[],
  batching: Batching = ONE_BY_ONE,
): Promise<Decided> {
  const store = memoryStore();
  const watchers = automations.map((each) => ({ ...each, watcher: toWatcher(each) }));
  let nowMs = 0;
  const alive = () =>
    watchers.filter(
      (each) => each.savedAtMs <= nowMs && nowMs < (each.deletedAtMs ?? Number.POSITIVE_INFINITY),
    );
  const problems: unknown[] = [];
  const deps: MatchBatchDeps = {
    ...store.deps,
    watches: watchesFrom(() => alive().map(({ watcher }) => watcher)),
    activity: { note: () => undefined, flush: async () => undefined },
    bury: async (_record, reason) => {
      problems.push(reason);
    },
    now: () => nowMs,
    log: (line) => {
      if (line.stage === 'error') problems.push(line);
    },
  };
  for (const { records, atMs } of batchesOf(arrivals, batching, automations)) {
    nowMs = atMs;
    await matchBatch(records, deps);
  }
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  const late = [...store.runs.values()].reduce((sum, run) => sum + run.late, 0);
  return { deliveries: [...store.deliveries.values()], late };
}

/** The part of a world that the product's doors let in: the oracle judges no input. */
export function letIn({ automations, arrivals }: { automations: OracleAutomation[]; arrivals: Arrival[] }) {
  return {
    automations: automations.filter((automation) => inputOf(automation).success),
    arrivals: arrivals.filter(({ event }) => isTaken(event)),
  };
}

function isTaken(event: unknown): boolean {
  try {
    parseEvent(event);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

const inputOf = ({ id: name, team, scope, trigger }: OracleAutomation) =>
  AutomationInput.safeParse({ name, team, scope, trigger, action: { type: 'no_op' } });

function toWatcher(automation: OracleAutomation): Watcher {
  const { id, savedAtMs } = automation;
  const { data } = inputOf(automation);
  if (!data) throw new Error(`${id} would not be let in`);
  const { enabled: _enabled, ...definition } = data;
  return new Watcher({ id }, { revision: 1, definition, triggerSavedAtMs: savedAtMs });
}

interface Batch {
  records: QueueRecord[];
  atMs: number;
}

/**
 * Cuts arrivals into batches. A message carries the time at which its request came, so arrivals of several times can
 * stand in one batch, but only those of one time in one message; and no automation comes or goes inside a batch.
 */
function batchesOf(arrivals: Arrival[], batching: Batching, automations: OracleAutomation[]): Batch[] {
  const moments = automations.flatMap(({ savedAtMs, deletedAtMs }) => [savedAtMs, deletedAtMs ?? 0]);
  const isApart = (a: number, b: number) => moments.some((moment) => a < moment && moment <= b);
  // Runs of a batch go side by side: where one is compared with another, each has a batch of its own.
  const isAcross = JSON.stringify(automations).includes('"across":"runs"');
  const runOf = ({ event }: Arrival) => ('run' in event ? event.run.id : '');
  const batches: Arrival[][] = [];
  for (const arrival of arrivals) {
    const open = batches.at(-1);
    const limit = turn(batching.perBatch, batches.length - 1) ?? 1;
    const first = open?.[0];
    const isOther = isAcross && first && runOf(first) !== runOf(arrival);
    const fits = first && open.length < limit && !isApart(first.receivedAtMs, arrival.receivedAtMs);
    if (fits && !isOther) open.push(arrival);
    else batches.push([arrival]);
  }
  return batches.flatMap((batch, at) => {
    const made = toBatch(batch);
    return turn(batching.repeated, at) ? [made, made] : [made];
  });
}

const turn = <Value>(list: Value[], at: number): Value | undefined => list[at % list.length];

function toBatch(arrivals: Arrival[]): Batch {
  const records = arrivals.flatMap(({ event, receivedAtMs }) =>
    packMessages([parseEvent(event).event], { receivedAtMs, depth: 0 }).map(({ body }) => ({
      messageId: createHash('sha256').update(body).digest('hex'),
      body,
    })),
  );
  return { records, atMs: Math.max(...arrivals.map(({ receivedAtMs }) => receivedAtMs)) };
}
