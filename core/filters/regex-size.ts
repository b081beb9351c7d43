/**
 * How many characters, classes and the like a pattern holds once its counted repetitions are written out: what
 * the compiler would have to unfold, known without compiling. `(?:ab?…){1000}` is half a second of its time.
 */
export function unfoldedSize(source: string): number {
  const tally: Tally = { groups: [0], last: 0 };
  for (const { 0: token, groups: parts = {} } of source.matchAll(TOKENS)) count(tally, token, parts);
  return tally.groups.reduce((sum, size) => sum + size, 0);
}

interface Tally {
  /** The sizes of the groups that are open, the pattern itself first. */
  groups: number[];
  /** The size of what a count that follows would repeat. */
  last: number;
}

type Parts = { [name: string]: string | undefined };

function count(tally: Tally, token: string, parts: Parts): void {
  const { quoted, open, least } = parts;
  if (open !== undefined) tally.groups.push(0);
  else if (quoted !== undefined) add(tally, quoted.length, 1);
  else if (least !== undefined) add(tally, tally.last * (timesOf(parts) - 1), tally.last * timesOf(parts));
  else if (token === ')') closeGroup(tally);
  else if (!SILENT.test(token)) add(tally, 1, 1);
}

function closeGroup(tally: Tally): void {
  // One that closes nothing is the parser's to refuse.
  const size = tally.groups.length > 1 ? (tally.groups.pop() ?? 0) : 0;
  add(tally, size, size);
}

function add(tally: Tally, size: number, last: number): void {
  tally.groups.push((tally.groups.pop() ?? 0) + size);
  tally.last = last;
}

/** Quoted text, an escape, a class, flags, the start of a group, a counted repetition, or one character. */
const TOKENS = new RegExp(
  [
    String.raw`\\Q(?<quoted>.*?)(?:\\E|$)`,
    String.raw`\\[pPx]\{[^}]*\}|\\.`,
    String.raw`\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]`,
    String.raw`\(\?[a-zA-Z-]*\)`,
    String.raw`(?<open>\((?:\?P?<[^>]*>|\?[a-zA-Z-]*:)?)`,
    String.raw`\{(?<least>\d+)(?:,(?<most>\d*))?\}`,
    '.',
  ].join('|'),
  'gs',
);

/** What adds nothing to match. */
const SILENT = /^(?:[|*+?]|\(\?[a-zA-Z-]*\))$/;

function timesOf({ least, most }: Parts): number {
  const times = Math.max(1, Number(least), Number(most ?? 0));
  // The parser refuses larger ones at once, and tells where they stand.
  return times > 1_000 ? 1 : times;
}
