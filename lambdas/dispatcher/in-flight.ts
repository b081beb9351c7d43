import type { Wait } from '../../core/delivery.ts';
import { type Flow, type Move, nextMove } from '../../core/flow.ts';
import { type Health, openForMs, reasonToDisable } from '../../core/health.ts';
import type { Outcome } from '../../core/retry.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';
import type { Place } from '../../store/health.ts';
import { type Ended, endBefore } from './admit.ts';
import type { FlowCache } from './flow-cache.ts';

export interface InFlightDeps {
  flows: FlowCache;
  takePlace: (integrationId: string, place: Place) => Promise<boolean>;
  leavePlace: (
    integrationId: string,
    place: Place,
    attempt: { outcome: Outcome; durationMs: number; nowMs: number } | undefined,
  ) => Promise<Health | undefined>;
  reserveTurn: (integrationId: string, intervalMs: number) => Promise<number>;
  openCircuit: (
    integrationId: string,
    times: { seenMs: number | undefined; untilMs: number },
  ) => Promise<boolean>;
  sleep: (ms: number) => Promise<unknown>;
  random: () => number;
  now: () => number;
}

/** It has to come back later, which costs no attempt. */
export type Later = { waitUntilMs: number; wait: Wait };

/** Longer than one attempt takes: should it die, the next one may try the integration then. */
const PROBE_MS = 20_000;

/** A turn this near is waited for on the spot; a queue's delays are whole seconds. */
const MAX_STAY_MS = 1_000;

/** Places are taken at random, so a few tries find a free one or prove that there is none. */
const MAX_TRIES = 6;

interface Taker {
  token: string;
  untilMs: number;
  /** From then on it has no use for a place. */
  expiresAtMs: number;
}

/** Takes one of the integration's places for an attempt, or says when to come back. */
export async function enter(
  delivery: StoredDelivery,
  integrationId: string,
  taker: Taker,
  deps: InFlightDeps,
): Promise<{ place: Place } | Later | Ended> {
  const first = await tryToEnter(delivery, integrationId, taker, deps);
  if (!('wait' in first) || first.wait.turnAtMs === undefined) return first;
  const turnInMs = first.wait.turnAtMs - deps.now();
  if (turnInMs > MAX_STAY_MS) return first;
  await deps.sleep(turnInMs);
  return tryToEnter({ ...delivery, wait: first.wait }, integrationId, taker, deps);
}

async function tryToEnter(
  delivery: StoredDelivery,
  integrationId: string,
  { token, untilMs, expiresAtMs }: Taker,
  deps: InFlightDeps,
): Promise<{ place: Place } | Later | Ended> {
  let tried: Place | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const nowMs = deps.now();
    const flow = await deps.flows.read(integrationId);
    // The write may be done although its answer got lost.
    if (tried && flow.places.some((place) => place.token === token)) return { place: tried };
    const move = nextMove(flow, delivery.wait, nowMs, deps.random());
    if (!('place' in move)) {
      return away(delivery, integrationId, { ...move, nextTurnMs: flow.nextTurnMs, expiresAtMs }, deps);
    }
    strikeOff(flow, move, nowMs);
    const probe =
      move.probe === undefined ? {} : { probe: { seenMs: move.probe, untilMs: nowMs + PROBE_MS } };
    tried = { number: move.place, token, nowMs, untilMs, ...probe };
    if (await deps.takePlace(integrationId, tried)) return { place: tried };
    deps.flows.forget(integrationId);
  }
  return standInLine(delivery, integrationId, 0, deps);
}

/** Others that share this view of the integration must not try for the same place, nor try it again as well. */
function strikeOff(flow: Flow, { place, probe }: { place: number; probe?: number }, nowMs: number): void {
  flow.free = flow.free.filter((number) => number !== place);
  if (probe !== undefined) flow.health = { ...flow.health, openUntilMs: nowMs + PROBE_MS };
}

function away(
  delivery: StoredDelivery,
  integrationId: string,
  move: Exclude<Move, { place: number }> & { nextTurnMs: number; expiresAtMs: number },
  deps: InFlightDeps,
): Promise<Later> | Later | Ended {
  if ('disabled' in move) return { ended: 'skipped', reason: 'disabled' };
  if ('waitUntilMs' in move) return later(delivery, move.waitUntilMs, {});
  // A turn that comes too late for it would be nobody's, and all who come later would stand behind it.
  const late = endBefore(delivery, move.expiresAtMs, 'turnAtMs' in move ? move.turnAtMs : move.nextTurnMs);
  if (late) return late;
  if ('turnAtMs' in move) return later(delivery, move.turnAtMs, { turnAtMs: move.turnAtMs });
  return standInLine(delivery, integrationId, move.intervalMs, deps);
}

async function standInLine(
  delivery: StoredDelivery,
  integrationId: string,
  intervalMs: number,
  deps: InFlightDeps,
): Promise<Later> {
  const atMs = await deps.reserveTurn(integrationId, intervalMs);
  const turnAtMs = Math.max(atMs, deps.now() + intervalMs);
  return later(delivery, turnAtMs, { turnAtMs });
}

/** The wait of a delivery that comes back at `waitUntilMs`. */
export function later(
  { wait }: StoredDelivery,
  waitUntilMs: number,
  turn: Pick<Wait, 'turnAtMs' | 'pacedAtMs'>,
): Later {
  const pacedAtMs = turn.pacedAtMs ?? wait?.pacedAtMs;
  return {
    waitUntilMs: Math.round(waitUntilMs),
    wait: {
      times: (wait?.times ?? 0) + 1,
      ...(turn.turnAtMs !== undefined && { turnAtMs: Math.round(turn.turnAtMs) }),
      ...(pacedAtMs !== undefined && { pacedAtMs: Math.round(pacedAtMs) }),
    },
  };
}

/**
 * Gives the place back after an attempt, and has the integration left alone if that is called for. Answers why it is
 * to be disabled, if it is.
 */
export async function leaveAfter(
  integrationId: string,
  place: Place,
  { outcome, durationMs }: { outcome: Outcome; durationMs: number },
  deps: InFlightDeps,
): Promise<{ reason: string; sinceMs: number } | undefined> {
  const nowMs = deps.now();
  const health = await deps.leavePlace(integrationId, place, { outcome, durationMs, nowMs });
  deps.flows.forget(integrationId);
  if (!health) return undefined;
  const { probe } = place;
  const openMs = openForMs(health, outcome, probe !== undefined);
  if (openMs !== undefined && (probe || health.openUntilMs === undefined)) {
    await deps.openCircuit(integrationId, { seenMs: probe?.untilMs, untilMs: nowMs + openMs });
  }
  const reason = reasonToDisable(health, outcome, nowMs);
  return reason === undefined ? undefined : { reason, sinceMs: health.failingSinceMs ?? nowMs };
}
