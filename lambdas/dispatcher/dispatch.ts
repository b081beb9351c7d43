import type { Attempt } from '../../core/delivery.ts';
import { maxAttempts, nextStep } from '../../core/retry.ts';
import type { Lease, Settlement } from '../../store/deliveries.ts';
import type { StageLine } from '../shared/log.ts';
import { deliveryMessage, type QueueMessage } from '../shared/queue.ts';
import { type PrepareDeps, type Prepared, prepare } from './prepare.ts';
import { HEAD_BYTES, type Sender, type SendResult } from './send.ts';

export interface DispatchDeps extends PrepareDeps {
  lease: (id: string, lease: { token: string; nowMs: number; untilMs: number }) => Promise<Lease | undefined>;
  settle: (id: string, token: string, settlement: Settlement) => Promise<boolean>;
  putAttempt: (id: string, attempt: Attempt) => Promise<void>;
  send: Sender;
  requeue: (message: QueueMessage) => Promise<void>;
  newToken: () => string;
  random: () => number;
  log: (line: StageLine) => void;
}

/** Longer than the function may run, and by more than two clocks may differ. */
const LEASE_MS = 75_000;

/** A retry this near comes back by a delayed message; a later one is the sweeper's. */
const NEAR_RETRY_MS = 60_000;

/** How long a delayed message may be late before the sweeper sends the delivery again. */
const QUEUE_PATIENCE_MS = 60_000;

/** Makes one attempt at a delivery: lease, prepare, send, settle. Without a lease it does nothing. */
export async function dispatch(deliveryId: string, deps: DispatchDeps): Promise<void> {
  const nowMs = deps.now();
  const token = deps.newToken();
  const lease = await deps.lease(deliveryId, { token, nowMs, untilMs: nowMs + LEASE_MS });
  if (!lease) return deps.log({ stage: 'delivery.skipped', deliveryId, reason: 'done, leased or not due' });
  if (lease.lostAttempt) {
    await deps.putAttempt(deliveryId, { ...lease.lostAttempt, durationMs: 0, outcome: 'unknown' });
  }
  if (lease.attempt > maxAttempts) return end(lease, { ended: 'failed', reason: 'attempts_used_up' }, deps);
  const prepared = await prepareOrRelease(lease, deps);
  if ('ended' in prepared) return end(lease, prepared, deps);
  const startedAtMs = deps.now();
  const result = await deps.send({ ...prepared.request, extraHeadBytes: prepared.longestSecret });
  await settle(lease, toAttempt(lease, prepared, startedAtMs, result), result, deps);
}

/** An outage that lasts longer than this counts as attempts, so that every delivery ends. */
const FREE_OUTAGE_MS = 24 * 60 * 60 * 1000;

/** An outage while preparing is not the receiver's fault: the delivery is given back without spending an attempt. */
async function prepareOrRelease(lease: Lease, deps: DispatchDeps): Promise<Prepared> {
  try {
    return await prepare(lease.delivery, deps);
  } catch (error) {
    const dueAtMs = deps.now() + NEAR_RETRY_MS;
    const isFree = deps.now() - lease.delivery.createdAtMs < FREE_OUTAGE_MS;
    const settlement = {
      status: 'pending',
      dueAtMs,
      sweepAtMs: dueAtMs,
      ...(isFree && { attempts: lease.attempt - 1 }),
    } as const;
    await deps.settle(lease.delivery.id, lease.token, settlement);
    throw error;
  }
}

async function end(
  lease: Lease,
  { ended, reason }: { ended: 'skipped' | 'failed'; reason: string },
  deps: DispatchDeps,
): Promise<void> {
  await deps.settle(lease.delivery.id, lease.token, { status: ended, reason });
  deps.log({ stage: 'delivery.skipped', ...idsOf(lease), status: ended, reason });
}

async function settle(lease: Lease, attempt: Attempt, result: SendResult, deps: DispatchDeps): Promise<void> {
  const { delivery, token } = lease;
  const nowMs = deps.now();
  const next = nextStep(result.outcome, lease.attempt, nowMs, deps.random());
  // The attempt comes first: it did happen, whatever becomes of the lease.
  await deps.putAttempt(delivery.id, attempt);
  const isNear = next.status === 'pending' && next.retryAt - nowMs <= NEAR_RETRY_MS;
  const settled = await deps.settle(delivery.id, token, settlementOf(next, isNear));
  if (settled && next.status === 'pending' && isNear) {
    await deps.requeue(deliveryMessage(delivery, Math.ceil((next.retryAt - nowMs) / 1000)));
  }
  deps.log({
    stage: 'delivery.attempted',
    ...idsOf(lease),
    attempt: lease.attempt,
    outcome: attempt.outcome,
    httpStatus: attempt.status,
    code: attempt.code,
    status: next.status,
    ...(next.status === 'pending' && { retryAt: new Date(next.retryAt).toISOString() }),
    durationMs: result.durationMs,
    lagMs: nowMs - delivery.receivedAtMs,
  });
}

function settlementOf(next: ReturnType<typeof nextStep>, isNear: boolean): Settlement {
  if (next.status !== 'pending') return next;
  const sweepAtMs = next.retryAt + (isNear ? QUEUE_PATIENCE_MS : 0);
  return { status: 'pending', dueAtMs: next.retryAt, sweepAtMs };
}

function toAttempt(
  lease: Lease,
  { request, mask, longestSecret }: Extract<Prepared, { request: unknown }>,
  startedAtMs: number,
  { outcome, durationMs, status, responseHead }: SendResult,
): Attempt {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, mask(value)]);
  const { method, url, body } = request;
  return {
    number: lease.attempt,
    startedAtMs,
    durationMs,
    outcome: outcome.kind,
    ...(status !== undefined && { status }),
    ...('code' in outcome && { code: outcome.code }),
    request: { method, url: mask(url), headers: Object.fromEntries(headers), body: mask(body) },
    ...(responseHead !== undefined && { response: maskedHead(responseHead, mask, longestSecret) }),
  };
}

/** Masks an answer's head. One that was cut may end in a part of a secret, so as much as that could be goes. */
function maskedHead(text: string, mask: (text: string) => string, longestSecret: number): string {
  // The cut may have taken up to three bytes of a letter with it.
  const wasCut = Buffer.byteLength(text) > HEAD_BYTES + longestSecret - 4;
  const masked = mask(text);
  return (wasCut ? masked.slice(0, Math.max(0, masked.length - longestSecret)) : masked).slice(0, HEAD_BYTES);
}

function idsOf({ delivery }: Lease) {
  const { id, automationId, integrationId } = delivery;
  const { event_id: eventId, automation_name: automation } = delivery.facts;
  return { deliveryId: id, automationId, automation, integrationId, eventId };
}
