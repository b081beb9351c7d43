import { badUsage } from './trouble.ts';

/** What bytes say in UTF-8. Bytes that say nothing in it would become other text without a word. */
export function textOfUtf8(bytes: Uint8Array, what: string, hint: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw badUsage(`${what} is not UTF-8`, hint, error);
  }
}
