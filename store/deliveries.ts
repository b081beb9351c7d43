import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Attempt, Delivery, DeliveryProgress, DeliveryStatus, Wait } from '../core/delivery.ts';
import { holds, type Table } from './client.ts';
import { getItem, getItems, type Item, putIfAbsent, queryPrefix } from './items.ts';
import { ATTEMPT_PREFIX, attemptKey, deliveryKey, dueShardOf } from './keys.ts';

const KEPT_SECONDS = 90 * 24 * 60 * 60;

/** How long a message in the queue may take before the sweeper sends the delivery again. */
const QUEUE_PATIENCE_MS = 120_000;

export type StoredDelivery = Delivery & DeliveryProgress;

/** Writes a delivery unless it is there: however often it is decided, it is the same one. It is due at `dueAtMs`. */
export async function putDelivery(table: Table, delivery: Delivery, dueAtMs: number): Promise<boolean> {
  const key = deliveryKey(delivery.id);
  const { facts, ...own } = delivery;
  const { id, automationId, team, action, createdAtMs } = own;
  const historyAt = `${new Date(createdAtMs).toISOString()}#${id}`;
  const pending = action !== 'no_op';
  return putIfAbsent(table, {
    ...key,
    ...own,
    // Kept as JSON text: user numbers go beyond what DynamoDB's own number type takes.
    facts: JSON.stringify(facts),
    ...{ byTeam: team, byAutomation: automationId, historyAt },
    ttl: Math.floor(dueAtMs / 1000) + KEPT_SECONDS,
    attempts: 0,
    ...(pending
      ? {
          status: 'pending',
          dueAtMs,
          dueShard: dueShardOf(key.pk),
          sweepAt: dueAtMs + QUEUE_PATIENCE_MS,
        }
      : { status: 'delivered' }),
  });
}

export interface Lease {
  delivery: StoredDelivery;
  token: string;
  /** The attempt that this lease is for, from 1. */
  attempt: number;
  /** An earlier attempt that took a lease and never said how it ended. */
  lostAttempt?: { number: number; startedAtMs: number };
}

/**
 * Takes a delivery for one attempt: only one caller gets it, until `untilMs`.
 * Undefined when it is done, not yet due, or somebody else has it.
 */
export async function leaseDelivery(
  table: Table,
  id: string,
  lease: { token: string; nowMs: number; untilMs: number },
): Promise<Lease | undefined> {
  const before = await getItem(table, deliveryKey(id));
  if (before?.['status'] !== 'pending') return undefined;
  const attempt = (before['attempts'] as number) + 1;
  const taken = await holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(id),
        UpdateExpression:
          'SET leaseToken = :token, leasedAtMs = :now, dueAtMs = :until, sweepAt = :until, attempts = :attempt',
        ConditionExpression: '#status = :pending AND dueAtMs <= :now AND attempts = :attempts',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':token': lease.token,
          ':now': lease.nowMs,
          ':until': lease.untilMs,
          ':attempt': attempt,
          ':attempts': attempt - 1,
          ':pending': 'pending',
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

export type Settlement =
  /** `attempts` is given when the attempt does not count, and `wait` when what comes next is not an attempt's retry. */
  | { status: 'pending'; dueAtMs: number; sweepAtMs: number; attempts?: number; wait?: Wait }
  | { status: Exclude<DeliveryStatus, 'pending'>; reason?: string };

/** Ends a lease; false when the lease was lost meanwhile, and then nothing changes. */
export function settleDelivery(
  table: Table,
  id: string,
  token: string,
  settlement: Settlement,
): Promise<boolean> {
  const { update, values } = settlementUpdate(settlement);
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: deliveryKey(id),
        UpdateExpression: update,
        ConditionExpression: 'leaseToken = :token',
        ExpressionAttributeNames: { '#status': 'status', '#wait': 'wait' },
        ExpressionAttributeValues: { ':token': token, ':status': settlement.status, ...values },
      }),
    ),
  );
}

function settlementUpdate(settlement: Settlement): { update: string; values: Record<string, unknown> } {
  if (settlement.status !== 'pending') {
    const ended = 'REMOVE leaseToken, leasedAtMs, dueAtMs, dueShard, sweepAt, #wait';
    const { reason } = settlement;
    if (reason === undefined) return { update: `SET #status = :status ${ended}`, values: {} };
    return { update: `SET #status = :status, reason = :reason ${ended}`, values: { ':reason': reason } };
  }
  const { dueAtMs, sweepAtMs, attempts, wait } = settlement;
  const sets = ['#status = :status', 'dueAtMs = :due', 'sweepAt = :sweep'];
  if (attempts !== undefined) sets.push('attempts = :attempts');
  if (wait !== undefined) sets.push('#wait = :wait');
  const removes = ['leaseToken', 'leasedAtMs', ...(wait === undefined ? ['#wait'] : [])];
  return {
    update: `SET ${sets.join(', ')} REMOVE ${removes.join(', ')}`,
    values: {
      ...{ ':due': dueAtMs, ':sweep': sweepAtMs },
      ...(attempts !== undefined && { ':attempts': attempts }),
      ...(wait !== undefined && { ':wait': wait }),
    },
  };
}

/**
 * Opens a delivery that ended for another round of attempts, because a user wants it sent again. It keeps its id, its
 * history, and the numbers of its attempts. False when it is not there or has not ended.
 */
export function reopenDelivery(table: Table, id: string, nowMs: number): Promise<boolean> {
  const key = deliveryKey(id);
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: key,
        UpdateExpression:
          'SET #status = :pending, dueAtMs = :now, dueShard = :shard, sweepAt = :sweep, resentAtMs = :now, attemptsBefore = attempts REMOVE reason',
        ConditionExpression: '#status IN (:delivered, :failed, :skipped) AND #action <> :none',
        ExpressionAttributeNames: { '#status': 'status', '#action': 'action' },
        ExpressionAttributeValues: {
          ...{ ':pending': 'pending', ':delivered': 'delivered', ':failed': 'failed', ':skipped': 'skipped' },
          ...{ ':none': 'no_op', ':now': nowMs, ':sweep': nowMs + QUEUE_PATIENCE_MS },
          ':shard': dueShardOf(key.pk),
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
  const ttl = Math.floor(nowMs / 1000) + KEPT_SECONDS;
  return putIfAbsent(table, { ...attemptKey(id, attempt.number), ...attempt, ttl });
}

export async function readDelivery(table: Table, id: string): Promise<StoredDelivery | undefined> {
  const item = await getItem(table, deliveryKey(id));
  return item && toDelivery(item);
}

/** A delivery's attempts, first one first. */
export async function readAttempts(table: Table, id: string): Promise<Attempt[]> {
  const items = await queryPrefix(table, deliveryKey(id).pk, ATTEMPT_PREFIX);
  return items.map(({ pk: _pk, sk: _sk, ttl: _ttl, ...attempt }) => attempt as unknown as Attempt);
}

export interface DeliveryPage {
  deliveries: StoredDelivery[];
  /** Where the next page begins: give it back as `after`. */
  next?: string;
}

/** A team's or an automation's deliveries, newest first. */
export async function listDeliveries(
  table: Table,
  of: { team: string } | { automation: string },
  page: { limit: number; after?: string },
): Promise<DeliveryPage> {
  const [index, attribute, value] =
    'team' in of
      ? (['by-team', 'byTeam', of.team] as const)
      : (['by-automation', 'byAutomation', of.automation] as const);
  const found = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: index,
      KeyConditionExpression: page.after ? '#of = :of AND historyAt < :after' : '#of = :of',
      ExpressionAttributeNames: { '#of': attribute },
      ExpressionAttributeValues: { ':of': value, ...(page.after && { ':after': page.after }) },
      ScanIndexForward: false,
      Limit: page.limit,
    }),
  );
  const keys = (found.Items ?? []) as Item[];
  const items = await getItems(
    table,
    keys.map(({ pk, sk }) => ({ pk, sk })),
  );
  const deliveries = items.sort((a, b) => newestFirst(a, b)).map(toDelivery);
  const next = found.LastEvaluatedKey?.['historyAt'] as string | undefined;
  return { deliveries, ...(next && { next }) };
}

function newestFirst(a: Item, b: Item): number {
  return String(b['historyAt']).localeCompare(String(a['historyAt']));
}

const INTERNAL = [
  'pk',
  'sk',
  'ttl',
  'byTeam',
  'byAutomation',
  'historyAt',
  'dueShard',
  'sweepAt',
  'leaseToken',
];

function toDelivery(item: Item): StoredDelivery {
  const own = Object.entries(item).filter(([name]) => !INTERNAL.includes(name));
  const { facts, ...rest } = Object.fromEntries(own);
  return { ...rest, facts: JSON.parse(facts as string) } as unknown as StoredDelivery;
}
