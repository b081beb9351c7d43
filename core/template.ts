import type { JsonValue } from './json.ts';

export const MAX_RENDERED_BYTES = 256 * 1_024;

/** The values made the body larger than may be sent; the same values will do so again. */
export class RenderedTooLargeError extends Error {
  override name = 'RenderedTooLargeError' as const;
  constructor() {
    super(`the rendered payload is larger than ${MAX_RENDERED_BYTES / 1_024} KiB`);
  }
}

/** A closed `${…}`, or an open one that runs to the end of the string or to the next one. */
export const PLACEHOLDER = /\$\{([^{}]*)(\}?)/g;

/** A string that is one variable and nothing else, and keeps its type. */
export const WHOLE_JSON = /^\$\{([^{}:]+):json\}$/;

/**
 * Fills in a payload and gives its JSON text. Values are put in as text and never scanned; one that is undefined is
 * an empty string; `"${name:json}"` alone keeps its type; `${$}` is a dollar sign. Throws RenderedTooLargeError.
 */
export function renderTemplate(payload: JsonValue, value: (name: string) => JsonValue | undefined): string {
  let room = MAX_RENDERED_BYTES;
  const taken = <Piece extends JsonValue>(piece: Piece): Piece => {
    room -= typeof piece === 'string' ? piece.length : toJson(piece).length;
    if (room < 0) throw new RenderedTooLargeError();
    return piece;
  };
  const fill = (node: JsonValue): JsonValue => {
    if (typeof node === 'string') return fillString(node, (name) => taken(orEmpty(value(name))));
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map(fill);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, fill(child)]));
  };
  const text = toJson(fill(payload));
  if (byteLength(text) > MAX_RENDERED_BYTES) throw new RenderedTooLargeError();
  return text;
}

/**
 * Fills in a text: as in a payload, but the outcome is always text, and `:json` is nothing that it knows.
 * What a value looks like is up to the caller.
 */
export function renderText(text: string, value: (name: string) => string): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string, end: string) => {
    if (end === '') return placeholder;
    return name === '$' ? '$' : value(name);
  });
}

/** What does not apply is an empty string; null is a value. */
const orEmpty = (value: JsonValue | undefined) => (value === undefined ? '' : value);

function fillString(text: string, value: (name: string) => JsonValue): JsonValue {
  const typed = WHOLE_JSON.exec(text)?.[1];
  return typed === undefined ? renderText(text, (name) => asText(value(name))) : value(typed);
}

/** A value as it stands in a text: strings as they are, nothing for null, anything else as JSON. */
export function asText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'number' ? String(value) : toJson(value);
}

/** JSON text; NaN and the infinities, which JSON does not have, are strings, as they are in events. */
function toJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  );
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
