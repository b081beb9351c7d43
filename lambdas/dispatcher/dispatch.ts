import { isTest } from '../../core/actions/test-call.ts';
import type { Attempt, Wait } from '../../core/delivery.ts';
import { nextStep, recordedOutcome } from '../../core/retry.ts';
import type { Lease, Settlement } from '../../store/deliveries.ts';
import type { StageLine } from '../shared/log.ts';
import { deliveryMessage } from '../shared/queue.ts';
import { type Ended, endBefore } from './admit.ts';
import { attemptRecord } from './attempt-record.ts';
import { type DisableDeps, disable } from './disable.ts';
import { type Later, leaveAfter } from './in-flight.ts';
import { type JudgedResult, judged } from './judged.ts';
import { LONGEST_HOLD_MS } from './pace.ts';
import { type Held, makeReady, type Ready, type ReadyDeps } from './ready.ts';
import { areUsedUp, freeSettlement, roundFor } from './rounds.ts';
import type { Sender, SendResult } from './send.ts';

export interface DispatchDeps extends ReadyDeps, DisableDeps {
  lease: (id: string, lease: { token: string; nowMs: number; untilMs: number }) => Promise<Lease | undefined>;
  settle: (id: string, token: string, settlement: Settlement) => Promise<boolean>;
  /** False when that attempt is in the history already. */
  putAttempt: (id: string, attempt: Attempt) => Promise<boolean>;
  /** The latest ones, oldest first. */
  readAttempts: (id: string) => Promise<Attempt[]>;
  send: Sender;
  newToken: () => string;
  log: (line: StageLine) => void;
}

/** Longer than the function may run, and by more than two clocks may differ. */
const LEASE_MS = 75_000;

/** A retry this near comes back by a delayed message; a later one is the sweeper's. */
const NEAR_RETRY_MS = 60_000;

/** How long a delayed message may be late before the sweeper sends the delivery again. */
const QUEUE_PATIENCE_MS = 60_000;

/**
 * So often in a row a delivery feeds its own queue, and then the sweeper carries on: without a bound of ours nothing
 * would end a loop, which lib/delivery.ts tells Lambda to let run. A delivery may wait so often twice, before an attempt
 * and between it and its first retry: 13 messages, where Lambda by itself stops at 16.
 */
const MAX_HOPS = 6;

/** Makes one attempt at a delivery: lease, make ready, send, settle. Without a lease it does nothing. */
export async function dispatch(deliveryId: string, deps: DispatchDeps): Promise<void> {
  const nowMs = deps.now();
  const token = deps.newToken();
  const untilMs = nowMs + LEASE_MS;
  const lease = await deps.lease(deliveryId, { token, nowMs, untilMs });
  if (!lease) return deps.log({ stage: 'delivery.skipped', deliveryId, reason: 'done, leased or not due' });
  if (await settleLost(lease, deps)) return;
  if (areUsedUp(lease)) return end(lease, { ended: 'failed', reason: 'attempts_used_up' }, deps);
  const held: Held = {};
  const ready = await readyOrRelease({ ...lease, untilMs }, held, deps);
  if ('request' in ready) return attempt(lease, ready, held, deps);
  await ('ended' in ready ? end(lease, ready, deps) : wait(lease, ready, deps));
  await letGo(lease, held, deps);
}

/**
 * Notes that an earlier attempt never said how it ended. Was it noted before its function died, or was one before it
 * that ended the delivery, then the delivery is settled by that, and true is answered: what is known to have arrived
 * is not sent again.
 */
async function settleLost(
  { lostAttempt: lost, delivery, token, attempt }: Lease,
  deps: DispatchDeps,
): Promise<boolean> {
  if (!lost) return false;
  const { id, uncounted = 0 } = delivery;
  const isNew = await deps.putAttempt(id, { ...lost, durationMs: 0, outcome: 'unknown' });
  if (isNew && lost.number === uncounted + 1) return false;
  // Those that count for nothing are all older than one that ended the delivery.
  const noted = (await deps.readAttempts(id)).findLast(
    ({ number, outcome }) =>
      number > uncounted && outcome !== 'unknown' && (number === lost.number || outcome !== 'failed'),
  );
  const outcome = noted && recordedOutcome(noted);
  if (!noted || !outcome) return false;
  const endedAtMs = noted.startedAtMs + noted.durationMs;
  const numbered = { delivery, attempt: noted.number };
  const next = nextStep(outcome, roundFor(numbered, noted, outcome), endedAtMs, deps.random());
  const settlement =
    next.status === 'pending'
      ? { ...pendingUntil(next.retryAt, false), ...freeSettlement(numbered, noted, outcome) }
      : next;
  // Also when it answers false: the write may be done although its answer got lost and its repetition was refused.
  await deps.settle(id, token, { ...settlement, attempts: attempt - 1 });
  return true;
}

/**
 * An outage on the way is not the receiver's fault: the delivery is given back without spending an attempt, until it is
 * so old that it has to end.
 */
async function readyOrRelease(
  lease: Lease & { untilMs: number },
  held: Held,
  deps: DispatchDeps,
): Promise<Ready | Later | Ended> {
  try {
    return await makeReady(lease, held, deps);
  } catch (error) {
    const dueAtMs = deps.now() + NEAR_RETRY_MS;
    const { delivery } = lease;
    const isFree = endBefore(delivery, Number.POSITIVE_INFINITY, deps.now()) === undefined;
    await deps.settle(delivery.id, lease.token, {
      ...{ status: 'pending', dueAtMs, sweepAtMs: dueAtMs },
      ...(isFree && { attempts: lease.attempt - 1 }),
      ...(delivery.wait && { wait: delivery.wait }),
    });
    await letGo(lease, held, deps);
    throw error;
  }
}

/** Gives back what was taken for an attempt that is not made. */
async function letGo({ delivery }: Lease, { place }: Held, deps: DispatchDeps): Promise<void> {
  if (place) await deps.leavePlace(delivery.integrationId ?? '', place, undefined);
}

/** Ends a delivery without the attempt that the lease was for. */
async function end(lease: Lease, { ended, reason }: Ended, deps: DispatchDeps): Promise<void> {
  const attempts = lease.attempt - 1;
  await deps.settle(lease.delivery.id, lease.token, { status: ended, reason, attempts });
  deps.log({ stage: 'delivery.skipped', ...idsOf(lease), status: ended, reason });
}

/** Puts a delivery aside that has to wait for its integration: due again later, and the attempt does not count. */
async function wait(lease: Lease, { waitUntilMs: dueAtMs, wait }: Later, deps: DispatchDeps): Promise<void> {
  const { delivery, token, attempt: number } = lease;
  const isNear = isNearFor(wait, dueAtMs, deps);
  const pending = pendingUntil(dueAtMs, isNear);
  const settled = await deps.settle(delivery.id, token, { ...pending, attempts: number - 1, wait });
  if (settled && isNear) await comeBack(lease, dueAtMs, deps);
  deps.log({
    stage: 'delivery.waiting',
    ...idsOf(lease),
    ...{ waits: wait.times, until: new Date(dueAtMs).toISOString() },
  });
}

/**
 * Whether a delayed message may bring it back; after so many of them in a row the sweeper has to. That one is up to a
 * minute late and brings many at once, by which a turn would be missed.
 */
function isNearFor(wait: Wait | undefined, dueAtMs: number, deps: DispatchDeps): boolean {
  const times = wait?.times ?? 0;
  const isTired = times > 0 && times % (MAX_HOPS + 1) === 0;
  const hasTurn = wait?.turnAtMs !== undefined || wait?.pacedAtMs !== undefined;
  const nearMs = hasTurn ? LONGEST_HOLD_MS : NEAR_RETRY_MS;
  return !isTired && dueAtMs - deps.now() <= nearMs;
}

async function comeBack({ delivery }: Lease, dueAtMs: number, deps: DispatchDeps): Promise<void> {
  await deps.requeue(deliveryMessage(delivery, Math.max(0, Math.ceil((dueAtMs - deps.now()) / 1000))));
}

function pendingUntil(dueAtMs: number, isNear: boolean) {
  return { status: 'pending', dueAtMs, sweepAtMs: dueAtMs + (isNear ? QUEUE_PATIENCE_MS : 0) } as const;
}

async function attempt(lease: Lease, ready: Ready, held: Held, deps: DispatchDeps): Promise<void> {
  const startedAtMs = deps.now();
  const result = judged(ready, await deps.send({ ...ready.request, extraHeadBytes: ready.longestSecret }));
  const isProbe = held.place?.probe !== undefined && lease.delivery.wait !== undefined;
  const record = attemptRecord({ number: lease.attempt, startedAtMs, isProbe }, ready, result);
  // Others wait for what it held: that is given back at once, beside the notes about how it went.
  const both = [giveBack(lease, held, result, deps), note(lease, ready, { record, result }, deps)] as const;
  // Where one breaks the other goes on: what is left when the function answers stands still, and would be sent again.
  await Promise.allSettled(both);
  const [why] = await Promise.all(both);
  if (why) await disable(lease.delivery.integrationId ?? '', why, deps);
}

async function note(
  lease: Lease,
  ready: Ready,
  { record, result }: { record: Attempt; result: JudgedResult },
  deps: DispatchDeps,
): Promise<void> {
  const { delivery, token } = lease;
  // The attempt comes first: it did happen, whatever becomes of the lease.
  await deps.putAttempt(delivery.id, record);
  const next = stepAfter(lease, ready, { record, result }, deps);
  const free = freeSettlement(lease, record, result.outcome);
  const isNear = next.status === 'pending' && isNearFor(free.wait, next.dueAtMs, deps);
  const settled = await deps.settle(delivery.id, token, {
    ...(next.status === 'pending' ? { ...pendingUntil(next.dueAtMs, isNear), ...free } : next),
    ...(ready.digest && { digest: ready.digest }),
  });
  if (settled && next.status === 'pending' && isNear) await comeBack(lease, next.dueAtMs, deps);
  deps.log({
    stage: 'delivery.attempted',
    ...idsOf(lease),
    attempt: lease.attempt,
    outcome: record.outcome,
    httpStatus: record.status,
    code: record.code,
    status: next.status,
    ...(next.status === 'pending' && { retryAt: new Date(next.dueAtMs).toISOString() }),
    durationMs: result.durationMs,
    lagMs: deps.now() - delivery.receivedAtMs,
  });
}

/** What follows an attempt; a retry that would come too late is none. */
function stepAfter(
  lease: Lease,
  { expiresAtMs }: Ready,
  { record, result }: { record: Attempt; result: JudgedResult },
  deps: DispatchDeps,
): Exclude<Settlement, { status: 'pending' }> | { status: 'pending'; dueAtMs: number } {
  const { outcome } = result;
  const next = nextStep(outcome, roundFor(lease, record, outcome), deps.now(), deps.random());
  if (next.status === 'failed') return { status: 'failed', reason: saidBy(lease, result) ?? next.reason };
  if (next.status !== 'pending') return next;
  const late = endBefore(lease.delivery, expiresAtMs, next.retryAt);
  return late ? { status: late.ended, reason: late.reason } : { status: 'pending', dueAtMs: next.retryAt };
}

/** Why a delivery failed where its last attempt says more than that it did. */
function saidBy({ delivery }: Lease, { outcome, slackError }: JudgedResult): string | undefined {
  if (outcome.kind === 'refused') return slackError && `slack_error: ${slackError}`;
  return isTest(delivery) && outcome.kind === 'failed' ? outcome.code : undefined;
}

/** Gives back what an attempt held; how it ended may be the end of its integration, and then this says why. */
async function giveBack(
  { delivery, token }: Lease,
  { place, subject }: Held,
  result: SendResult,
  deps: DispatchDeps,
) {
  if (subject !== undefined) await deps.releaseSubject(delivery, subject, token);
  if (!place || delivery.integrationId === undefined) return undefined;
  return leaveAfter(delivery.integrationId, place, result, deps);
}

function idsOf({ delivery }: Lease) {
  const { id, automationId, integrationId } = delivery;
  const { event_id: eventId, automation_name: automation } = delivery.facts;
  return { deliveryId: id, automationId, automation, integrationId, eventId };
}
