// Imported at once, though only true regular expressions need it: what tests a filter is synchronous, and the one
// synchronous way to load a module late, require(), does not exist where Node runs this source as it is (CLI,
// local). It costs a function 5 ms of loading.
import { RE2JS } from 're2js';
import { classify } from './pattern.ts';
import { positionOf } from './regex-position.ts';
import { unfoldedSize } from './regex-size.ts';

/** W&B's examples only make sense as a search; the length is our choice. */
const MAX_LENGTH = 512;

/**
 * Matching costs program size × text: both have a limit, so that no pattern holds a matcher up. At 600 × 4,096 the
 * worst of test/corpora/regex.json took 60 ms, at these 9 ms.
 */
const MAX_PROGRAM = 300;
/** More than a pattern without counts can hold: the compiler may still make less of it. */
const MAX_UNFOLDED = 1_000;

/** Building the tables of one takes a quarter of a millisecond. */
const MAX_UNICODE_CLASSES = 50;
const UNICODE_CLASS = /\\p/gi;

const TOO_LARGE = 'repeats too much: lower the counts in braces';

export const MAX_TEXT = 1_024;

/** Compiled patterns, shared by all filters; the ones used least recently go first. */
const MAX_COMPILED = 500;

/** Remembered texts are short, so that they cost little to keep. */
const MAX_REMEMBERED = 256;

interface Compiled {
  matches: (text: string) => boolean;
  lastText: string | undefined;
  lastResult: boolean;
}

const cache = new Map<string, Compiled>();

/** Judges a user's pattern when it is saved: what is wrong with it and where, or else what it costs to run. */
export function checkRegex(source: string): { problem: string; position?: number } | { cost: number } {
  if (source.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters` };
  // Plain text never reaches the engine.
  if (classify(source).kind !== 'pattern') return { cost: 0 };
  if ((source.match(UNICODE_CLASS)?.length ?? 0) > MAX_UNICODE_CLASSES) {
    return { problem: `names more than ${MAX_UNICODE_CLASSES} classes of Unicode` };
  }
  if (unfoldedSize(source) > MAX_UNFOLDED) return { problem: TOO_LARGE };
  try {
    const cost = RE2JS.compile(source).programSize();
    return cost > MAX_PROGRAM ? { problem: TOO_LARGE } : { cost };
  } catch (error) {
    const { error: reason = 'it does not compile' } = error as { error?: string };
    const position = positionOf(source, error as { error?: string; input?: string });
    const where = position === undefined ? '' : ` at character ${position + 1}`;
    const problem = `is not a regular expression of RE2 (${reason}${where})`;
    return position === undefined ? { problem } : { problem, position };
  }
}

/**
 * RE2 syntax, search semantics, case-sensitive, in time linear in the text. Sees the first 1,024 characters, as if
 * the text ended there. Compiles on first use; a pattern that does not compile matches nothing.
 */
export function matchesRegex(source: string, text: string): boolean {
  const compiled = compiledOf(source);
  if (compiled.lastText === text) return compiled.lastResult;
  const result = compiled.matches(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text);
  if (text.length <= MAX_REMEMBERED) {
    compiled.lastText = text;
    compiled.lastResult = result;
  }
  return result;
}

function compiledOf(source: string): Compiled {
  const known = cache.get(source);
  if (known) return known;
  const compiled = { matches: compile(source), lastText: undefined, lastResult: false };
  const [oldest] = cache.size >= MAX_COMPILED ? cache.keys() : [];
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(source, compiled);
  return compiled;
}

function compile(source: string): (text: string) => boolean {
  try {
    const compiled = RE2JS.compile(source);
    // Not .test(): three times as fast, but its automaton may grow to 8 MB for each pattern.
    return (text) => compiled.matcher(text).find();
  } catch {
    return () => false;
  }
}
