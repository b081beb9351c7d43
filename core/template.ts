import type { JsonValue } from './json.ts';

/** A payload that was checked when it was saved, and the variables it names. */
export interface Template {
  payload: JsonValue;
  variables: string[];
}

/** What is wrong with a payload, and where: `path` is dotted, such as `blocks.0.text`; empty for the payload itself. */
export interface TemplateProblem {
  path: string;
  message: string;
}

const MAX_TEMPLATE_BYTES = 64 * 1_024;
export const MAX_RENDERED_BYTES = 256 * 1_024;
const MAX_DEPTH = 32;
/** Looking for near misses costs time, so a payload that is wrong everywhere is not read to its end. */
const MAX_PROBLEMS = 10;

/** The values made the body larger than may be sent; the same values will do so again. */
export class RenderedTooLargeError extends Error {
  override name = 'RenderedTooLargeError' as const;
  constructor() {
    super(`the rendered payload is larger than ${MAX_RENDERED_BYTES / 1_024} KiB`);
  }
}

/**
 * Checks a payload when it is saved: every `${name}` in a string value must be closed and known.
 * `names` are what an unknown name is compared with, to suggest the one that was meant.
 */
export function parseTemplate(
  payload: unknown,
  known: (name: string) => boolean,
  names: readonly string[] = [],
): { template: Template } | { problems: TemplateProblem[] } {
  const found: Found = { known, names, problems: [], variables: new Set() };
  checkValue(payload, [], found);
  if (found.problems.length === 0 && byteLength(JSON.stringify(payload)) > MAX_TEMPLATE_BYTES) {
    found.problems.push({
      path: '',
      message: `the payload is larger than ${MAX_TEMPLATE_BYTES / 1_024} KiB`,
    });
  }
  if (found.problems.length > 0) return { problems: found.problems };
  return { template: { payload: payload as JsonValue, variables: [...found.variables] } };
}

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
    if (typeof node === 'string') return fillString(node, (name) => taken(value(name) ?? ''));
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map(fill);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, fill(child)]));
  };
  const text = toJson(fill(payload));
  if (byteLength(text) > MAX_RENDERED_BYTES) throw new RenderedTooLargeError();
  return text;
}

interface Found {
  known: (name: string) => boolean;
  names: readonly string[];
  problems: TemplateProblem[];
  variables: Set<string>;
}

// A closed `${…}`, or an open one that runs to the end of the string or to the next one.
const PLACEHOLDER = /\$\{([^{}]*)(\}?)/g;
const WHOLE_JSON = /^\$\{([^{}:]+):json\}$/;
const UNCLOSED = `"\${" without its "}": a literal one is written \${$}{`;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[^.${}:"\\]+)*$/;

function fillString(text: string, value: (name: string) => JsonValue): JsonValue {
  const typed = WHOLE_JSON.exec(text)?.[1];
  if (typed !== undefined) return value(typed);
  return text.replace(PLACEHOLDER, (placeholder, name: string, end: string) => {
    if (end === '') return placeholder;
    return name === '$' ? '$' : asText(value(name));
  });
}

function asText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : toJson(value);
}

/** JSON text; NaN and the infinities, which JSON does not have, are strings, as they are in events. */
function toJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  );
}

function checkValue(node: unknown, path: string[], found: Found): void {
  if (found.problems.length >= MAX_PROBLEMS) return;
  if (typeof node === 'string') checkString(node, path, found);
  else if (Array.isArray(node)) checkChildren(Object.entries(node), path, found);
  else if (isPlainObject(node)) checkObject(node, path, found);
  else if (!isJsonScalar(node)) report(found, path, 'this is not a JSON value');
}

function checkObject(node: object, path: string[], found: Found): void {
  for (const key of Object.keys(node)) {
    if (key.includes('${')) report(found, [...path, key], 'a variable can stand in a value, not in a key');
  }
  checkChildren(Object.entries(node), path, found);
}

function checkChildren(children: [string, unknown][], path: string[], found: Found): void {
  if (path.length >= MAX_DEPTH) {
    report(found, path, `the payload is nested deeper than ${MAX_DEPTH} levels`);
    return;
  }
  for (const [key, child] of children) checkValue(child, [...path, key], found);
}

function checkString(text: string, path: string[], found: Found): void {
  const typed = WHOLE_JSON.exec(text)?.[1];
  if (typed !== undefined) {
    checkName(typed, 0, path, found);
    return;
  }
  for (const { index, 1: name = '', 2: end } of text.matchAll(PLACEHOLDER)) {
    if (found.problems.length >= MAX_PROBLEMS) return;
    if (end === '') report(found, path, `${UNCLOSED} (at character ${index + 1})`);
    else if (name !== '$') checkName(name, index, path, found);
  }
}

function checkName(name: string, index: number, path: string[], found: Found): void {
  const message = problemOfName(name, found);
  if (message) report(found, path, `${message} (at character ${index + 1})`);
  else found.variables.add(name);
}

function problemOfName(name: string, found: Found): string | undefined {
  if (name.endsWith(':json')) return `\${${name}} keeps its type only where it is the whole string`;
  if (!VARIABLE_NAME.test(name)) return `"${name}" is not a variable name`;
  if (found.known(name)) return undefined;
  const near = nearest(name, found.names);
  return `unknown variable "${name}"${near ? `; did you mean "${near}"?` : ''}`;
}

function report(found: Found, path: string[], message: string): void {
  if (found.problems.length < MAX_PROBLEMS) found.problems.push({ path: path.join('.'), message });
}

function isJsonScalar(node: unknown): boolean {
  return node === null || typeof node === 'boolean' || (typeof node === 'number' && Number.isFinite(node));
}

function isPlainObject(node: unknown): node is Record<string, unknown> {
  if (typeof node !== 'object' || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

const LONGEST_COMPARED = 64;

/** The known name that is at most a third of its letters away, if any. */
function nearest(name: string, names: readonly string[]): string | undefined {
  if (name.length > LONGEST_COMPARED) return undefined;
  const ranked = names.map((other) => ({
    other,
    edits: editDistance(name.toLowerCase(), other.toLowerCase()),
  }));
  const best = ranked.sort((a, b) => a.edits - b.edits)[0];
  return best && best.edits <= Math.ceil(best.other.length / 3) ? best.other : undefined;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, char] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (to[j - 1] === char ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
