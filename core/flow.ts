import type { Wait } from './delivery.ts';
import { type Health, healthState } from './health.ts';

/** So many attempts through one integration may be under way at the same time. */
export const MAX_IN_FLIGHT = 10;

/** What goes through an integration at the moment. */
export interface Flow {
  health: Health;
  /** Who has each place, until when; an attempt that died loses its place then. */
  places: { token: string; untilMs: number }[];
  /** Numbers of the places that are free or run out. */
  free: number[];
  /** When the next place in the line is; nobody stands in it once that is past. */
  nextTurnMs: number;
  /** How long the latest attempt took. */
  lastMs: number;
}

export type Move =
  /** Take this place; as the only one when the integration is tried again (`probe`: the openUntilMs that was seen). */
  | { place: number; probe?: number }
  | { waitUntilMs: number }
  /** Keep the turn that it has. */
  | { turnAtMs: number }
  /** Stand in line: a turn each `intervalMs`. */
  | { intervalMs: number }
  | { disabled: true };

/** Those that wait for an integration to come back come one after another: only one of them is to try it. */
const SPREAD_MS = 30_000;

/** Turns are as far apart as the latest attempt lets hope: a line that reaches further would hold up what is faster by then. */
const LONGEST_LINE_MS = 5 * 60_000;

const SHORTEST_INTERVAL_MS = 20;
const LONGEST_INTERVAL_MS = 2_000;

/** What a delivery does when it wants to go out through its integration; `random` is a number from 0 to 1. */
export function nextMove(flow: Flow, wait: Wait | undefined, nowMs: number, random: number): Move {
  const state = healthState(flow.health, nowMs);
  if (state === 'disabled') return { disabled: true };
  const { openUntilMs } = flow.health;
  if (state === 'open') return { waitUntilMs: (openUntilMs ?? nowMs) + random * SPREAD_MS };
  const place = flow.free[Math.floor(random * flow.free.length)];
  const mayTry = state === 'half_open' || isItsTurn(flow, wait, nowMs);
  if (!mayTry || place === undefined) return waitsInLine(flow, wait, nowMs, random);
  return { place, ...(openUntilMs !== undefined && { probe: openUntilMs }) };
}

const isTooLong = ({ nextTurnMs }: Flow, nowMs: number) => nextTurnMs - nowMs > LONGEST_LINE_MS;

function isItsTurn(flow: Flow, wait: Wait | undefined, nowMs: number): boolean {
  if (flow.nextTurnMs <= nowMs) return true;
  if (wait?.turnAtMs !== undefined) return wait.turnAtMs <= nowMs;
  // Who waited without a turn may try, or else none would get in behind a line that was moved on by mistake.
  return wait !== undefined && isTooLong(flow, nowMs);
}

function waitsInLine(flow: Flow, wait: Wait | undefined, nowMs: number, random: number): Move {
  if (wait?.turnAtMs !== undefined && wait.turnAtMs > nowMs) return { turnAtMs: wait.turnAtMs };
  // Back before the line is over, and not together with all others who found it too long.
  if (isTooLong(flow, nowMs)) return { waitUntilMs: nowMs + (LONGEST_LINE_MS * (1 + random)) / 2 };
  return { intervalMs: intervalOf(flow.lastMs) };
}

/** Turns come as fast as places become free when each attempt takes as long as the latest did. */
function intervalOf(lastMs: number): number {
  return Math.min(Math.max(lastMs / MAX_IN_FLIGHT, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}
