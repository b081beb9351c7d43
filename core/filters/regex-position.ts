import { RE2JS } from 're2js';

/** What re2js says of a pattern: the reason, and the part of the pattern that it could not read. */
export interface Complaint {
  error?: string;
  input?: string | null;
}

/** Tries at finding the part that is meant, each of which compiles a piece of the pattern. */
const MAX_TRIES = 20;

/**
 * Where in the pattern the error is, from 0. re2js names the part but not its place, and the same part may stand
 * elsewhere in good order; undefined when the pattern as a whole is at fault.
 */
export function positionOf(source: string, { error: reason, input }: Complaint): number | undefined {
  if (reason === 'missing closing )') return unpaired(source).opened;
  if (reason === 'unexpected )') return unpaired(source).closed;
  if (reason === 'trailing backslash at end of expression') return source.length - 1;
  if (!input) return undefined;
  const places = placesOf(source, input);
  // The parser reads from left to right, so a pattern cut off behind the culprit fails in the same way.
  const culprit = places.slice(0, MAX_TRIES).find((at) => {
    const complaint = complaintOf(source.slice(0, at + input.length));
    return complaint?.error === reason && complaint?.input === input;
  });
  return culprit ?? places.at(-1);
}

function complaintOf(source: string): Complaint | undefined {
  try {
    RE2JS.compile(source);
    return undefined;
  } catch (error) {
    return error as Complaint;
  }
}

function placesOf(source: string, part: string): number[] {
  const places: number[] = [];
  for (let at = source.indexOf(part); at >= 0; at = source.indexOf(part, at + 1)) places.push(at);
  return places;
}

/** What may hide a parenthesis: quoted text, an escape, a class; and the parentheses themselves. */
const TOKENS = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|[()]/gs;

/** The last parenthesis that is never closed, and the first one that closes nothing. */
function unpaired(source: string): { opened?: number; closed?: number } {
  const open: number[] = [];
  for (const { 0: token, index } of source.matchAll(TOKENS)) {
    if (token === '(') open.push(index);
    else if (token === ')' && open.pop() === undefined) return { closed: index };
  }
  const opened = open.at(-1);
  return opened === undefined ? {} : { opened };
}
