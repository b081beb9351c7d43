import { InvalidArgumentError } from 'commander';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment as people write it: a time with or without a zone, or how long ago, as in `90m`, `2h` or `7d`. */
export function parseMoment(text: string): string {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = amount === undefined ? Date.parse(text) : Date.now() - Number(amount) * (UNIT_MS[unit] ?? 0);
  if (Number.isFinite(ms) && Math.abs(ms) < 8e15) return new Date(ms).toISOString();
  throw new InvalidArgumentError('Give a time, such as 2026-11-24T12:00:00Z, or how long ago: 90m, 2h, 7d.');
}
