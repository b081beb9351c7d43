// When an automation is in force, and what counts for it.
import type { OracleAutomation } from './world.ts';

/** From the moment of its save, up to that of its deletion, but for the time that it is disabled. */
export function existsAt({ savedAtMs, deletedAtMs, disabled }: OracleAutomation, ms: number): boolean {
  const isDisabled = disabled !== undefined && disabled.fromMs <= ms && ms < disabled.untilMs;
  return savedAtMs <= ms && ms < (deletedAtMs ?? Number.POSITIVE_INFINITY) && !isDisabled;
}

/** What was received before this moment does not count: that of its save, or that of its being enabled again. */
export function countsFromMs({ savedAtMs, disabled }: OracleAutomation, nowMs: number): number {
  return disabled !== undefined && disabled.untilMs <= nowMs
    ? Math.max(savedAtMs, disabled.untilMs)
    : savedAtMs;
}
