// When an automation exists.
import type { OracleAutomation } from './world.ts';

/** From the moment of its save, up to that of its deletion. */
export function existsAt(automation: OracleAutomation, ms: number): boolean {
  return automation.savedAtMs <= ms && ms < (automation.deletedAtMs ?? Number.POSITIVE_INFINITY);
}
