import type { StoredDelivery } from '../../store/deliveries.ts';
import { type Ended, endBefore } from './admit.ts';
import { type Later, later } from './in-flight.ts';

export interface PaceDeps {
  reservePace: (channel: string, intervalMs: number) => Promise<number>;
  /** When the channel's next turn is. */
  readPace: (channel: string) => Promise<number>;
  now: () => number;
}

/** What a prepared request says of a channel that takes one message at a time. */
export interface Paced {
  /** Messages with the same key go out `paceMs` apart. */
  paceKey?: string;
  paceMs?: number;
}

/** Who comes later than this has missed its turn: the sweeper brings many at once, and each would think it its own. */
const TURN_MS = 5_000;

/** A message in the queue can't be held for much longer; who comes back before its turn keeps it. */
export const LONGEST_HOLD_MS = 14 * 60_000;

/** Undefined when it may go now: its channel is free, or this is its turn there. */
export async function pace(
  delivery: StoredDelivery,
  { paceKey, paceMs, expiresAtMs = Number.POSITIVE_INFINITY }: Paced & { expiresAtMs?: number },
  deps: PaceDeps,
): Promise<Later | Ended | undefined> {
  if (paceKey === undefined || paceMs === undefined) return undefined;
  const { pacedAtMs: turnAtMs = Number.NEGATIVE_INFINITY } = delivery.wait ?? {};
  const lateMs = deps.now() - turnAtMs;
  if (lateMs >= 0 && lateMs <= TURN_MS) return undefined;
  // As in line for a place: a turn that comes too late for it would be nobody's.
  const mayBeLate = lateMs >= 0 && expiresAtMs !== Number.POSITIVE_INFINITY;
  const late = mayBeLate && endBefore(delivery, expiresAtMs, await deps.readPace(paceKey));
  if (late) return late;
  const pacedAtMs = lateMs < 0 ? turnAtMs : await deps.reservePace(paceKey, paceMs);
  if (pacedAtMs <= deps.now()) return undefined;
  return later(delivery, Math.min(pacedAtMs, deps.now() + LONGEST_HOLD_MS), { pacedAtMs });
}
