import type { UnwrappedEvent } from '../../core/cloud-event.ts';
import type { SignalboxEvent } from '../../core/event.ts';
import {
  checkEventBytes,
  checkEventCount,
  checkPointCount,
  MAX_EVENTS,
  MAX_WIRE_BYTES,
  pointsOf,
} from '../../core/event-limits.ts';
import { packMessages } from '../../core/event-message.ts';
import { isObject } from '../../core/json.ts';
import { type Caller, mayActOn } from '../../core/key.ts';
import { outsideOf } from '../../core/narrowing.ts';
import { Problem, type ProblemDetails } from '../../core/problem.ts';
import { parseEvent, type ReceivedEvent } from '../../core/received-event.ts';
import type { HttpAnswer, HttpRequest } from '../shared/http.ts';
import type { StageLine } from '../shared/log.ts';
import type { QueueMessage } from '../shared/queue.ts';
import { judgeOfPlaces, type PlacesDeps } from './known-places.ts';
import { type Input, readInputs } from './read-inputs.ts';

export interface IngestDeps extends PlacesDeps {
  /** Resolves once the queue has every message. */
  enqueue: (messages: QueueMessage[]) => Promise<void>;
  now: () => number;
  log: (line: StageLine) => void;
}

const MAX_REFUSALS_LISTED = 100;
const LISTED_EVENTS = 3;

/** Counts hops through our own webhooks; a receiver that posts events passes it on. */
const DEPTH_HEADER = 'x-signalbox-depth';

type Taken = ReceivedEvent & Pick<UnwrappedEvent, 'nameOf'>;
type Accepted = Taken & { index: number };
type Refused = ProblemDetails & { index: number };

/**
 * Takes the events of a request: 202 when all were taken, 207 when some were refused, 422 (or the status of
 * the only event's problem) when all were. What is answered as taken is in the queue by then.
 */
export async function ingest(request: HttpRequest, caller: Caller, deps: IngestDeps): Promise<HttpAnswer> {
  const receivedAtMs = deps.now();
  checkSize(request);
  const inputs = readInputs(request, MAX_EVENTS + 1);
  checkEventCount(inputs.length);
  const { accepted, refused } = await keepToPlaces(takeEach(inputs, caller), caller, deps);
  const only = refused[0];
  if (only && inputs.length === 1) throw new Problem(only);
  const messages = packMessages(
    accepted.map(({ event }) => event),
    { receivedAtMs, depth: depthOf(request) },
  );
  await deps.enqueue(messages);
  deps.log({
    stage: 'event.received',
    requestId: request.requestId,
    keyId: caller.keyId,
    eventIds: accepted.slice(0, LISTED_EVENTS).map(({ event }) => event.id),
    types: countBy(accepted, ({ event }) => (event.type.startsWith('custom.') ? 'custom' : event.type)),
    events: accepted.length,
    refused: refused.length,
    points: accepted.reduce((sum, { event }) => sum + pointsOf(event), 0),
    messages: messages.length,
    bytes: request.rawBody.length,
    durationMs: deps.now() - receivedAtMs,
  });
  return answer(accepted, refused);
}

function checkSize(request: HttpRequest): void {
  if (request.rawBody.length <= MAX_WIRE_BYTES) return;
  const detail = `the body is larger than ${MAX_WIRE_BYTES / 1_000_000} MB`;
  throw new Problem({ code: 'too_large', detail, hint: 'send it with gzip, or in several requests' });
}

interface Judged {
  accepted: Accepted[];
  refused: Refused[];
}

/** Refuses the events of teams and registries that are not there, or in which their team may not post. */
async function keepToPlaces(judged: Judged, caller: Caller, deps: IngestDeps): Promise<Judged> {
  const problemOf = await judgeOfPlaces(
    judged.accepted.map(({ event }) => event),
    caller,
    deps,
  );
  const accepted: Accepted[] = [];
  const refused = [...judged.refused];
  for (const one of judged.accepted) {
    const problem = problemOf(one.event);
    if (problem) refused.push({ index: one.index, ...problem, field: one.nameOf(problem.field ?? '') });
    else accepted.push(one);
  }
  return { accepted, refused: refused.sort((a, b) => a.index - b.index) };
}

function takeEach(inputs: Input[], caller: Caller): Judged {
  const accepted: Accepted[] = [];
  const refused: Refused[] = [];
  let points = 0;
  inputs.forEach((input, index) => {
    const opened = attempt(input.open);
    points += opened instanceof Problem ? 0 : pointsOf(opened.input);
    // Before they are looked at: there may be a hundred times as many as we take.
    checkPointCount(points);
    const taken = opened instanceof Problem ? opened : attempt(() => take(opened, input.length, caller));
    if (taken instanceof Problem) refused.push({ index, ...taken.details });
    else accepted.push({ index, ...taken });
  });
  return { accepted, refused };
}

/** What a function answers, or the Problem that it throws. */
function attempt<T>(act: () => T): T | Problem {
  try {
    return act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** An event, or a Problem that calls its field as the sender does. */
function take(unwrapped: UnwrappedEvent, length: number, caller: Caller): Taken {
  const nameOf = namesAsSent(unwrapped);
  const taken = attempt(() => checked(unwrapped.input, length, caller));
  if (!(taken instanceof Problem)) return { ...taken, nameOf };
  const { field } = taken.details;
  throw field === undefined ? taken : new Problem({ ...taken.details, field: nameOf(field) });
}

/** Who sent W&B's own name of a registry sent it as a project. */
function namesAsSent({ input, nameOf }: UnwrappedEvent): UnwrappedEvent['nameOf'] {
  const hasRegistry = isObject(input) && input['registry'] !== undefined;
  return (field) => nameOf(field === 'registry' && !hasRegistry ? 'project' : field);
}

function checked(input: unknown, length: number, caller: Caller): ReceivedEvent {
  const received = parseEvent(input);
  checkCaller(caller, received.event);
  checkEventBytes(received.event, length);
  return received;
}

function checkCaller(caller: Caller, event: SignalboxEvent): void {
  const { team } = event;
  if (mayActOn(caller, 'events:post', team)) {
    const outside = caller.narrowing && outsideOf(caller.narrowing, event);
    if (outside) throw new Problem(outside);
    return;
  }
  const detail = `key ${caller.keyId} (${caller.role}) may not post events of team ${team}`;
  const hint = 'use a key of that team with the role sender, member or admin';
  throw new Problem({ code: 'forbidden', field: 'team', detail, hint });
}

function depthOf(request: HttpRequest): number {
  const depths = (request.headers[DEPTH_HEADER] ?? '').split(',').map((part) => part.trim());
  const counts = depths.filter((depth) => /^\d{1,3}$/.test(depth)).map(Number);
  return Math.max(0, ...counts);
}

function countBy<T>(items: T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

function answer(accepted: Accepted[], refused: Refused[]): HttpAnswer {
  const body = {
    events: accepted.map(({ index, event, deduplicated }) => ({ index, id: event.id, deduplicated })),
    refused: refused.slice(0, MAX_REFUSALS_LISTED),
    refused_count: refused.length,
  };
  if (refused.length === 0) return { status: 202, body };
  return { status: accepted.length > 0 ? 207 : 422, body };
}
