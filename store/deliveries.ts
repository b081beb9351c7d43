import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type {
  Attempt,
  Delivery,
  DeliveryProgress,
  DeliveryStatus,
  Digest,
  Facts,
  Wait,
} from '../core/delivery.ts';
import { historyEnd, holds, type Table } from './client.ts';
import { getItem, type Item, putIfAbsent, queryPrefix } from './items.ts';
import { ATTEMPT_PREFIX, attemptKey, DELIVERY_PREFIX, deliveryKey, dueShardOf } from './keys.ts';

/** How long a message in the queue may take before the sweeper sends the delivery again. */
const QUEUE_PATIENCE_MS = 120_000;

export type StoredDelivery = Delivery & DeliveryProgress;

/*
 * A usual delivery is smaller than a write unit of 1 KB: it is written three times, so what follows from the rest is
 * not stored. Its id stands in its key, and the history's indexes are by attributes that it has anyway.
 */

/** Writes a delivery unless it is there: however often it is decided, it is the same one. It is due at `dueAtMs`. */
export async function putDelivery(table: Table, delivery: Delivery, dueAtMs: number): Promise<boolean> {
  const { id, facts, createdAtMs, ...own } = delivery;
  const key = deliveryKey(id);
  return putIfAbsent(table, {
    ...key,
    ...own,
    facts: packFacts(delivery),
    historyAtMs: createdAtMs,
    ttl: historyEnd(table, dueAtMs),
    attempts: 0,
    ...(delivery.action === 'no_op'
      ? { status: 'delivered' }
      : {
          status: 'pending',
          dueAtMs,
          dueShard: dueShardOf(key.pk),
          sweepAt: dueAtMs + QUEUE_PATIENCE_MS,
        }),
  });
}

/** As JSON text: user numbers go beyond what DynamoDB's own number type takes. */
function packFacts({ id, automationId, facts }: Delivery): string {
  const derived: Facts = derivedFacts(id, automationId);
  return JSON.stringify(
    Object.fromEntries(Object.entries(facts).filter(([name, value]) => derived[name] !== value)),
  );
}

const derivedFacts = (id: string, automationId: string) => ({
  delivery_id: id,
  automation_id: automationId,
});

export interface Lease {
  delivery: StoredDelivery;
  token: string;
  /** The attempt that this lease is for, from 1. */
  attempt: number;
  /** An earlier attempt that took a lease and never said how it ended. */
  lostAttempt?: { number: number; startedAtMs: number };
}

/**
 * Takes a delivery for one attempt: only one caller gets it, until `untilMs`. Undefined when it is done, not yet due,
 * or somebody else has it. Its place in the due index stays: whoever looks there too early finds the lease. Only what
 * the sweeper put far off comes back to the lease's end: else a function that dies now would be noticed minutes later.
 */
export async function leaseDelivery(
  table: Table,
  id: string,
  lease: { token: string; nowMs: number; untilMs: number },
): Promise<Lease | undefined> {
  const before = await getItem(table, deliveryKey(id));
  if (before?.['status'] !== 'pending') return undefined;
  const attempt = (before['attempts'] as number) + 1;
  const isFar = (before['sweepAt'] as number) > lease.untilMs + QUEUE_PATIENCE_MS;
  const resentAtMs = before['resentAtMs'];
  // Ended and sent again since it was read, it has another limit of time and other attempts that count.
  const isAsRead = resentAtMs === undefined ? 'attribute_not_exists(resentAtMs)' : 'resentAtMs = :resent';
  const taken = await holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(id),
        UpdateExpression: `SET leaseToken = :token, leasedAtMs = :now, dueAtMs = :until, attempts = :attempt${isFar ? ', sweepAt = :until' : ''}`,
        ConditionExpression: `#status = :pending AND dueAtMs <= :now AND attempts = :attempts AND ${isAsRead}`,
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':token': lease.token,
          ':now': lease.nowMs,
          ':until': lease.untilMs,
          ':attempt': attempt,
          ':attempts': attempt - 1,
          ':pending': 'pending',
          ...(resentAtMs !== undefined && { ':resent': resentAtMs }),
        },
      }),
    ),
  );
  if (!taken && !(await isMine(table, id, lease.token))) return undefined;
  const lost = before['leaseToken'] !== undefined;
  return {
    delivery: toDelivery(before),
    token: lease.token,
    attempt,
    ...(lost && { lostAttempt: { number: attempt - 1, startedAtMs: before['leasedAtMs'] as number } }),
  };
}

/** A write may be done although its answer got lost and its repetition was refused. */
async function isMine(table: Table, id: string, token: string): Promise<boolean> {
  return (await getItem(table, deliveryKey(id)))?.['leaseToken'] === token;
}

export type Settlement = {
  digest?: Digest;
  /** Given when the attempt was not made. */
  attempts?: number;
} & (
  | {
      status: 'pending';
      dueAtMs: number;
      sweepAtMs: number;
      /** Given when what comes next is not an attempt's retry. */
      wait?: Wait;
      /** Given when the attempt was made and counts for nothing. */
      uncounted?: number;
    }
  | { status: Exclude<DeliveryStatus, 'pending'>; reason?: string }
);

/** Ends a lease; false when the lease was lost meanwhile, and then nothing changes. */
export function settleDelivery(
  table: Table,
  id: string,
  token: string,
  settlement: Settlement,
): Promise<boolean> {
  const sets = settledAttributes(settlement);
  const names = Object.keys(sets).map((name) => `#${name} = :${name}`);
  const removed = leftBehind(settlement).filter((name) => !Object.hasOwn(sets, name));
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(id),
        UpdateExpression: `SET ${names.join(', ')} REMOVE ${removed.map((name) => `#${name}`).join(', ')}`,
        ConditionExpression: '#leaseToken = :token',
        ExpressionAttributeNames: Object.fromEntries(
          ['leaseToken', ...removed, ...Object.keys(sets)].map((name) => [`#${name}`, name]),
        ),
        ExpressionAttributeValues: {
          ':token': token,
          ...Object.fromEntries(Object.entries(sets).map(([name, value]) => [`:${name}`, value])),
        },
      }),
    ),
  );
}

function settledAttributes(settlement: Settlement): Record<string, unknown> {
  const { sweepAtMs, ...attributes }: Record<string, unknown> = settlement;
  const all = { ...attributes, sweepAt: sweepAtMs };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** What belongs to a lease, and, where a delivery ends, to one that is not over. */
function leftBehind({ status }: Settlement): string[] {
  const lease = ['leaseToken', 'leasedAtMs', 'wait'];
  return status === 'pending' ? lease : [...lease, 'dueAtMs', 'dueShard', 'sweepAt'];
}

/**
 * Opens a delivery that ended for another round of attempts, because a user wants it sent again. It keeps its id, its
 * history, and the numbers of its attempts. False when it is not there, has not ended, or was sent again at or after
 * `unlessSinceMs`.
 */
export function reopenDelivery(
  table: Table,
  id: string,
  { nowMs, unlessSinceMs = nowMs + 1 }: { nowMs: number; unlessSinceMs?: number },
): Promise<boolean> {
  const key = deliveryKey(id);
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: key,
        UpdateExpression:
          'SET #status = :pending, dueAtMs = :now, dueShard = :shard, sweepAt = :sweep, resentAtMs = :now, uncounted = attempts, #ttl = :ttl REMOVE reason',
        ConditionExpression:
          '#status IN (:delivered, :failed, :skipped) AND #action <> :none AND (attribute_not_exists(resentAtMs) OR resentAtMs < :since)',
        ExpressionAttributeNames: { '#status': 'status', '#action': 'action', '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ...{ ':pending': 'pending', ':delivered': 'delivered', ':failed': 'failed', ':skipped': 'skipped' },
          ...{
            ':none': 'no_op',
            ':now': nowMs,
            ':sweep': nowMs + QUEUE_PATIENCE_MS,
            ':since': unlessSinceMs,
          },
          ...{ ':shard': dueShardOf(key.pk), ':ttl': historyEnd(table, nowMs) },
        },
      }),
    ),
  );
}

/**
 * Marks a pending delivery as sent to the queue once more, so that the next sweeps leave it alone until
 * `nextSweepMs`. Undefined when it is no longer pending or another sweep was faster.
 */
export async function stampDelivery(
  table: Table,
  id: string,
  times: { nowMs: number; nextSweepMs: number },
): Promise<StoredDelivery | undefined> {
  const command = new UpdateCommand({
    TableName: table.name,
    Key: deliveryKey(id),
    UpdateExpression: 'SET sweepAt = :next',
    ConditionExpression: '#status = :pending AND sweepAt <= :now',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':next': times.nextSweepMs, ':now': times.nowMs, ':pending': 'pending' },
  });
  const stamped = await holds(table.client.send(command));
  return stamped ? readDelivery(table, id) : undefined;
}

/** Adds an attempt to the history. Written once: an attempt does not change. False when it is there already. */
export async function putAttempt(
  table: Table,
  id: string,
  attempt: Attempt,
  nowMs: number,
): Promise<boolean> {
  return putIfAbsent(table, {
    ...attemptKey(id, attempt.number),
    ...attempt,
    ttl: historyEnd(table, nowMs),
  });
}

export async function readDelivery(table: Table, id: string): Promise<StoredDelivery | undefined> {
  const item = await getItem(table, deliveryKey(id));
  return item && toDelivery(item);
}

/** A delivery's attempts, first one first. */
export async function readAttempts(table: Table, id: string): Promise<Attempt[]> {
  return (await queryPrefix(table, deliveryKey(id).pk, ATTEMPT_PREFIX)).map(toAttempt);
}

/** The attempt that an item holds. */
export function toAttempt({ pk: _pk, sk: _sk, ttl: _ttl, ...attempt }: Item): Attempt {
  return attempt as unknown as Attempt;
}

/** The delivery that an item holds. */
export function toDelivery({ pk, sk: _sk, ...item }: Item): StoredDelivery {
  const { ttl: _ttl, dueShard: _shard, sweepAt: _sweep, leaseToken: _token, ...own } = item;
  // The first version wrote a createdAtMs beside it, and no historyAtMs until `npm run upgrade` added it.
  const { facts, historyAtMs, ...rest } = own;
  const id = pk.slice(DELIVERY_PREFIX.length);
  const stored: Facts = JSON.parse(facts as string);
  const derived = derivedFacts(id, rest['automationId'] as string);
  return {
    createdAtMs: historyAtMs,
    ...rest,
    id,
    facts: { ...derived, ...stored },
  } as unknown as StoredDelivery;
}
