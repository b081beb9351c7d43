import { asciiJson } from './json.ts';

const MASK = '***';

/** Shorter texts are not masked: they would blot out half of any message, and hide nothing. */
const SHORTEST_SECRET = 8;

/** Makes the function that takes these secrets out of a text, in every form that we or a receiver may have put them. */
export function maskerOf(secrets: string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap(formsOf)
    .sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

/** Bytes of the longest text that the masker of these secrets looks for. */
export function longestForm(secrets: string[]): number {
  return Math.max(0, ...secrets.flatMap(formsOf).map((form) => Buffer.byteLength(form)));
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  return [
    ...new Set([
      secret,
      inJson(secret),
      asciiJson(secret).slice(1, -1),
      inJson(secret).replaceAll('/', '\\/'),
      asciiJson(secret).slice(1, -1).replaceAll('/', '\\/'),
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll('%20', '+'),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      hex,
      hex.toUpperCase(),
    ]),
  ];
}
