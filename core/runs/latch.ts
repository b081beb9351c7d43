import type { Repeat } from '../trigger.ts';

/** When an automation last fired for a run (and, of run states, for one state), and by which trigger. */
export interface Latch {
  triggerHash: string;
  /** When the event that fired it was received. */
  atMs: number;
  /** Whether its condition was judged and not met since. Noted only where the trigger asks for it. */
  wasFalse: boolean;
}

/** W&B: an automation fires at most once per run in 24 hours. */
const DAY_MS = 24 * 60 * 60 * 1000;

/** Whether an automation may fire again. A latch of an earlier trigger holds nothing back. */
export function mayFire(
  latch: Latch | undefined,
  triggerHash: string,
  repeat: Repeat,
  receivedAtMs: number,
): boolean {
  if (latch?.triggerHash !== triggerHash) return true;
  switch (repeat.mode) {
    case 'once_a_day':
      return receivedAtMs - latch.atMs >= DAY_MS;
    case 'once_per_run':
      return false;
    case 'every_time':
      return true;
    case 'after_false':
      return latch.wasFalse;
    case 'interval':
      return receivedAtMs - latch.atMs >= repeat.seconds * 1000;
  }
}
