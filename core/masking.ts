import { asciiJson } from './json.ts';
import { MASK, reveal, type Secret } from './secret.ts';

/** Shorter texts are not masked: they would blot out half of any message, and hide nothing. */
const SHORTEST_SECRET = 8;

/** Makes the function that takes these secrets out of a text, in every form that we or a receiver may have put them. */
export function maskerOf(secrets: readonly Secret[]): (text: string) => string {
  const forms = allForms(secrets);
  return (text) => withoutRanges(text, rangesOf(text, forms));
}

/** Bytes of the longest text that the masker of these secrets looks for. */
export function longestForm(secrets: readonly Secret[]): number {
  return Math.max(0, ...allForms(secrets).map((form) => Buffer.byteLength(form)));
}

function allForms(secrets: readonly Secret[]): string[] {
  const values = secrets.map(reveal).filter((value) => value.length >= SHORTEST_SECRET);
  return [...new Set(values.flatMap(formsOf))];
}

interface Range {
  from: number;
  to: number;
}

/** Where any of the forms stands. All are looked for in the text as it is, so that none hides a part of another. */
function rangesOf(text: string, forms: readonly string[]): Range[] {
  const ranges: Range[] = [];
  for (const form of forms) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
      ranges.push({ from: at, to: at + form.length });
    }
  }
  return ranges.sort((a, b) => a.from - b.from);
}

function withoutRanges(text: string, ranges: readonly Range[]): string {
  const parts: string[] = [];
  let kept = 0;
  for (const { from, to } of ranges) {
    if (from >= kept) parts.push(text.slice(kept, from), MASK);
    kept = Math.max(kept, to);
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(kept);
}

/** The ways in which a text is written inside of another one. */
const escapes: readonly ((text: string) => string)[] = [
  inJson,
  (text) => asciiJson(text).slice(1, -1),
  (text) => upperHex(asciiJson(text).slice(1, -1)),
  (text) => inJson(text).replaceAll('/', '\\/'),
  (text) => asciiJson(text).slice(1, -1).replaceAll('/', '\\/'),
  // Go and Rails escape what HTML would read.
  (text) => inJson(text).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  inUrl,
  (text) => lowerHex(inUrl(text)),
  (text) => inUrl(text).replaceAll('%20', '+'),
  strictlyInUrl,
  (text) => lowerHex(strictlyInUrl(text)),
  (text) => strictlyInUrl(text).replaceAll('%20', '+'),
  (text) => encodeURI(text.toWellFormed()),
  (text) => inHtml(text, '&quot;', '&#39;'),
  (text) => inHtml(text, '&#34;', '&#x27;'),
];

/**
 * A secret may be escaped once by us and once more by who quotes our request; what is then put into base64 or hex may
 * have other text before and behind it.
 */
function formsOf(secret: string): string[] {
  const once = [...new Set([secret, ...escapes.map((inside) => inside(secret))])];
  const twice = once.flatMap((text) => escapes.map((inside) => inside(text)));
  return [...new Set([...once, ...twice, ...once.flatMap(encodingsOf)])];
}

function encodingsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const base64 = [bytes.toString('base64'), ...[0, 1, 2].map((before) => base64Inside(bytes, before))];
  const base64url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
  return [hex, hex.toUpperCase(), ...base64, ...base64url];
}

/** How bytes look in base64 behind so many others: only the characters that nothing around them has a part in. */
function base64Inside(bytes: Buffer, before: number): string {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
  const whole = encoded.replace(/=+$/, '');
  return whole.slice(before === 0 ? 0 : before + 1, whole.length - shared);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function inUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** As Python, PHP and RFC 3986 have it: only letters, digits and `-._~` stay. */
function strictlyInUrl(text: string): string {
  return inUrl(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function lowerHex(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

function upperHex(text: string): string {
  return text.replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`);
}

function inHtml(text: string, quote: string, apostrophe: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replaceAll('"', quote).replaceAll("'", apostrophe);
}
