import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ProblemDetails } from '../../core/problem.ts';
import { type Connection, Refusal, Unreachable } from '../connection.ts';
import type { OutgoingEvent, RefusedEvent } from './prepare.ts';

/** What became of the events of a request. */
export interface Posted {
  taken: { line: number; id: string; deduplicated: boolean }[];
  refused: RefusedEvent[];
  /** Whether a request before may have arrived, whose answer was lost. */
  isRepeated: boolean;
}

export interface PostDeps {
  connection: Connection;
  /** Ends a wait before the next try. */
  signal: AbortSignal;
  onRetry: (waitMs: number, reason: string) => void;
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const RETRY_AFTER_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const MAX_WAIT_MS = 120_000;

const compress = promisify(gzip);

/** Posts events as one request, again and again with the same ids until it is answered or the tries are used up. */
export async function postEvents(
  events: OutgoingEvent[],
  { connection, signal, onRetry, wait = untilAborted }: PostDeps,
): Promise<Posted> {
  const body = await compress(events.map(({ text }) => text).join('\n'));
  let isRepeated = false;
  for (let attempt = 0; ; attempt++) {
    try {
      return { ...(await postOnce(events, body, connection)), isRepeated };
    } catch (error) {
      const waitMs = waitAfter(error, attempt);
      if (waitMs === undefined || signal.aborted) throw error;
      onRetry(waitMs, (error as Error).message);
      await wait(waitMs, signal);
      if (signal.aborted) throw error;
      isRepeated = true;
    }
  }
}

const untilAborted = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {});

/** Undefined where another try would not help. */
function waitAfter(error: unknown, attempt: number): number | undefined {
  const ownMs = RETRY_AFTER_MS[attempt];
  if (ownMs === undefined) return undefined;
  if (error instanceof Unreachable) return ownMs;
  if (!(error instanceof Refusal) || !isPassing(error.status)) return undefined;
  return Math.min(MAX_WAIT_MS, Math.max(ownMs, error.retryAfterMs ?? 0));
}

const isPassing = (status: number) => status === 408 || status === 429 || status >= 500;

interface EventsAnswer {
  events: { index: number; id: string; deduplicated: boolean }[];
  refused: (ProblemDetails & { index: number })[];
}

async function postOnce(
  events: OutgoingEvent[],
  body: Buffer<ArrayBuffer>,
  connection: Connection,
): Promise<Omit<Posted, 'isRepeated'>> {
  const headers = { 'content-type': 'application/gzip', 'content-encoding': 'gzip' };
  try {
    return outcomeOf(events, (await connection.post('/v1/events', body, headers)) as EventsAnswer);
  } catch (error) {
    return outcomeOfRefusal(events, error);
  }
}

/** Of many refusals the server lists the first: that an event was refused shows in that it was not taken. */
function outcomeOf(
  events: OutgoingEvent[],
  { events: taken, refused }: EventsAnswer,
): Omit<Posted, 'isRepeated'> {
  const lineAt = (index: number) => events[index]?.line ?? 0;
  const takenAt = new Set(taken.map(({ index }) => index));
  const problems = new Map(refused.map(({ index, ...problem }) => [index, problem]));
  return {
    taken: taken.map(({ index, id, deduplicated }) => ({ line: lineAt(index), id, deduplicated })),
    refused: events.flatMap(({ line }, index) =>
      takenAt.has(index) ? [] : [{ line, problem: problems.get(index) }],
    ),
  };
}

/** A request with all events refused answers as one with some does; one with a single event says what is wrong with it. */
function outcomeOfRefusal(events: OutgoingEvent[], error: unknown): Omit<Posted, 'isRepeated'> {
  if (!(error instanceof Refusal)) throw error;
  const answer = error.problem as unknown as Partial<EventsAnswer> & ProblemDetails;
  if (Array.isArray(answer.refused)) return outcomeOf(events, { events: [], refused: answer.refused });
  const [only] = events;
  const isOfEvent = error.status === 422 || error.status === 413 || answer.field === 'team';
  if (events.length !== 1 || !only || !isOfEvent) throw error;
  return { taken: [], refused: [{ line: only.line, problem: answer }] };
}
