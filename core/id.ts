import { createHash, randomBytes } from 'node:crypto';

export type IdPrefix = 'aut' | 'evt' | 'dlv' | 'int' | 'key' | 'msg' | 'rsd' | 'sec' | 'chg';

/** The same parts give the same id: 128 bits of SHA-256, in hex. Parts are told apart whatever they contain. */
export function derivedId(prefix: IdPrefix, ...parts: string[]): string {
  return `${prefix}_${digest(JSON.stringify(parts)).slice(0, 32)}`;
}

/** An id that nothing else has (96 random bits). */
export function randomId(prefix: IdPrefix): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

/** What the ids of the things that a request makes come from: the same when the request comes again. */
export interface Identity {
  atMs: number;
  /** 64 hex digits. */
  seed: string;
}

/** An identity that no other request has. */
export function newIdentity(atMs: number): Identity {
  return { atMs, seed: randomBytes(32).toString('hex') };
}

/** The id of what a request makes; ids of later requests come later in the order of texts. */
export function orderedId(prefix: IdPrefix, { atMs, seed }: Identity): string {
  return `${prefix}_${atMs.toString(16).padStart(12, '0')}${seed.slice(0, 12)}`;
}

/** SHA-256 of a text, in lower-case hex. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
