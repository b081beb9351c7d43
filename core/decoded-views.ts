/**
 * A text as it reads once it is decoded, and where each of its characters came from. Characters are the bytes of the
 * UTF-8 form, so that `%C3%A4`, `\u00e4` and `ä` read the same.
 */
export interface View {
  text: string;
  /** Where in the first text each character begins; one more than there are characters. */
  starts: Int32Array;
}

/** A text's bytes, each as a character. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of such bytes. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

interface Decoder {
  /** Without one of these there is nothing to decode. */
  marks: readonly string[];
  pattern: RegExp;
  decode: (escaped: string) => string;
}

const NAMED_IN_JSON: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const NAMED_IN_HTML: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const byteOf = (hex: string) => String.fromCharCode(Number.parseInt(hex, 16));

const decoders: readonly Decoder[] = [
  {
    marks: ['\\'],
    pattern:
      /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[^ux]/g,
    decode: fromBackslashes,
  },
  { marks: ['%'], pattern: /%[\da-fA-F]{2}/g, decode: (escaped) => byteOf(escaped.slice(1)) },
  {
    marks: ['%', '+'],
    pattern: /%[\da-fA-F]{2}|\+/g,
    decode: (escaped) => (escaped === '+' ? ' ' : byteOf(escaped.slice(1))),
  },
  { marks: ['&'], pattern: /&(?:#[xX][\da-fA-F]{1,6}|#\d{1,7}|amp|lt|gt|quot|apos);/g, decode: fromEntity },
];

/** In JSON, and `\x41` as JavaScript and Python write it. */
function fromBackslashes(escaped: string): string {
  const char = escaped.charAt(1);
  if (char === 'x') return byteOf(escaped.slice(2));
  if (char !== 'u') return NAMED_IN_JSON[char] ?? char;
  const units = escaped.split('\\u').slice(1);
  return bytesOf(String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))));
}

function fromEntity(entity: string): string {
  const name = entity.slice(1, -1);
  if (!name.startsWith('#')) return NAMED_IN_HTML[name] ?? entity;
  const isHex = /^#x/i.test(name);
  const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  return code > 0x10_ffff ? entity : bytesOf(String.fromCodePoint(code));
}

/** However often a text was escaped: more than this nobody does by accident. */
const MAX_DEPTH = 4;
/** What all views of a text may take together. */
const MAX_CHARACTERS = 4_000_000;

/** A text and every way to read it that decodes it, one way after the other. */
export function viewsOf(bytes: string, maxDepth = MAX_DEPTH): View[] {
  const first: View = { text: bytes, starts: eachItself(bytes.length + 1) };
  const views = [first];
  const seen = new Set([bytes]);
  let room = MAX_CHARACTERS;
  let newest: View[] = views;
  for (let depth = 0; depth < maxDepth && room > 0; depth++) {
    newest = newest.flatMap((view) => decoders.flatMap((decoder) => decodedBy(decoder, view) ?? []));
    newest = newest.filter(({ text }) => !seen.has(text) && seen.add(text));
    room -= newest.reduce((sum, { text }) => sum + text.length, 0);
    views.push(...newest);
  }
  return views;
}

/** Where nothing is decoded, each character begins where it stands. */
function eachItself(length: number): Int32Array {
  const starts = new Int32Array(length);
  for (let at = 0; at < length; at++) starts[at] = at;
  return starts;
}

function decodedBy({ marks, pattern, decode }: Decoder, view: View): View | undefined {
  if (!marks.some((mark) => view.text.includes(mark))) return undefined;
  const starts = new Int32Array(view.text.length + 1);
  const parts: string[] = [];
  let length = 0;
  let from = 0;
  const copyTo = (to: number) => {
    parts.push(view.text.slice(from, to));
    for (; from < to; from++) starts[length++] = view.starts[from] ?? 0;
  };
  for (const { index, 0: escaped } of view.text.matchAll(pattern)) {
    copyTo(index);
    const decoded = decode(escaped);
    parts.push(decoded);
    starts.fill(view.starts[index] ?? 0, length, length + decoded.length);
    length += decoded.length;
    from = index + escaped.length;
  }
  copyTo(view.text.length);
  starts[length] = view.starts[view.text.length] ?? 0;
  return { text: parts.join(''), starts };
}
