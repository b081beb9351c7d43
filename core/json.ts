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
    const quoted = quoteNonFinite(text);
    if (quoted !== text) return parseJson(quoted);
    // The parser's own message quotes the text, which may be a secret.
    const [, position] = /position (\d+)/.exec((error as Error).message) ?? [];
    const detail = `the body is not JSON${position === undefined ? '' : `: see character ${position}`}`;
    throw new Problem(
      { code: 'malformed_json', detail, hint: 'check the body with a JSON linter' },
      { cause: error },
    );
  }
}

/** One pass, also over a text whose strings never end: a pattern would look for each end again. */
function quoteNonFinite(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) === QUOTE) {
      const end = endOfString(text, at) + 1;
      parts.push(text.slice(from, at).replace(/-?Infinity|NaN/g, '"$&"'), text.slice(at, end));
      from = end;
      at = end - 1;
    }
  }
  parts.push(text.slice(from).replace(/-?Infinity|NaN/g, '"$&"'));
  return parts.join('');
}

/** How deep brackets nest outside of strings, counted on the text so that nothing is built for a bomb. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) depth--;
  }
  return deepest;
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** JSON in ASCII: SQS refuses some characters (U+FFFE, lone surrogates), and bytes then equal characters. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
