import { isCloudEvent } from '../../core/cloud-event.ts';
import { randomId } from '../../core/id.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { Problem, type ProblemDetails } from '../../core/problem.ts';
import { parseEvent } from '../../core/received-event.ts';
import type { Line } from './lines.ts';

/** An event on its way. */
export interface OutgoingEvent {
  line: number;
  text: string;
  points: number;
  /** Whether the server takes a second copy of it for the first. */
  isRepeatable: boolean;
}

/** An event that was not taken, and why. */
export interface RefusedEvent {
  line: number;
  problem: ProblemDetails | undefined;
}

/**
 * Makes a line ready to be sent, more than once if need be: an event that would get a random id from the server gets
 * one here. Only what could not travel in a batch is refused here; to judge the rest is up to the server.
 */
export function prepare({ number, text }: Line): OutgoingEvent | RefusedEvent {
  try {
    const input = parseJson(text);
    if (isObject(input)) return outgoing(number, text, input);
    const detail = 'an event is a JSON object';
    return {
      line: number,
      problem: { code: 'invalid_input', detail, hint: 'send one event a line (NDJSON)' },
    };
  } catch (error) {
    if (error instanceof Problem)
      return { line: number, problem: { ...error.details, hint: 'each line is one JSON object' } };
    throw error;
  }
}

function outgoing(line: number, text: string, input: Record<string, unknown>): OutgoingEvent {
  const points = Array.isArray(input['points']) ? input['points'].length : 0;
  const event = { line, text, points };
  if (isCloudEvent(input) || isDeduplicated(input)) return { ...event, isRepeatable: true };
  if (points > 0 || input['id'] !== undefined) return { ...event, isRepeatable: false };
  return { ...event, text: `{"id":"${randomId('evt')}",${text.slice(1)}`, isRepeatable: true };
}

/** What the server will refuse anyway may be sent as often as it takes. */
function isDeduplicated(input: Record<string, unknown>): boolean {
  try {
    return parseEvent(input).deduplicated;
  } catch {
    return true;
  }
}
