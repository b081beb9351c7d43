import { bytesOf, textOf, type View, viewsOf } from './decoded-views.ts';
import { MASK, reveal, type Secret } from './secret.ts';

/*
 * Takes secrets out of what is kept. A text is decoded in every way that we or a receiver may have encoded it, in JSON,
 * URLs, HTML, one inside of the other, and then in base64 and hex, and what reads as a secret goes, wherever it stands.
 */

/** Shorter texts are not masked: they would blot out half of any message, and hide nothing. */
const SHORTEST_SECRET = 8;

/** So much of a secret at the end of a text, which may have been cut there, is taken for its beginning. */
const SHORTEST_BEGINNING = 4;

/** Each byte as `\u00XX`; what is longer than that is masked as well, but the sender keeps no extra room for it. */
const LONGEST_ESCAPE = 6;

interface Wanted {
  /** The value's bytes. */
  bytes: string;
  /** The longest part of it that no way of escaping changes. */
  anchor: string;
}

interface Range {
  from: number;
  to: number;
}

/** Makes the function that takes these secrets out of a text, in every form that we or a receiver may have put them. */
export function maskerOf(secrets: readonly Secret[]): (text: string) => string {
  const all = secrets.map(reveal).filter((value) => value.length >= SHORTEST_SECRET);
  const wanted = [...new Set(all)].map(toWanted);
  return (text) => {
    const bytes = bytesOf(text);
    const ranges = viewsOf(bytes).flatMap((view) => [
      ...rangesOfValues(view, wanted),
      ...rangesOfEncoded(view, wanted),
    ]);
    return ranges.length === 0 ? text : textOf(withoutRanges(bytes, ranges));
  };
}

/** Bytes that the longest of these secrets takes where it is escaped. */
export function longestForm(secrets: readonly Secret[]): number {
  return Math.max(0, ...secrets.map((secret) => Buffer.byteLength(reveal(secret)) * LONGEST_ESCAPE));
}

function toWanted(value: string): Wanted {
  const parts = value.match(/[A-Za-z0-9]+/g) ?? [];
  const anchor = parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
  return { bytes: bytesOf(value), anchor };
}

function rangesOfValues({ text, starts }: View, wanted: readonly Wanted[]): Range[] {
  const sourceOf = (from: number, to: number) => ({ from: starts[from] ?? 0, to: starts[to] ?? 0 });
  return wanted.flatMap(({ bytes }) => {
    const ranges: Range[] = [];
    for (let at = text.indexOf(bytes); at >= 0; at = text.indexOf(bytes, at + 1)) {
      ranges.push(sourceOf(at, at + bytes.length));
    }
    const beginning = beginningAtEnd(text, bytes);
    return beginning === undefined ? ranges : [...ranges, sourceOf(beginning, text.length)];
  });
}

/** An escape that was cut in two says nothing of the character that it stood for. */
const CUT_ESCAPE = /(?:\\(?:u[\da-fA-F]{0,3}|x[\da-fA-F]?)?|%[\da-fA-F]?|&#?\w{0,8})$/;

/** Where the beginning of a secret stands at the end of a text, if it does. */
function beginningAtEnd(text: string, secret: string): number | undefined {
  const end = text.slice(-secret.length - 16);
  for (const tail of [end, end.replace(CUT_ESCAPE, '')]) {
    for (let length = Math.min(tail.length, secret.length - 1); length >= SHORTEST_BEGINNING; length--) {
      if (secret.startsWith(tail.slice(-length))) return text.length - end.length + tail.length - length;
    }
  }
  return undefined;
}

/** Base64 in its two alphabets, and hex. What stands before the secret shifts it, so each alignment is tried. */
const encodings = [
  { runs: /[A-Za-z0-9+/_-]{8,}={0,2}/g, encoding: 'base64', alignments: 4 },
  { runs: /[\da-fA-F]{16,}/g, encoding: 'hex', alignments: 2 },
] as const;

/** The runs that decode to something with a secret in it: such a run goes as a whole. */
function rangesOfEncoded({ text, starts }: View, wanted: readonly Wanted[]): Range[] {
  return encodings.flatMap(({ runs, encoding, alignments }) =>
    [...text.matchAll(runs)].flatMap(({ index, 0: run }) => {
      const end = index + run.length;
      const isLast = end === text.length;
      const isHiding = Array.from({ length: alignments }, (_, skipped) => run.slice(skipped)).some(
        (aligned) => hides(Buffer.from(aligned, encoding).toString('latin1'), isLast, wanted),
      );
      return isHiding ? [{ from: starts[index] ?? 0, to: starts[end] ?? 0 }] : [];
    }),
  );
}

/** In what is encoded, the text may have been escaped before. */
const DEPTH_INSIDE = 3;

function hides(bytes: string, mayBeCut: boolean, wanted: readonly Wanted[]): boolean {
  const possible = wanted.filter(
    ({ anchor }) => anchor.length < SHORTEST_BEGINNING || bytes.includes(anchor),
  );
  if (possible.length === 0 && !mayBeCut) return false;
  return viewsOf(bytes, DEPTH_INSIDE).some(
    ({ text }) =>
      possible.some((one) => text.includes(one.bytes)) ||
      (mayBeCut && wanted.some((one) => beginningAtEnd(text, one.bytes) !== undefined)),
  );
}

/** Overlapping ranges are one, so that no secret hides a part of another. */
function withoutRanges(text: string, ranges: Range[]): string {
  const parts: string[] = [];
  let kept = 0;
  for (const { from, to } of ranges.sort((a, b) => a.from - b.from)) {
    if (from >= kept) parts.push(text.slice(kept, from), MASK);
    kept = Math.max(kept, to);
  }
  return parts.join('') + text.slice(kept);
}

const SIGNATURES: ReadonlySet<string> = new Set(['webhook-signature', 'x-wandb-signature']);

/** Headers without secrets and without signatures: whoever saw one with its body could send both again. */
export function maskedHeaders(
  headers: Readonly<Record<string, string>>,
  mask: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SIGNATURES.has(name.toLowerCase()) ? MASK : mask(value),
    ]),
  );
}
