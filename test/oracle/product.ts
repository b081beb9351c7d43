// The product behind the oracle's door: the same worlds through parsing, packing, matching and storing as deployed.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { AutomationInput, type Head, type Revision } from '../../core/automation.ts';
import { type Delivery, deliveryId } from '../../core/delivery.ts';
import type { SignalboxEvent } from '../../core/event.ts';
import { packMessages, type TravellingEvent } from '../../core/event-message.ts';
import { Problem } from '../../core/problem.ts';
import { parseEvent } from '../../core/received-event.ts';
import { silenceDueAtMs } from '../../core/runs/memory.ts';
import { silenceEvent } from '../../core/runs/silence.ts';
import { scopeKey } from '../../core/scope.ts';
import { watchesOf } from '../../core/watch.ts';
import { type MatchBatchDeps, matchBatch, type QueueRecord } from '../../lambdas/matcher/match-batch.ts';
import { WatchCache } from '../../lambdas/shared/watch-cache.ts';
import type { Table } from '../../store/client.ts';
import { putEndedRun, readEndedRuns } from '../../store/ended-runs.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import type { Arrival, Look, OracleAutomation } from './world.ts';

/** How requests are cut into batches; and which batches come twice. */
export interface Batching {
  /** Requests in each batch, at the most; used round and round. */
  perBatch: number[];
  /** Which batches, counted round and round, are handed over once more. */
  repeated: boolean[];
}

export const ONE_BY_ONE: Batching = { perBatch: [1], repeated: [false] };

/** An automation as it was saved, from `savedAtMs` up to `untilMs`. */
interface Saved {
  head: Head;
  revision: Revision;
  untilMs: number;
  disabled: OracleAutomation['disabled'];
}

/** The part of a world that the product's doors let in (the oracle judges no input), and how much they refused. */
export interface Admitted {
  automations: OracleAutomation[];
  arrivals: Arrival[];
  refused: number;
  saved: Saved[];
  events: SignalboxEvent[];
  looks: Look[];
}

export interface Decided {
  deliveries: Map<string, Delivery>;
  late: number;
  /** Of automations, once for each time that a latch held one back. */
  heldBack: string[];
}

export function letIn(world: {
  automations: OracleAutomation[];
  arrivals: Arrival[];
  looks?: Look[];
}): Admitted {
  const saved = world.automations.map(toSaved);
  const events = world.arrivals.map(({ event }) => taken(event));
  const automations = world.automations.filter((_, at) => saved[at]);
  const arrivals = world.arrivals.filter((_, at) => events[at]);
  const refused = world.automations.length - automations.length + world.arrivals.length - arrivals.length;
  const isThere = <Value>(one: Value | undefined): one is Value => one !== undefined;
  const { looks = [] } = world;
  return {
    automations,
    arrivals,
    looks,
    refused,
    saved: saved.filter(isThere),
    events: events.filter(isThere),
  };
}

function toSaved(automation: OracleAutomation, at: number) {
  const { id, team, scope, trigger, savedAtMs, deletedAtMs, disabled } = automation;
  const input = AutomationInput.safeParse({ name: id, team, scope, trigger, action: { type: 'no_op' } });
  if (!input.success) return undefined;
  const { enabled, ...definition } = input.data;
  const times = { createdAtMs: savedAtMs, updatedAtMs: savedAtMs };
  const revision = at + 1;
  const saved: Saved = {
    head: { id, team, revision, enabled, version: 1, ...times },
    revision: {
      automationId: id,
      ...{ revision, definition, savedAtMs, triggerSavedAtMs: savedAtMs, savedBy: 'key_oracle' },
    },
    untilMs: deletedAtMs ?? Number.POSITIVE_INFINITY,
    disabled,
  };
  return saved;
}

function taken(event: unknown): SignalboxEvent | undefined {
  try {
    return parseEvent(event).event;
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/** The id of the delivery that a firing of the oracle's must be. */
export function deliveryIdOf(
  { automation, occurrence }: { automation: string; occurrence: string },
  arrivals: Arrival[],
): string {
  const [kind, first = '', ...rest] = occurrence.split(':');
  if (kind === 'event') {
    const team = arrivals.find((arrival) => arrival.event.id === first)?.event.team ?? '';
    return deliveryId(automation, { event: first, team });
  }
  const [team = '', project = '', run = ''] = first.split('/');
  if (kind === 'silence') {
    const pulse = { intervalMs: 0, lastAtMs: Number(rest[0]), run: { id: run } };
    return deliveryId(automation, { event: silenceEvent({ team, project, run }, pulse).id, team });
  }
  const [attempt, metric = '', step] = rest;
  return deliveryId(automation, { run, team, project, attempt: Number(attempt), metric, step: Number(step) });
}

/** What the product makes of what it let in. */
export async function decide(world: Admitted, batching: Batching = ONE_BY_ONE): Promise<Decided> {
  const clock = { nowMs: 0 };
  const table = memoryTable();
  const deliveries = new Map<string, Delivery>();
  const heldBack: string[] = [];
  const problems: unknown[] = [];
  const deps: MatchBatchDeps = {
    watches: watchesOfWorld(world.saved, clock),
    loadRun: (name) => loadRun(table, name, clock.nowMs),
    saveRun: (name, memory) => saveRun(table, name, memory, clock.nowMs),
    putEndedRun: (of, ended) => putEndedRun(table, of, ended),
    readEndedRuns: (of, beforeMs, limit) => readEndedRuns(table, of, beforeMs, limit),
    putDelivery: async (delivery) => {
      if (!deliveries.has(delivery.id)) deliveries.set(delivery.id, delivery);
      return deliveries.get(delivery.id) === delivery;
    },
    sendDeliveries: async () => undefined,
    activity: {
      note: (automationId, { fired }) => {
        if (!fired) heldBack.push(automationId);
      },
      flush: async () => undefined,
    },
    stopAtMs: Number.POSITIVE_INFINITY,
    sightings: { note: () => undefined, flush: async () => undefined },
    bury: async (_record, reason) => {
      problems.push(reason);
    },
    now: () => clock.nowMs,
    log: (line) => {
      if (line.stage === 'error') problems.push(line);
    },
  };
  const match = async (records: QueueRecord[]) => {
    const { batchItemFailures } = await matchBatch(records, deps);
    problems.push(...batchItemFailures);
  };
  const steps = [...batchesOf(world, batching), ...world.looks].toSorted((a, b) => a.atMs - b.atMs);
  for (const step of steps) {
    clock.nowMs = step.atMs;
    await match('records' in step ? step.records : await silenceAt(step, deps));
  }
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  return { deliveries, late: table.sumOf('late'), heldBack };
}

/** What the sweeper puts on the queue when it looks at a run. */
async function silenceAt({ atMs, ...name }: Look, deps: MatchBatchDeps): Promise<QueueRecord[]> {
  const memory = await deps.loadRun(name);
  const dueAtMs = silenceDueAtMs(memory);
  if (!memory.pulse || dueAtMs === undefined || dueAtMs > atMs) return [];
  return toBatch([{ events: [silenceEvent(name, memory.pulse)], atMs }]).records;
}

/** The matcher's own cache of automations, over what was saved when. It looks for changes at every batch. */
function watchesOfWorld(saved: Saved[], clock: { nowMs: number }): WatchCache {
  const changes = saved
    .flatMap(({ head: { id, createdAtMs }, revision, untilMs, disabled }) => {
      const change = { automationId: id, scopes: [scopeKey(revision.definition.scope)] };
      const switched = disabled ? [disabled.fromMs, disabled.untilMs] : [];
      return [createdAtMs, untilMs, ...switched].map((atMs) => ({ atMs, change }));
    })
    .sort((a, b) => a.atMs - b.atMs);
  const isAlive = ({ head, untilMs }: Saved) => head.createdAtMs <= clock.nowMs && clock.nowMs < untilMs;
  /** Hints come with a save; those of what is gone may stay for a while. */
  const hints = () =>
    saved
      .filter(({ head }) => head.createdAtMs <= clock.nowMs)
      .flatMap(({ head, revision }) =>
        watchesOf(revision.definition).map((watch) => ({ ...watch, automationId: head.id, reach: 0 })),
      );
  let looks = 0;
  return new WatchCache({
    readFeed: async () => {
      const recent = changes.filter(({ atMs }) => atMs <= clock.nowMs).map(({ change }) => change);
      return { version: recent.length, recent };
    },
    readWatches: async (key) => hints().filter((hint) => hint.scopeKey === key),
    readHeads: async (ids) =>
      saved.filter((one) => ids.includes(one.head.id) && isAlive(one)).map((one) => headAt(one, clock.nowMs)),
    readRevisions: async (heads) =>
      heads.flatMap(({ revision }) => saved.find((one) => one.head.revision === revision)?.revision ?? []),
    // Nothing is trusted for longer than a look.
    now: () => ++looks * 60_000,
  });
}

/** As switching it off and on leaves it. */
function headAt({ head, disabled }: Saved, nowMs: number): Head {
  if (!disabled || nowMs < disabled.fromMs) return head;
  return nowMs < disabled.untilMs ? { ...head, enabled: false } : { ...head, enabledAtMs: disabled.untilMs };
}

interface Command {
  constructor: { name: string };
  input: {
    Key?: { pk: string; sk: string };
    Item?: { pk: string; sk: string; [attribute: string]: unknown };
    ConditionExpression?: string;
    ExpressionAttributeValues?: Record<string, unknown>;
    Limit?: number;
    ExclusiveStartKey?: { pk: string; sk: string };
  };
}

/** Maps come back as objects, as the SDK reads them. */
function asRead<Item extends object>(item: Item): Item {
  const entries = Object.entries(item).map(([name, value]) => [
    name,
    value instanceof Map ? Object.fromEntries(value) : value,
  ]);
  return Object.fromEntries(entries);
}

/** As much of DynamoDB as runs and their ends need. */
function memoryTable() {
  type Item = NonNullable<Command['input']['Item']>;
  const items = new Map<string, Map<string, Item>>();
  const partition = (pk: string) => items.get(pk) ?? new Map<string, Item>();

  function put({ Item: item, ConditionExpression, ExpressionAttributeValues }: Command['input']) {
    if (!item) throw new Error('a put without an item');
    const known = partition(item.pk);
    const before = known.get(item.sk);
    const isMissing = ConditionExpression?.startsWith('attribute_not_exists') && before !== undefined;
    const isStale =
      ConditionExpression?.startsWith('#version') &&
      before?.['version'] !== ExpressionAttributeValues?.[':version'];
    if (isMissing || isStale) throw new ConditionalCheckFailedException({ message: '', $metadata: {} });
    items.set(item.pk, known.set(item.sk, asRead(item)));
    return {};
  }

  function query({ ExpressionAttributeValues: values, Limit = 100, ExclusiveStartKey }: Command['input']) {
    const before = ExclusiveStartKey?.sk ?? (values?.[':before'] as string);
    const found = [...partition(values?.[':pk'] as string).values()].filter(({ sk }) => sk < before);
    const page = found.sort((a, b) => (a.sk < b.sk ? 1 : -1)).slice(0, Limit);
    const last = page.length < found.length ? page.at(-1) : undefined;
    return { Items: page, ...(last && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } }) };
  }

  async function send(command: Command) {
    const { input } = command;
    const { name } = command.constructor;
    if (name === 'PutCommand') return put(input);
    if (name === 'QueryCommand') return query(input);
    if (name !== 'GetCommand') throw new Error(`the table knows no ${name}`);
    const { pk = '', sk = '' } = input.Key ?? {};
    return { Item: partition(pk).get(sk) };
  }

  const client = { send } as unknown as Table['client'];
  const sumOf = (attribute: string) =>
    [...items.values()]
      .flatMap((one) => [...one.values()])
      .reduce((sum, item) => sum + Number(item[attribute] ?? 0), 0);
  return { name: 'oracle', client, historyDays: 90, sumOf };
}

interface Batch {
  records: QueueRecord[];
  atMs: number;
}

interface Request {
  atMs: number;
  events: TravellingEvent[];
}

/** Arrivals of one time came in one request, and travel together as ingest packs them. */
function requestsOf({ arrivals, events }: Admitted): Request[] {
  const requests: Request[] = [];
  for (const [at, event] of events.entries()) {
    const atMs = arrivals[at]?.receivedAtMs ?? 0;
    const open = requests.at(-1);
    if (open?.atMs === atMs) open.events.push(event);
    else requests.push({ atMs, events: [event] });
  }
  return requests;
}

/**
 * Cuts requests into batches, each matched when its last request came. Automations that remember runs neither come nor
 * go inside one; others may come, and what came before them must not fire them.
 */
function batchesOf(world: Admitted, batching: Batching): Batch[] {
  const moments = world.automations.flatMap(({ trigger, savedAtMs, deletedAtMs = 0, disabled }) => {
    const ends = [deletedAtMs, disabled?.fromMs ?? 0];
    return trigger.event.startsWith('run.') ? [...ends, savedAtMs, disabled?.untilMs ?? 0] : ends;
  });
  // A look comes behind all that came until then.
  moments.push(...world.looks.map(({ atMs }) => atMs + 1));
  const isApart = (a: number, b: number) => moments.some((moment) => a < moment && moment <= b);
  // Runs of a batch go side by side: where one is compared with another, each has a batch of its own.
  const isAcross = JSON.stringify(world.automations).includes('"across":"runs"');
  const runOf = ({ events: [event] }: Request) => (event && 'run' in event ? event.run.id : '');
  const batches: Request[][] = [];
  for (const request of requestsOf(world)) {
    const open = batches.at(-1);
    const limit = turn(batching.perBatch, batches.length - 1) ?? 1;
    const first = open?.[0];
    const isOther = isAcross && first && runOf(first) !== runOf(request);
    const fits = first && open.length < limit && !isApart(first.atMs, request.atMs);
    if (fits && !isOther) open.push(request);
    else batches.push([request]);
  }
  return batches.flatMap((batch, at) => {
    const made = toBatch(batch);
    return turn(batching.repeated, at) ? [made, made] : [made];
  });
}

const turn = <Value>(list: Value[], at: number): Value | undefined => list[at % list.length];

function toBatch(requests: Request[]): Batch {
  const records = requests.flatMap(({ events, atMs }) =>
    packMessages(events, { receivedAtMs: atMs, depth: 0 }).map(({ body, dedupId }) => ({
      messageId: `${dedupId} ${atMs}`,
      body,
    })),
  );
  return { records, atMs: Math.max(...requests.map(({ atMs }) => atMs)) };
}
