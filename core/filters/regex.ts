// Imported at once, though only true regular expressions need it: what tests a filter is synchronous, and the one
// synchronous way to load a module late, require(), does not exist where Node runs this source as it is (CLI,
// local). It costs a function 5 ms of loading.
import { RE2JS } from 're2js';
import { classify } from './pattern.ts';
import { type Complaint, positionOf } from './regex-position.ts';
import { unfoldedSize } from './regex-size.ts';

/** W&B's examples only make sense as a search; the length is our choice. */
const MAX_LENGTH = 512;

/**
 * Matching costs program size × text: both have a limit, so that no pattern holds a matcher up. At 600 × 4,096 the
 * worst of test/corpora/regex.json took 60 ms, at these 9 ms.
 */
const MAX_PROGRAM = 300;
export const MAX_TEXT = 1_024;

/** Far more than a pattern without counts can hold: of less, the compiler may still make a small program. */
const MAX_UNFOLDED = 1_000;
const TOO_LARGE = 'repeats too much: lower the counts in braces';

/** Building the tables of one takes a quarter of a millisecond. */
const MAX_UNICODE_CLASSES = 50;
const UNICODE_CLASS = /\\p/gi;

/** Compiled patterns, shared by all filters; the oldest go first. */
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
  const problem = sizeProblem(source);
  if (problem) return { problem };
  // Plain text never reaches the engine.
  if (classify(source).kind !== 'pattern') return { cost: 0 };
  try {
    const cost = RE2JS.compile(source).programSize();
    return cost > MAX_PROGRAM ? { problem: TOO_LARGE } : { cost };
  } catch (error) {
    return syntaxProblem(source, error as Complaint);
  }
}

/** What can be known without compiling, so that no pattern costs much to refuse either. */
function sizeProblem(source: string): string | undefined {
  if (source.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  const classes = source.match(UNICODE_CLASS)?.length ?? 0;
  if (classes > MAX_UNICODE_CLASSES) return `names more than ${MAX_UNICODE_CLASSES} classes of Unicode`;
  return unfoldedSize(source) > MAX_UNFOLDED ? TOO_LARGE : undefined;
}

function syntaxProblem(source: string, complaint: Complaint): { problem: string; position?: number } {
  const { error: reason = 'it does not compile' } = complaint;
  const position = positionOf(source, complaint);
  const where = position === undefined ? '' : ` at character ${position + 1}`;
  const problem = `is not a regular expression of RE2 (${reason}${where})`;
  return position === undefined ? { problem } : { problem, position };
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
