import { isTest } from '../../core/actions/test-call.ts';
import type { Revision } from '../../core/automation.ts';
import type { Delivery } from '../../core/delivery.ts';
import { type DeliverySettings, deliverySettings } from '../../core/delivery-settings.ts';
import { digestDelivery, digestDueMs, minuteOf } from '../../core/digest.ts';
import { subjectOf } from '../../core/subject.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';
import type { Turns } from '../../store/newest.ts';
import { deliveryMessage, type QueueMessage } from '../shared/queue.ts';

export interface AdmitDeps {
  readRevision: (automationId: string, revision: number) => Promise<Revision | undefined>;
  announce: (delivery: StoredDelivery, subject: string) => Promise<Turns | undefined>;
  /** Counts the delivery into its minute, once; false when the minute is full. */
  admitToMinute: (delivery: StoredDelivery, max: number) => Promise<boolean>;
  putHeldBack: (delivery: StoredDelivery) => Promise<void>;
  putDelivery: (delivery: Delivery, dueAtMs: number) => Promise<boolean>;
  requeue: (message: QueueMessage) => Promise<void>;
  now: () => number;
}

export type Ended = { ended: 'skipped' | 'failed'; reason: string };
export type Admitted = { expiresAtMs: number; subject: string | undefined } & Turns;

/** Webhook, automation, event, webhook: after so many rounds somebody made a loop. */
const MAX_DEPTH = 8;

/** However long it waits and whatever Retry-After asks for, a delivery ends. */
const LONGEST_LIFE_MS = 5 * 24 * 60 * 60_000;

/** Decides whether a delivery may go out at all, by the rules of its automation as it was when it fired. */
export async function admit(delivery: StoredDelivery, deps: AdmitDeps): Promise<Ended | Admitted> {
  if (delivery.depth > MAX_DEPTH) return { ended: 'skipped', reason: 'loop' };
  if (delivery.notice || isTest(delivery))
    return { expiresAtMs: Number.POSITIVE_INFINITY, subject: undefined };
  const revision = await deps.readRevision(delivery.automationId, delivery.revision);
  const settings = deliverySettings(revision?.definition);
  const expiresAtMs = expiryOf(delivery, settings);
  const late = endBefore(delivery, expiresAtMs, deps.now());
  if (late) return late;
  if (delivery.digest) return { expiresAtMs, subject: undefined };
  // Whoever is held back must not supersede others: the storm first.
  if (await isHeldBack(delivery, settings, deps)) return { ended: 'skipped', reason: 'rate' };
  const subject = settings.supersede ? subjectOf(delivery) : undefined;
  const turns = subject === undefined ? {} : await deps.announce(delivery, subject);
  if (!turns) return { ended: 'skipped', reason: 'superseded' };
  return { expiresAtMs, subject, ...turns };
}

/** Whoever sends a delivery again by hand wants it sent, however old it is. A digest waits for its minute to end. */
function expiryOf(delivery: StoredDelivery, { expires_after_seconds: seconds }: DeliverySettings): number {
  if (seconds === undefined || delivery.resentAtMs !== undefined) return Number.POSITIVE_INFINITY;
  const { digest, createdAtMs, receivedAtMs } = delivery;
  return (digest ? digestDueMs(digest.minuteMs, createdAtMs) : receivedAtMs) + seconds * 1_000;
}

/** How a delivery ends whose next attempt would be at a moment that is too late for it. */
export function endBefore(delivery: StoredDelivery, expiresAtMs: number, atMs: number): Ended | undefined {
  if (atMs > expiresAtMs) return { ended: 'skipped', reason: 'expired' };
  const bornAtMs = delivery.resentAtMs ?? delivery.createdAtMs;
  return atMs - bornAtMs > LONGEST_LIFE_MS ? { ended: 'failed', reason: 'waited_5_days' } : undefined;
}

/** A delivery that waits was admitted before it did, and one that is sent again by hand is no storm. */
async function isHeldBack(
  delivery: StoredDelivery,
  { max_per_minute: max }: DeliverySettings,
  deps: AdmitDeps,
): Promise<boolean> {
  if (delivery.wait || delivery.resentAtMs !== undefined) return false;
  if (await deps.admitToMinute(delivery, max)) return false;
  if (delivery.action === 'slack') await addToDigest(delivery, deps);
  return true;
}

async function addToDigest(delivery: StoredDelivery, deps: AdmitDeps): Promise<void> {
  await deps.putHeldBack(delivery);
  const nowMs = deps.now();
  const digest = digestDelivery(delivery, nowMs);
  const dueAtMs = digestDueMs(minuteOf(delivery), nowMs);
  // The sweeper finds a digest whose message was lost.
  if (!(await deps.putDelivery(digest, dueAtMs))) return;
  await deps.requeue(deliveryMessage(digest, Math.ceil((dueAtMs - nowMs) / 1000)));
}
