import { Problem } from './problem.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Deeper nesting is refused before the parser sees it: a parser's stack is not ours to spend (our choice). */
const MAX_DEPTH = 32;

/**
 * Parses JSON as W&B clients write it: bare NaN, Infinity and -Infinity (as Python's json.dumps puts them)
 * become the strings "NaN", "Infinity" and "-Infinity". Throws a Problem that says where the text went wrong.
 */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) {
    throw new Problem({
      code: 'invalid_input',
      detail: `the JSON is nested deeper than ${MAX_DEPTH} levels`,
      hint: 'flatten the metadata or config that is nested so deep',
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const quoted = replaceNonFinite(text, (word) => `"${word}"`);
    if (quoted === text) throw malformed(text, error);
    return parseQuoted(text, quoted);
  }
}

function parseQuoted(text: string, quoted: string): unknown {
  try {
    return JSON.parse(quoted);
  } catch {
    // Once more with stand-ins as long as the words, so that the position is the one in the client's text.
    const asLong = replaceNonFinite(text, (word) => `"${word.slice(1, -1)}"`);
    try {
      return JSON.parse(asLong);
    } catch (error) {
      throw malformed(asLong, error);
    }
  }
}

/** The parser's own message quotes the text, which may be a secret: only the position is taken from it. */
function malformed(text: string, error: unknown): Problem {
  const { message } = error as Error;
  const isCutOff = message.startsWith('Unexpected end');
  const where = isCutOff ? 'it ends too early' : `see character ${positionOf(text, message)}`;
  const hint = 'check the body with a JSON linter';
  const details = { code: 'malformed_json', detail: `the text is not JSON: ${where}`, hint } as const;
  return new Problem(details, { cause: error });
}

/** The parser tells the position, but for what stands in the place of a value. */
function positionOf(text: string, message: string): number {
  const [, told] = / JSON at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message) ?? [];
  return told === undefined ? firstThatIsNoValue(text) : Number(told);
}

/** Where the first thing in the place of a value goes wrong, in a text that is JSON up to there. */
function firstThatIsNoValue(text: string): number {
  const open: string[] = [];
  let before = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (' \t\n\r'.includes(char)) continue;
    const wrongAt = isBeforeValue(before, open) ? wrongInValue(text, at, before) : undefined;
    if (wrongAt !== undefined) return wrongAt;
    keepOpen(open, char);
    if (char === '"') at = endOfString(text, at);
    before = char;
  }
  return text.length;
}

function keepOpen(open: string[], char: string): void {
  const change = changeOfDepth(char.charCodeAt(0));
  if (change > 0) open.push(char);
  if (change < 0) open.pop();
}

function isBeforeValue(char: string, open: string[]): boolean {
  return char === '' || char === '[' || char === ':' || (char === ',' && open.at(-1) === '[');
}

/** Where what should be a value is none: at its beginning, or within a word. */
function wrongInValue(text: string, start: number, before: string): number | undefined {
  const first = text.charAt(start);
  if (/["{[\d-]/.test(first) || (before === '[' && first === ']')) return undefined;
  const word = ['true', 'false', 'null'].find((one) => one.startsWith(first)) ?? '-';
  let at = start;
  while (at - start < word.length && text[at] === word[at - start]) at++;
  return at - start === word.length ? undefined : at;
}

/** One pass, also over a text whose strings never end: a pattern would look for each end again. */
function replaceNonFinite(text: string, replace: (word: string) => string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', from)) {
    const end = endOfString(text, at) + 1;
    parts.push(text.slice(from, at).replace(NON_FINITE, replace), text.slice(at, end));
    from = end;
  }
  parts.push(text.slice(from).replace(NON_FINITE, replace));
  return parts.join('');
}

/** As values: bare, as a key, they are no JSON. */
const NON_FINITE = /(?:-?Infinity|NaN)(?!\s*:)/g;

/**
 * Cuts the text of an array into the texts of its elements, none of them parsed or checked; of a longer array
 * only the first `atMost`. Throws a Problem when the text does not end as an array does.
 */
export function splitArray(text: string, atMost: number): string[] {
  const elements: string[] = [];
  let from = 1;
  const end = walk(text, (at, depth, char) => {
    if (depth > 1 || (depth === 1 && char !== COMMA)) return true;
    elements.push(text.slice(from, at));
    from = at + 1;
    return depth > 0 && elements.length < atMost;
  });
  if (elements.length === atMost) return elements;
  if (end === text.length) {
    const detail = 'the array does not end: the body was cut off, or a bracket or quote is missing';
    throw new Problem({ code: 'malformed_json', detail, hint: 'send the whole body again' });
  }
  if (text.charCodeAt(end) !== CLOSE_BRACKET || text.slice(end + 1).trim() !== '') {
    const detail = `the body is not one array: see character ${end}`;
    const hint = 'send one array, or one event a line (NDJSON)';
    throw new Problem({ code: 'malformed_json', detail, hint });
  }
  return elements.length === 1 && elements[0]?.trim() === '' ? [] : elements;
}

/** Where the object or array that begins a text ends, by its brackets; the text's length when it does not. */
export function endOfFirstValue(text: string): number {
  return Math.min(text.length, walk(text, (_at, depth) => depth > 0) + 1);
}

/** How deep brackets nest outside of strings, counted on the text so that nothing is built for a bomb. */
function depthOf(text: string): number {
  let deepest = 0;
  walk(text, (_at, depth) => {
    if (depth > deepest) deepest = depth;
    return true;
  });
  return deepest;
}

/**
 * Visits each bracket, brace and comma outside of strings, with the depth behind it, for as long as the visitor
 * says true. Answers where that was, and the text's length when it was never.
 */
function walk(text: string, visit: (at: number, depth: number, char: number) => boolean): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    const change = changeOfDepth(char);
    depth += change;
    if ((change !== 0 || char === COMMA) && !visit(at, depth, char)) return at;
  }
  return text.length;
}

const [QUOTE, BACKSLASH, COMMA, CLOSE_BRACKET] = [0x22, 0x5c, 0x2c, 0x5d];

/** Brackets and braces differ in one bit. */
function changeOfDepth(char: number): -1 | 0 | 1 {
  const bracket = char | 0x20;
  if (bracket === 0x7b) return 1;
  return bracket === 0x7d ? -1 : 0;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** Whether a parsed value is an object, with keys. */
export function isObject(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/** A value as JSON that does not depend on the order of keys. */
export function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** The first thing in a parsed value that does not survive the way: half characters, numbers that JSON has not. */
interface JsonFault {
  path: string[];
  detail: string;
}

/**
 * Looks for what the parser takes and something behind it would lose or refuse. Half a surrogate pair is no
 * UTF-8, 1e999 is Infinity and would be written as null, and a key `__proto__` is swallowed by most code.
 */
export function findJsonFault(value: unknown): JsonFault | undefined {
  if (typeof value === 'object' && value !== null) return faultInside(value as Record<string, unknown>);
  const detail = faultOfScalar(value);
  return detail === undefined ? undefined : { path: [], detail };
}

function faultInside(value: Record<string, unknown>): JsonFault | undefined {
  for (const key of Object.keys(value)) {
    const detail = faultOfKey(key);
    if (detail !== undefined) return { path: [key], detail };
    const fault = findJsonFault(value[key]);
    if (fault) return { path: [key, ...fault.path], detail: fault.detail };
  }
  return undefined;
}

function faultOfScalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : HALF_PAIR;
  if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? 'is NaN: send it as a string' : TOO_LARGE;
}

/** What is wrong with a key of a JSON object, undefined when nothing is. */
export function faultOfKey(key: string): string | undefined {
  if (key === '__proto__') return '"__proto__" can not be a name here: much code loses it';
  return key.isWellFormed() ? undefined : HALF_PAIR;
}

const HALF_PAIR = 'holds half a surrogate pair: send valid Unicode';
const TOO_LARGE = 'is too large for a number: send it as a string';

/** JSON in ASCII: SQS refuses some characters (U+FFFE, lone surrogates), and bytes then equal characters. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
