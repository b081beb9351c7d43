import type { DeliveryStatus } from './delivery.ts';
import { type Flow, MAX_IN_FLIGHT } from './flow.ts';
import { healthState } from './health.ts';

/** What can be sent again: whatever has ended. */
export type EndedStatus = Exclude<DeliveryStatus, 'pending'>;

/** A job that sends an automation's deliveries of a time range again; the sweeper works it off. */
export interface Resend {
  id: string;
  team: string;
  automationId: string;
  /** When the deliveries were made, both included. */
  fromMs: number;
  toMs: number;
  statuses: EndedStatus[];
  createdAtMs: number;
  /** Key that asked for it. */
  createdBy: string;
  /** Counts first, so that it can be said how much is left, then sends; each walks the range, oldest first. */
  phase: 'counting' | 'sending' | 'done';
  /** How far the phase has come. */
  after?: string | undefined;
  matched: number;
  resent: number;
  /** Matched, and left as they are: their integration is disabled or deleted. */
  passedOver: number;
  /** Why it ended before all was sent. */
  stopped?: 'automation_disabled';
  /** Grows with each write. */
  version: number;
}

/** How many deliveries it has still to send again, or had when it was stopped; undefined until they are counted. */
export function leftOf({ phase, stopped, matched, resent, passedOver }: Resend): number | undefined {
  if (phase === 'counting') return undefined;
  const isAll = phase === 'done' && stopped === undefined;
  return isAll ? 0 : Math.max(0, matched - resent - passedOver);
}

const MINUTE_MS = 60_000;
const LEAST_A_MINUTE = 10;
const MOST_A_MINUTE = 200;

/** A channel that takes one message each `intervalMs`, the next one at `nextMs`. */
export interface Pace {
  nextMs: number;
  intervalMs: number;
}

/**
 * How many deliveries a job may hand to an integration in a minute: half of what goes through it, none while others
 * wait for it or for its channel, and a single one to try whether it is back. Undefined when it is disabled.
 */
export function roomFor(
  { health, nextTurnMs, lastMs }: Flow,
  nowMs: number,
  { nextMs, intervalMs }: Pace = { nextMs: 0, intervalMs: 0 },
): number | undefined {
  const state = healthState(health, nowMs);
  if (state === 'disabled') return undefined;
  if (state === 'half_open') return 1;
  if (state === 'open' || Math.max(nextTurnMs, nextMs) > nowMs) return 0;
  const share = Math.floor(MINUTE_MS / Math.max(1, lastMs / MAX_IN_FLIGHT, intervalMs) / 2);
  return Math.min(Math.max(share, LEAST_A_MINUTE), MOST_A_MINUTE);
}
