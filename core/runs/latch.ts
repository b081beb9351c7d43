import type { Repeat } from '../trigger.ts';

/** When an automation last fired for a run (and, of run states, for one state), and by which trigger. */
export interface Latch {
  triggerHash: string;
  /** When the event that fired it was received. */
  atMs: number;
  /** Whether its condition was judged and not met since. Noted only where the trigger asks for it. */
  wasFalse: boolean;
  /** Of metrics: what it last fired for. Latches of earlier versions lack it. */
  occurrence?: StepOfAttempt;
  /** Of values that are not finite, which no series keeps: what it held back since. */
  heldBack?: StepsOfAttempt;
}

/** The step that ended the window, and its attempt. */
export interface StepOfAttempt {
  attempt: number;
  step: number;
}

/** The steps from one to another. */
export interface StepsOfAttempt {
  attempt: number;
  from: number;
  to: number;
}

/** W&B: an automation fires at most once per run in 24 hours. */
const DAY_MS = 24 * 60 * 60 * 1000;

/** In a latch of the first version, which told triggers apart in another way: it holds for any of its automation. */
export const ANY_TRIGGER = '';

/** Whether a latch is of this trigger. */
export function isOfTrigger(latch: Latch, triggerHash: string): boolean {
  return latch.triggerHash === triggerHash || latch.triggerHash === ANY_TRIGGER;
}

/**
 * Whether this was decided before: it is the very occurrence that the automation last fired for, whose delivery is there,
 * or lies among those that it held back since.
 */
export function isDecided(
  latch: Latch | undefined,
  triggerHash: string,
  occurrence: StepOfAttempt | undefined,
): boolean {
  if (!latch || !occurrence || !isOfTrigger(latch, triggerHash)) return false;
  const { occurrence: last, heldBack } = latch;
  const { attempt, step } = occurrence;
  if (last?.attempt === attempt && last.step === step) return true;
  return heldBack?.attempt === attempt && heldBack.from <= step && step <= heldBack.to;
}

/** What a latch held back, with one more. */
export function withHeldBack({ heldBack }: Latch, { attempt, step }: StepOfAttempt): StepsOfAttempt {
  const { from, to } = heldBack?.attempt === attempt ? heldBack : { from: step, to: step };
  return { attempt, from: Math.min(from, step), to: Math.max(to, step) };
}

/** Whether an automation may fire again. A latch of an earlier trigger holds nothing back. */
export function mayFire(
  latch: Latch | undefined,
  triggerHash: string,
  repeat: Repeat,
  receivedAtMs: number,
): boolean {
  if (!latch || !isOfTrigger(latch, triggerHash)) return true;
  return receivedAtMs >= heldUntilMs(latch, repeat);
}

/** Until when a latch holds its automation back: Infinity for what no time ends. */
export function heldUntilMs(latch: Latch, repeat: Repeat): number {
  switch (repeat.mode) {
    case 'once_a_day':
      return latch.atMs + DAY_MS;
    case 'once_per_run':
      return Number.POSITIVE_INFINITY;
    case 'every_time':
      return Number.NEGATIVE_INFINITY;
    case 'after_false':
      return latch.wasFalse ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    case 'interval':
      return latch.atMs + repeat.seconds * 1000;
  }
}
