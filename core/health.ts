import type { Outcome } from './retry.ts';

/** How an integration does, as counted by its attempts. Any delivered attempt makes it all empty again. */
export interface Health {
  /** Attempts in a row that failed in a way that may pass. */
  failures?: number;
  /** Attempts since the last delivered one, and when the first of them ended. */
  undelivered?: number;
  failingSinceMs?: number;
  /** Nothing is sent before this moment, and then one attempt, to see. */
  openUntilMs?: number;
  /** How often in a row it was opened. */
  opens?: number;
  disabledAtMs?: number;
  disabledReason?: string;
}

export type HealthState = 'closed' | 'open' | 'half_open' | 'disabled';

/** So many failures in a row open the circuit. */
const FAILURES_TO_OPEN = 5;

const FIRST_OPEN_MS = 30_000;
const LONGEST_OPEN_MS = 15 * 60_000;

const DAYS_TO_DISABLE_MS = 5 * 24 * 60 * 60_000;

/** Fewer attempts than this prove nothing, however long ago the first of them was. */
const ATTEMPTS_TO_DISABLE = 10;

export function healthState({ disabledAtMs, openUntilMs }: Health, nowMs: number): HealthState {
  if (disabledAtMs !== undefined) return 'disabled';
  if (openUntilMs === undefined) return 'closed';
  return openUntilMs > nowMs ? 'open' : 'half_open';
}

/**
 * How long to leave an integration alone after a failed attempt; undefined when it is not to be. A receiver that
 * says Retry-After is taken at its word. `health` counts the attempt already; `isProbe` is that of a half-open one.
 */
export function openForMs(health: Health, outcome: Outcome, isProbe: boolean): number | undefined {
  if (outcome.kind !== 'failed') return undefined;
  const askedMs = Math.min((outcome.retryAfterSeconds ?? 0) * 1_000, LONGEST_OPEN_MS);
  const isBroken = isProbe || (health.failures ?? 0) >= FAILURES_TO_OPEN;
  if (!isBroken) return askedMs > 0 ? askedMs : undefined;
  return Math.max(askedMs, Math.min(FIRST_OPEN_MS * 2 ** (health.opens ?? 0), LONGEST_OPEN_MS));
}

/** Why an integration is to be disabled after an attempt, which `health` counts already; undefined when it is not. */
export function reasonToDisable(health: Health, outcome: Outcome, nowMs: number): string | undefined {
  if (outcome.kind === 'delivered' || health.disabledAtMs !== undefined) return undefined;
  if (outcome.kind === 'refused' && outcome.code === 'gone') return 'gone';
  const { undelivered = 0, failingSinceMs = nowMs } = health;
  const isLong = nowMs - failingSinceMs >= DAYS_TO_DISABLE_MS;
  return isLong && undelivered >= ATTEMPTS_TO_DISABLE ? 'failing_for_5_days' : undefined;
}
