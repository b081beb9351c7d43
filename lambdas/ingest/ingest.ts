import type { SignalboxEvent } from '../../core/event.ts';
import { messageBytes, packMessages } from '../../core/event-message.ts';
import { parseJson } from '../../core/json.ts';
import { type Caller, mayActOn } from '../../core/key.ts';
import { Problem, type ProblemDetails } from '../../core/problem.ts';
import { parseEvent, type ReceivedEvent } from '../../core/received-event.ts';
import { bodyText, type HttpAnswer, type HttpRequest } from '../shared/http.ts';
import type { StageLine } from '../shared/log.ts';
import type { QueueMessage } from '../shared/queue.ts';

export interface IngestDeps {
  /** Resolves once the queue has every message. */
  enqueue: (messages: QueueMessage[]) => Promise<void>;
  now: () => number;
  log: (line: StageLine) => void;
}

// docs/events.md lists these limits.
const MAX_WIRE_BYTES = 4_000_000;
const MAX_INFLATED_BYTES = 10_000_000;
const MAX_EVENT_BYTES = 200_000;
const MAX_POINTS = 10_000;
// Ours: each event may go to a queue message of its own, and the answer names each.
const MAX_EVENTS = 5_000;
const MAX_REFUSALS_LISTED = 100;

/** Counts hops through our own webhooks; a receiver that posts events passes it on. */
const DEPTH_HEADER = 'x-signalbox-depth';

type Accepted = ReceivedEvent & { index: number };
type Refused = ProblemDetails & { index: number };

/**
 * Takes the events of a request: 202 when all were taken, 207 when some were refused, 422 (or the status of
 * the only event's problem) when all were. What is answered as taken is in the queue by then.
 */
export async function ingest(request: HttpRequest, caller: Caller, deps: IngestDeps): Promise<HttpAnswer> {
  const receivedAtMs = deps.now();
  const inputs = readInputs(request);
  checkCount(inputs.length);
  const { accepted, refused } = takeEach(inputs, caller);
  checkPoints(accepted);
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
    eventIds: accepted.slice(0, 20).map(({ event }) => event.id),
    types: countBy(accepted, ({ event }) => event.type),
    events: accepted.length,
    refused: refused.length,
    points: pointsIn(accepted),
    messages: messages.length,
    bytes: request.rawBody.length,
    durationMs: deps.now() - receivedAtMs,
  });
  return answer(accepted, refused);
}

/** Each input is opened on its own: a line that is no JSON refuses itself, not its neighbours. */
function readInputs(request: HttpRequest): (() => unknown)[] {
  if (request.rawBody.length > MAX_WIRE_BYTES) {
    const detail = `the body is larger than ${MAX_WIRE_BYTES / 1_000_000} MB`;
    throw new Problem({ code: 'too_large', detail, hint: 'send it with gzip, or in several requests' });
  }
  const text = bodyText(request, MAX_INFLATED_BYTES).trim();
  if (text === '') {
    const hint = 'send one event, an array of events, or one event a line (NDJSON)';
    throw new Problem({ code: 'malformed_json', detail: 'the body is empty', hint });
  }
  if (isLines(request, text)) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => () => parseJson(line));
  }
  const input = parseJson(text);
  return (Array.isArray(input) ? input : [input]).map((one) => () => one);
}

/** NDJSON by its content type, or by its look: more than one line, and the first is an object by itself. */
function isLines(request: HttpRequest, text: string): boolean {
  if (/ndjson|jsonl/.test(request.headers['content-type'] ?? '')) return true;
  const end = text.indexOf('\n');
  return end > 0 && text.startsWith('{') && text.slice(0, end).trimEnd().endsWith('}');
}

function takeEach(inputs: (() => unknown)[], caller: Caller): { accepted: Accepted[]; refused: Refused[] } {
  const accepted: Accepted[] = [];
  const refused: Refused[] = [];
  inputs.forEach((input, index) => {
    try {
      accepted.push({ index, ...take(input(), caller) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refused.push({ index, ...error.details });
    }
  });
  return { accepted, refused };
}

function take(input: unknown, caller: Caller): ReceivedEvent {
  const received = parseEvent(input);
  const { team } = received.event;
  if (!mayActOn(caller, 'events:post', team)) {
    const detail = `key ${caller.keyId} (${caller.role}) may not post events of team ${team}`;
    const hint = 'use a key of that team with the role sender, member or admin';
    throw new Problem({ code: 'forbidden', field: 'team', detail, hint });
  }
  const bytes = messageBytes(received.event);
  if (bytes > MAX_EVENT_BYTES) {
    const detail = `the event takes ${bytes} bytes and the limit is ${MAX_EVENT_BYTES}, as ASCII JSON with its metric names counted twice`;
    throw new Problem({
      code: 'too_large',
      detail,
      hint: 'split its points over several events, or shorten its metadata',
    });
  }
  return received;
}

function checkPoints(accepted: Accepted[]): void {
  const points = pointsIn(accepted);
  if (points <= MAX_POINTS) return;
  const detail = `the request holds ${points} points and the limit is ${MAX_POINTS}`;
  throw new Problem({ code: 'too_large', detail, hint: 'send the points in several requests' });
}

function checkCount(events: number): void {
  if (events <= MAX_EVENTS) return;
  const detail = `the request holds ${events} events and the limit is ${MAX_EVENTS}`;
  throw new Problem({
    code: 'too_large',
    detail,
    hint: 'send several requests, or more points in each event',
  });
}

function pointsIn(accepted: Accepted[]): number {
  const count = (event: SignalboxEvent) => (event.type === 'run.metrics' ? event.points.length : 0);
  return accepted.reduce((sum, { event }) => sum + count(event), 0);
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
