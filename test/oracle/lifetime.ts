// When an automation exists.
import type { OracleAutomation } from './world.ts';

/** From the moment of its save, up to that of its deletion. */
export function existsAt(automation: OracleAutomation, ms: number): boolean {
  return automation.savedAtMs <= ms && ms < (automation.deletedAtMs ?? Number.POSITIVE_INFINITY);
}

/** Whether at every moment from one to the other at least one of the automations existed. */
export function coverThroughout(automations: OracleAutomation[], fromMs: number, toMs: number): boolean {
  let coveredUpTo = fromMs;
  while (coveredUpTo <= toMs) {
    const ends = automations
      .filter((each) => existsAt(each, coveredUpTo))
      .map((each) => each.deletedAtMs ?? Number.POSITIVE_INFINITY);
    if (ends.length === 0) return false;
    coveredUpTo = Math.max(...ends);
  }
  return true;
}
