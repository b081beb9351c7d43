import type { SignalboxEvent } from './event.ts';
import { messageBytes } from './event-message.ts';
import { isObject } from './json.ts';
import { Problem } from './problem.ts';

// docs/events.md lists these limits.
const MAX_EVENT_BYTES = 200_000;
const MAX_POINTS = 10_000;

/** Of a request. Ours: each event may go to a queue message of its own, and the answer names each. */
export const MAX_EVENTS = 5_000;

/** How large a body of events may be as it comes, and once it is inflated. */
export const MAX_WIRE_BYTES = 4_000_000;
export const MAX_INFLATED_BYTES = 10_000_000;

/** A character becomes 18 bytes at most: three by normalization, of six as ASCII JSON. */
const CERTAINLY_FITS = 10_000;

/** Refuses a request of which there are more events than it may hold. */
export function checkEventCount(events: number): void {
  if (events <= MAX_EVENTS) return;
  const detail = `the request holds more than ${MAX_EVENTS} events, which is the limit`;
  const hint = 'send several requests, or more points in each event';
  throw new Problem({ code: 'too_large', detail, hint });
}

/** Refuses a request of which there are more points than it may hold. */
export function checkPointCount(points: number): void {
  if (points <= MAX_POINTS) return;
  const detail = `the request holds more than ${MAX_POINTS} points, which is the limit`;
  throw new Problem({ code: 'too_large', detail, hint: 'send the points in several requests' });
}

/** The points of an event that was not checked yet. */
export function pointsOf(input: unknown): number {
  return isObject(input) && Array.isArray(input['points']) ? input['points'].length : 0;
}

/** Refuses an event that is larger than it may be; `length` is that of the text that it came as. */
export function checkEventBytes(event: SignalboxEvent, length: number): void {
  if (length <= CERTAINLY_FITS) return;
  const bytes = messageBytes(event);
  if (bytes <= MAX_EVENT_BYTES) return;
  const detail = `the event takes ${bytes} bytes and the limit is ${MAX_EVENT_BYTES}, as ASCII JSON with its points as columns`;
  const hint = 'split its points over several events, or shorten its metadata';
  throw new Problem({ code: 'too_large', detail, hint });
}
