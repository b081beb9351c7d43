// How often an automation may fire for one run, found by reading all of its earlier judgements.
import type { OracleAutomation, Repeat } from './world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** One judgement of an automation: a metric's condition, or a change of state. */
export interface Judged {
  /** With this scope and trigger: an edit of them begins anew. */
  automation: OracleAutomation;
  run: string;
  /** Metrics have one latch a run; states one for each state. */
  latch: string;
  met: boolean;
  fired: boolean;
  /** Of metrics: which of them it was. */
  occurrence?: string;
  /** Of values that are not finite. */
  loose?: { attempt: number; step: number; isRewound: boolean };
  atMs: number;
}

/**
 * Whether it is what this automation fired for last, or lies among the steps of the non-finite values that were held back
 * since then and since a rewind: then it is no firing once more.
 */
export function isAgain(earlier: Judged[], occurrence: string, loose: Judged['loose']): boolean {
  const lastFiring = earlier.findLast((each) => each.fired);
  if (lastFiring === undefined) return false;
  if (lastFiring.occurrence === occurrence) return true;
  const heldSteps = earlier
    .slice(earlier.indexOf(lastFiring) + 1)
    .filter((each) => each.met && each.loose && !each.loose.isRewound)
    .filter((each) => each.loose?.attempt === loose?.attempt)
    .map((each) => each.loose?.step ?? Number.NaN);
  if (loose === undefined || heldSteps.length === 0) return false;
  return Math.min(...heldSteps) <= loose.step && loose.step <= Math.max(...heldSteps);
}

/** Whether the latch lets a met judgement fire now; `earlier` are those of this automation and run, oldest first. */
export function mayFire(
  repeat: Repeat | undefined,
  earlier: Judged[],
  latch: string,
  nowMs: number,
): boolean {
  const lastFiring = earlier.findLast((each) => each.fired && each.latch === latch);
  if (lastFiring === undefined) return true;
  const mode = repeat ?? { mode: 'once_a_day' };
  switch (mode.mode) {
    case 'every_time':
      return true;
    case 'once_per_run':
      return false;
    case 'once_a_day':
      return nowMs - lastFiring.atMs >= DAY_MS;
    case 'interval':
      return nowMs - lastFiring.atMs >= mode.seconds * 1000;
    case 'after_false':
      return earlier.slice(earlier.indexOf(lastFiring)).some((each) => !each.met);
  }
}
