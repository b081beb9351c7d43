import { RE2JS } from 're2js';

/** What re2js says of a pattern: the reason, and the part of the pattern that it could not read. */
interface SyntaxError {
  error?: string;
  input?: string | null;
}

/**
 * Where in the pattern the error is, from 0. re2js names the part but not its place, and the part may stand
 * elsewhere in the pattern in good order; undefined when the pattern as a whole is at fault.
 */
export function positionOf(source: string, error: unknown): number | undefined {
  const { error: reason, input } = error as SyntaxError;
  if (reason === 'missing closing )')
    return lastOf(source, '(', (at) => errorIn(source.slice(0, at)) === undefined);
  if (reason === 'unexpected )')
    return placesOf(source, ')').find((at) => errorIn(source.slice(0, at + 1))?.error === reason);
  if (reason === 'trailing backslash at end of expression') return source.length - 1;
  if (!input) return undefined;
  // The parser reads from left to right, so a pattern cut off behind the culprit fails in the same way.
  const culprit = placesOf(source, input).find((at) => {
    const found = errorIn(source.slice(0, at + input.length));
    return found?.error === reason && found?.input === input;
  });
  return culprit ?? placesOf(source, input).at(-1);
}

function errorIn(source: string): SyntaxError | undefined {
  try {
    RE2JS.compile(source);
    return undefined;
  } catch (error) {
    return error as SyntaxError;
  }
}

function placesOf(source: string, part: string): number[] {
  const places: number[] = [];
  for (let at = source.indexOf(part); at >= 0; at = source.indexOf(part, at + 1)) places.push(at);
  return places;
}

function lastOf(source: string, part: string, fits: (at: number) => boolean): number | undefined {
  return placesOf(source, part).findLast(fits);
}
