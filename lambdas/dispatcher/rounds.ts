import { isTest } from '../../core/actions/test-call.ts';
import type { Attempt, Wait } from '../../core/delivery.ts';
import { maxAttempts, type Outcome } from '../../core/retry.ts';
import type { Lease } from '../../store/deliveries.ts';

/** An attempt of a delivery, by its number. */
type Numbered = Pick<Lease, 'attempt' | 'delivery'>;

/** Whether a delivery has had all its attempts before this one. A test call has one. */
export function areUsedUp(numbered: Numbered): boolean {
  return roundOf(numbered) > (isTest(numbered.delivery) ? 1 : maxAttempts);
}

/** The number of an attempt among those that count. */
function roundOf({ attempt: number, delivery }: Numbered): number {
  return number - (delivery.uncounted ?? 0);
}

/**
 * A delivery that waited for its integration, and was the one to try whether it is back, loses nothing by it: it comes
 * back as after a first attempt, to wait with the others.
 */
function isFree({ probe }: Pick<Attempt, 'probe'>, outcome: Outcome): boolean {
  return probe === true && outcome.kind === 'failed';
}

/** Which attempt it is for the schedule of retries; that of a test call is the last one. */
export function roundFor(numbered: Numbered, record: Pick<Attempt, 'probe'>, outcome: Outcome): number {
  if (isTest(numbered.delivery)) return maxAttempts;
  return isFree(record, outcome) ? 1 : roundOf(numbered);
}

/** What a delivery is settled with whose attempt counts for nothing. */
export function freeSettlement(
  { delivery }: Numbered,
  record: Pick<Attempt, 'probe'>,
  outcome: Outcome,
): { uncounted?: number; wait?: Wait } {
  if (!isFree(record, outcome)) return {};
  return { uncounted: (delivery.uncounted ?? 0) + 1, ...(delivery.wait && { wait: delivery.wait }) };
}
