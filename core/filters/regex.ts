import { RE2JS } from 're2js';

const MAX_LENGTH = 512;

export type Pattern = (text: string) => boolean;

/**
 * Compiles a user's regular expression: RE2 syntax, search semantics, case-sensitive, at most 512 characters
 * (our choice; W&B's examples only make sense as a search). Matching is linear in the text, whatever the pattern.
 * Returns what is wrong, and where, instead of throwing.
 */
export function compileRegex(source: string): { matches: Pattern } | { problem: string } {
  if (source.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters` };
  try {
    const compiled = RE2JS.compile(source);
    return { matches: (text) => compiled.matcher(text).find() };
  } catch (error) {
    return { problem: `is not a regular expression of RE2 (${(error as Error).message})` };
  }
}
