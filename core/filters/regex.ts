import { RE2JS } from 're2js';

const MAX_LENGTH = 512;

/** Matching costs program size × text: both have a limit, so that no pattern holds a matcher up. */
const MAX_PROGRAM = 600;
const MAX_TEXT = 4_096;

export type Pattern = (text: string) => boolean;

/**
 * Compiles a user's regular expression: RE2 syntax, search semantics, case-sensitive, at most 512 characters
 * (our choice; W&B's examples only make sense as a search). Matching is linear in the text, whatever the pattern.
 * Looks at the first 4,096 characters of a text. Returns what is wrong instead of throwing.
 */
export function compileRegex(source: string): { matches: Pattern } | { problem: string } {
  if (source.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters` };
  try {
    const compiled = RE2JS.compile(source);
    if (compiled.programSize() > MAX_PROGRAM)
      return { problem: 'repeats too much: lower the counts in braces' };
    return { matches: (text) => compiled.matcher(text.slice(0, MAX_TEXT)).find() };
  } catch (error) {
    return { problem: `is not a regular expression of RE2 (${(error as Error).message})` };
  }
}
