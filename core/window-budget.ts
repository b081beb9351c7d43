import type { Scope } from './scope.ts';

/**
 * How many values the windows of a scope's automations may keep of one run, all metrics together. A run is in three
 * scopes at most, so its series stay below 15,000 values, and its item far below the 400 KB where DynamoDB ends.
 */
export const windowBudgets: Partial<Record<Scope['kind'], number>> = {
  organization: 3_000,
  team: 4_000,
  project: 8_000,
};

/** How many values are kept for these automations: for each metric, the largest reach. */
export function keptValues(watches: { metric: string; reach: number }[]): number {
  const reaches = new Map<string, number>();
  for (const { metric, reach } of watches) reaches.set(metric, Math.max(reach, reaches.get(metric) ?? 0));
  return [...reaches.values()].reduce((sum, reach) => sum + reach, 0);
}
