/**
 * What an automation did, for people who wonder whether it works. The counts are added up in memory and written now
 * and then, so that nothing is written for an event that does not fire; a function that dies loses what it had not
 * written yet. Deliveries, not these counts, are the record.
 */
export interface Activity {
  fired: number;
  /** How often it would have fired but for its latch. */
  heldBack: number;
  /** When an event last met its condition and filter. */
  lastMetAtMs: number;
  lastFiredAtMs?: number;
}
