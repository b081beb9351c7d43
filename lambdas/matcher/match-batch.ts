import type { SQSBatchResponse } from 'aws-lambda';
import type { Delivery } from '../../core/delivery.ts';
import { asOfToday } from '../../core/earlier-message.ts';
import { type EventMessage, unpackMessage } from '../../core/event-message.ts';
import { batchResponse } from '../shared/batch.ts';
import { errorLine, type StageLine } from '../shared/log.ts';
import type { ActivityLog } from './activity-log.ts';
import { matchPlain, type PlainDeps } from './match-plain.ts';
import { matchRun, type RunDeps } from './match-run.ts';
import type { SightingLog } from './sighting-log.ts';

export interface MatchBatchDeps extends PlainDeps, RunDeps {
  activity: ActivityLog;
  sightings: SightingLog;
  /** Keeps what can never be worked on, with the reason. */
  bury: (record: QueueRecord, reason: string) => Promise<void>;
  log: (line: StageLine) => void;
}

/** A record of the queue, as the mapping hands it over. */
export interface QueueRecord {
  messageId: string;
  body: string;
}

/** A message and the record that brought it. */
export interface Received {
  record: QueueRecord;
  message: EventMessage;
}

/** What matching one message came to, for the log. */
export interface Matched {
  message: EventMessage;
  /** How many automations watch for such events here. */
  watching: number;
  deliveries: Delivery[];
  /** Values that came too late for every window. */
  late: number;
  /** How often a latch held an automation back. */
  heldBack: number;
}

/**
 * Matches a batch. Groups are independent and go side by side; inside a group the order counts, so a failure
 * sends back the whole group (what was done already is not done twice). Answers which records must come back.
 */
export async function matchBatch(records: QueueRecord[], deps: MatchBatchDeps): Promise<SQSBatchResponse> {
  const batch: Batch = { matched: [], startedAtMs: deps.now() };
  const groups = new Map<string, Received[]>();
  const failed: string[] = [];
  for (const record of records) {
    try {
      const message = unpackMessage(asOfToday(record.body));
      const group = groups.get(message.groupId) ?? [];
      groups.set(message.groupId, [...group, { record, message }]);
    } catch (error) {
      failed.push(...(await bury(record, error, deps)));
    }
  }
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const failedInGroup = await matchGroup(group, batch, deps);
      failed.push(...failedInGroup);
    }),
  );
  logMatched(batch, deps);
  await Promise.all([deps.activity.flush(), deps.sightings.flush()]);
  return batchResponse(failed);
}

/** What an invocation matched, for its log. */
interface Batch {
  matched: Matched[];
  startedAtMs: number;
}

/** Puts away what can never be worked on. Answers the record when even that failed, so that it comes back. */
async function bury(record: QueueRecord, error: unknown, deps: MatchBatchDeps): Promise<string[]> {
  deps.log(errorLine(error, { messageId: record.messageId, buried: true }));
  try {
    await deps.bury(record, (error as Error).message);
    return [];
  } catch (outage) {
    deps.log(errorLine(outage, { messageId: record.messageId }));
    return [record.messageId];
  }
}

async function matchGroup(group: Received[], batch: Batch, deps: MatchBatchDeps): Promise<string[]> {
  try {
    const messages = group.map(({ message }) => message);
    const isRun = messages[0]?.subject.kind === 'run';
    const matched = await (isRun ? matchRun(messages, deps) : matchPlain(messages, deps));
    batch.matched.push(...matched);
    // What there was no time for.
    return group.slice(matched.length).map(({ record }) => record.messageId);
  } catch (error) {
    const [first, ...others] = group;
    if (isPermanent(error) && first) {
      return others.length === 0 ? bury(first.record, error, deps) : matchOneByOne(group, batch, deps);
    }
    deps.log(errorLine(error, { messageIds: group.map(({ message }) => message.id) }));
    return group.map(({ record }) => record.messageId);
  }
}

/** What will go wrong again: a write that DynamoDB refuses (an item too large, say), a line that is no JSON. */
function isPermanent(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && error.name === 'ValidationException');
}

/** Finds the message that can't be worked on; the rest of its group goes on. */
async function matchOneByOne(group: Received[], batch: Batch, deps: MatchBatchDeps): Promise<string[]> {
  for (const [at, one] of group.entries()) {
    const failed = await matchGroup([one], batch, deps);
    // The order counts: what follows a message that must come back comes back with it.
    if (failed.length > 0) return group.slice(at).map(({ record }) => record.messageId);
  }
  return [];
}

/** One line for each message that something came of, and one for all the others of the invocation together. */
function logMatched({ matched, startedAtMs }: Batch, deps: MatchBatchDeps): void {
  const durationMs = deps.now() - startedAtMs;
  const isQuiet = ({ deliveries, late, heldBack }: Matched) => deliveries.length + late + heldBack === 0;
  for (const one of matched) {
    if (isQuiet(one)) continue;
    const { message, watching, deliveries, late, heldBack } = one;
    const fired = { firedCount: deliveries.length, fired: deliveries.slice(0, LISTED).map(describeFiring) };
    const counts = { watching, ...fired, late, heldBack };
    const lagMs = deps.now() - message.receivedAtMs;
    deps.log({ stage: 'event.matched', ...describe(message), ...counts, lagMs, durationMs });
  }
  const quiet = matched.filter(isQuiet);
  const [first] = quiet;
  if (!first) return;
  const events = quiet.reduce((sum, { message }) => sum + message.routes.length, 0);
  const watching = quiet.reduce((most, one) => Math.max(most, one.watching), 0);
  deps.log({
    stage: 'event.matched',
    ...describe(first.message),
    events,
    watching,
    firedCount: 0,
    lagMs: deps.now() - first.message.receivedAtMs,
    durationMs,
  });
}

/** A line names this many firings and events at most; the counts are whole. */
const LISTED = 20;
const LISTED_EVENTS = 3;

function describeFiring({ id, automationId, facts }: Delivery) {
  return {
    id,
    automationId,
    automation: facts['automation_name'],
    value: facts['metric_value'],
    step: facts['step'],
  };
}

function describe({ subject, routes }: EventMessage) {
  const { kind, name, team, project, registry } = subject;
  return {
    subject: `${kind} ${team}/${registry === undefined ? project : `wandb-registry-${registry}`}/${name}`,
    types: [...new Set(routes.map(({ type }) => type))],
    events: routes.length,
    eventIds: routes.slice(0, LISTED_EVENTS).map(({ id }) => id),
  };
}
