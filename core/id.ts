import { createHash, randomBytes } from 'node:crypto';

export type IdPrefix = 'aut' | 'evt' | 'dlv' | 'int' | 'key' | 'msg' | 'rsd' | 'sec';

/** The same parts give the same id: 128 bits of SHA-256, in hex. Parts are told apart whatever they contain. */
export function derivedId(prefix: IdPrefix, ...parts: string[]): string {
  return `${prefix}_${digest(JSON.stringify(parts)).slice(0, 32)}`;
}

/** An id that nothing else has (96 random bits). */
export function randomId(prefix: IdPrefix): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

/** An id that nothing else has; those of later milliseconds come later in the order of texts. */
export function orderedId(prefix: IdPrefix, nowMs: number): string {
  return `${prefix}_${nowMs.toString(16).padStart(12, '0')}${randomBytes(6).toString('hex')}`;
}

/** SHA-256 of a text, in lower-case hex. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
