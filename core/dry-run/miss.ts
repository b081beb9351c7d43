import type { Explanation } from '../filters/explain.ts';

/** Why an automation does not fire on an event, or on a value of it. */
export type Miss =
  | { reason: 'other_event' | 'other_scope' | 'other_metric' | 'other_state' | 'sign_of_life' }
  /** The filter does not take the event: which clauses hold, and what they found. */
  | { reason: 'filter'; clauses: Explanation }
  /** The windows hold so many of the values that they need; across runs, so many other runs ended before. */
  | { reason: 'window_not_full' | 'too_few_runs'; held: number; needed: number }
  /** What was compared, and does not meet the condition. */
  | { reason: 'not_met'; value: number }
  /** A change relative to 0, a z-score among equal values: never met. */
  | { reason: 'prior_is_zero' | 'no_deviation' }
  /** NaN and infinities stay out of windows, and a finite value is none of them. */
  | { reason: 'not_finite' | 'finite' }
  /** It was met, and the latch holds it back: until then, or for good (see `repeat`). */
  | { reason: 'held_back'; untilMs?: number }
  /** Too late for the window; of an attempt that another has replaced. */
  | { reason: 'late' | 'older_attempt' }
  /** It came before, so that it changes nothing; it fired before, so that it is the same delivery. */
  | { reason: 'repeated' | 'same_occurrence' | 'same_state' };

/** All reasons, in the order in which an event meets them. */
export const missReasons = [
  'other_event',
  'sign_of_life',
  'other_scope',
  'other_metric',
  'other_state',
  'filter',
  'older_attempt',
  'repeated',
  'late',
  'not_finite',
  'finite',
  'window_not_full',
  'too_few_runs',
  'prior_is_zero',
  'no_deviation',
  'not_met',
  'same_state',
  'held_back',
  'same_occurrence',
] as const satisfies Miss['reason'][];
export type MissReason = Miss['reason'];

/** A miss as often as it comes in a row: of an event, or of so many of its values. */
export interface Stretch {
  /** Which of the events, from 0 on; undefined for a silence, which makes an event of its own. */
  event: number | undefined;
  /** The last of them. */
  miss: Miss;
  count: number;
  /** Of metrics. */
  steps?: { first: number; last: number };
  /** Of what was compared: the smallest and the largest number. */
  numbers?: { least: number; most: number };
}

/** One more miss of the same event and reason. Changes the stretch. */
export function lengthen(stretch: Stretch, miss: Miss, step: number): void {
  stretch.count++;
  stretch.miss = miss;
  if (stretch.steps) stretch.steps.last = step;
  const { numbers } = stretch;
  if (!numbers || miss.reason !== 'not_met') return;
  numbers.least = Math.min(numbers.least, miss.value);
  numbers.most = Math.max(numbers.most, miss.value);
}

/** The beginning of a stretch. */
export function stretchOf(
  { event, miss, count = 1 }: Omit<Stretch, 'count'> & { count?: number },
  step?: number,
): Stretch {
  return {
    ...{ event, miss, count },
    ...(step !== undefined && { steps: { first: step, last: step } }),
    ...(miss.reason === 'not_met' && { numbers: { least: miss.value, most: miss.value } }),
  };
}
