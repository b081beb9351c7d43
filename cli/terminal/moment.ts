import { InvalidArgumentError } from 'commander';

/** Years that JavaScript and ISO 8601 write in four digits. */
const MAX_DATE_MS = Date.UTC(9999, 0);
const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment as people write it: a time with or without a zone, or how long ago, as in `90m`, `2h` or `7d`. */
export function parseMoment(text: string): string {
  return momentOf(text, -1) ?? refuse('how long ago: 90m, 2h, 7d');
}

/** The same for a moment to come: `12h` and `90d` are from now on. */
export function parseFuture(text: string): string {
  return momentOf(text, 1) ?? refuse('after how long: 90m, 12h, 90d');
}

function momentOf(text: string, direction: 1 | -1): string | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms =
    amount === undefined ? Date.parse(text) : Date.now() + direction * Number(amount) * (UNIT_MS[unit] ?? 0);
  return Math.abs(ms) < MAX_DATE_MS ? new Date(ms).toISOString() : undefined;
}

function refuse(alternative: string): never {
  throw new InvalidArgumentError(`Give a time, such as 2026-11-24T12:00:00Z, or ${alternative}.`);
}
