import { RunState } from './event.ts';
import type { Scope } from './scope.ts';
import { conditionOf, isMetricsTrigger, isStateTrigger, type Trigger, takenStates } from './trigger.ts';
import { reachOf } from './watch.ts';

/**
 * How many bytes of a run's item the automations of a scope may take, if values pack as badly as they can and all have
 * fired. A run is in three scopes at most, so it is 350,000 bytes, and DynamoDB's limit of 409,600 leaves room for the rest.
 */
export const windowBudgets: Partial<Record<Scope['kind'], number>> = {
  organization: 70_000,
  team: 90_000,
  project: 190_000,
};

/** What an automation makes a run remember. */
export interface RunShare {
  /** Empty where it watches none. */
  metric: string;
  /** How many of the metric's values it looks at. */
  reach: number;
  /** How many latches it may have: one, or one for each state. */
  latches: number;
}

/** Undefined of an automation that is not on runs. */
export function shareOf(trigger: Trigger): RunShare | undefined {
  if (isMetricsTrigger(trigger)) {
    return { metric: conditionOf(trigger).metric, reach: reachOf(trigger), latches: 1 };
  }
  if (!isStateTrigger(trigger)) return undefined;
  return { metric: '', reach: 0, latches: takenStates(trigger).size };
}

/** Of an automation on run states, as long as it is not known on which. */
export const MOST_LATCHES = RunState.options.length;

/** What a value takes in the worst case (core/metrics/series-codec.ts): 8 bytes, 8 for its step, 6 for its receipt. */
const VALUE_BYTES = 22;

/** What a series takes besides its metric's name and its values. */
const SERIES_BYTES = 32;

/** What a latch takes with its automation's id and its state. */
const LATCH_BYTES = 80;

/** The most that a metric's series of so many values takes of a run's item. */
export function seriesBytes(metric: string, values: number): number {
  return Buffer.byteLength(metric) + SERIES_BYTES + values * VALUE_BYTES;
}

/** The most that so many latches take of it. */
export function latchBytes(latches: number): number {
  return latches * LATCH_BYTES;
}

/** The most that these automations take of it: a series for each metric, of the largest reach, and all latches. */
export function keptBytes(shares: RunShare[]): number {
  const reaches = new Map<string, number>();
  for (const { metric, reach } of shares) {
    if (reach > 0) reaches.set(metric, Math.max(reach, reaches.get(metric) ?? 0));
  }
  const latches = shares.reduce((sum, share) => sum + share.latches, 0);
  return [...reaches].reduce((sum, [metric, reach]) => sum + seriesBytes(metric, reach), latchBytes(latches));
}
