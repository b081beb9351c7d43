import {
  isBinaryCloudEvent,
  isCloudEvent,
  type UnwrappedEvent,
  unwrapBinaryCloudEvent,
  unwrapCloudEvent,
} from '../../core/cloud-event.ts';
import { MAX_INFLATED_BYTES } from '../../core/event-limits.ts';
import { endOfFirstValue, parseJson, splitArray } from '../../core/json.ts';
import { Problem } from '../../core/problem.ts';
import { bodyText, type HttpRequest } from '../shared/http.ts';

/** One event of a request, not parsed yet: what is wrong with it refuses itself, not its neighbours. */
export interface Input {
  /** How long its text is. */
  length: number;
  /** Throws a Problem when it is no JSON, or a broken CloudEvent. */
  open: () => UnwrappedEvent;
}

/**
 * Finds the events of a request: one, an array, lines (NDJSON), or CloudEvents in each of these forms and in
 * binary mode. Finds no more than `atMost`.
 */
export function readInputs(request: HttpRequest, atMost: number): Input[] {
  const { headers } = request;
  const declared = formOf(headers['content-type'] ?? '');
  const text = bodyText(request, MAX_INFLATED_BYTES).trim();
  if (declared !== 'cloud' && isBinaryCloudEvent(headers)) {
    return [{ length: text.length, open: () => unwrapBinaryCloudEvent(headers, text) }];
  }
  if (text === '') {
    const hint = 'send one event, an array of events, or one event a line (NDJSON)';
    throw new Problem({ code: 'malformed_json', detail: 'the body is empty', hint });
  }
  const open = declared === 'cloud' ? openCloudEvent : openEither;
  return cut(text, declared === 'lines', atMost).map((one) => ({
    length: one.length,
    open: () => open(parseJson(one)),
  }));
}

function cut(text: string, declaredAsLines: boolean, atMost: number): string[] {
  if (declaredAsLines) return splitLines(text, atMost);
  if (text.startsWith('[')) return splitArray(text, atMost);
  return text.startsWith('{') && endOfFirstValue(text) < text.length ? splitLines(text, atMost) : [text];
}

/** What the content type says of the body; what it does not say, the body's look does. */
function formOf(contentType: string): 'cloud' | 'lines' | 'unsaid' {
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (/ndjson|jsonl/.test(mediaType)) return 'lines';
  if (!mediaType.startsWith('application/cloudevents')) return 'unsaid';
  if (/^application\/cloudevents(-batch)?(\+json)?$/.test(mediaType)) return 'cloud';
  throw new Problem({
    code: 'invalid_input',
    field: 'content-type',
    detail: 'CloudEvents are taken in JSON only',
    hint: 'send application/cloudevents+json or application/cloudevents-batch+json',
  });
}

function splitLines(text: string, atMost: number): string[] {
  const lines: string[] = [];
  for (let from = 0, end = 0; end < text.length && lines.length < atMost; from = end + 1) {
    end = text.indexOf('\n', from);
    if (end < 0) end = text.length;
    const line = text.slice(from, end).trim();
    if (line !== '') lines.push(line);
  }
  return lines;
}

function openCloudEvent(input: unknown): UnwrappedEvent {
  return unwrapCloudEvent(input);
}

/** A gzip body can not say what it holds, so a CloudEvent is known by its look as well. */
function openEither(input: unknown): UnwrappedEvent {
  return isCloudEvent(input) ? unwrapCloudEvent(input) : { input, nameOf: (field) => field };
}
