import type { StoredDelivery } from '../../store/deliveries.ts';
import { type Later, later } from './in-flight.ts';

export interface PaceDeps {
  reservePace: (channel: string, intervalMs: number) => Promise<number>;
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

/** Undefined when it may go now: its channel is free, or this is its turn there. */
export async function pace(
  delivery: StoredDelivery,
  { paceKey, paceMs }: Paced,
  deps: PaceDeps,
): Promise<Later | undefined> {
  if (paceKey === undefined || paceMs === undefined) return undefined;
  const lateMs = deps.now() - (delivery.wait?.pacedAtMs ?? Number.POSITIVE_INFINITY);
  if (lateMs >= 0 && lateMs <= TURN_MS) return undefined;
  const pacedAtMs = await deps.reservePace(paceKey, paceMs);
  return pacedAtMs <= deps.now() ? undefined : later(delivery, pacedAtMs, { pacedAtMs });
}
