import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Flow, MAX_IN_FLIGHT } from '../core/flow.ts';
import type { Health } from '../core/health.ts';
import type { Outcome } from '../core/retry.ts';
import { holds, type Table } from './client.ts';
import { getItem, getItems } from './items.ts';
import { healthKey } from './keys.ts';

type Attributes = Record<string, unknown>;

/** Until the first attempt through an integration has ended, attempts are taken to last so long. */
const FIRST_GUESS_MS = 1_000;

/** What goes through an integration now. */
export async function readFlow(table: Table, integrationId: string, nowMs: number): Promise<Flow> {
  const item = await getItem(table, healthKey(integrationId));
  const numbers = Array.from({ length: MAX_IN_FLIGHT }, (_, number) => number);
  const placeOf = (number: number) => item?.[`place${number}`] as Flow['places'][number] | undefined;
  return {
    health: toHealth(item),
    places: numbers.flatMap((number) => placeOf(number) ?? []),
    free: numbers.filter((number) => (placeOf(number)?.untilMs ?? 0) <= nowMs),
    nextTurnMs: (item?.['nextMs'] as number | undefined) ?? 0,
    lastMs: (item?.['lastMs'] as number | undefined) ?? FIRST_GUESS_MS,
  };
}

/** How an integration does; all empty when nothing was ever sent through it. */
export async function readHealth(table: Table, integrationId: string): Promise<Health> {
  return toHealth(await getItem(table, healthKey(integrationId)));
}

/** How each of these integrations does. */
export async function readHealths(table: Table, integrationIds: string[]): Promise<Map<string, Health>> {
  const items = await getItems(table, integrationIds.map(healthKey));
  const byKey = new Map(items.map((item) => [item.pk, toHealth(item)]));
  return new Map(integrationIds.map((id) => [id, byKey.get(healthKey(id).pk) ?? {}]));
}

function toHealth(item: Attributes | undefined): Health {
  const { failures, undelivered, failingSinceMs, openUntilMs, opens, disabledAtMs, disabledReason } =
    item ?? {};
  const all = { failures, undelivered, failingSinceMs, openUntilMs, opens, disabledAtMs, disabledReason };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Health;
}

/** One of an integration's places, taken for one attempt. */
export interface Place {
  number: number;
  token: string;
  nowMs: number;
  untilMs: number;
  /** Given for the attempt that tries an open integration again: what was seen, and how long others keep off. */
  probe?: { seenMs: number; untilMs: number };
}

/** Takes a place that is free or run out; false when somebody else was faster. */
export function takePlace(table: Table, integrationId: string, place: Place): Promise<boolean> {
  const { number, token, nowMs, untilMs, probe } = place;
  const name = `place${number}`;
  const isFree = `(attribute_not_exists(${name}) OR ${name}.untilMs <= :now) AND attribute_not_exists(disabledAtMs)`;
  const isSame = probe ? 'openUntilMs = :seen' : 'attribute_not_exists(openUntilMs)';
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: healthKey(integrationId),
        UpdateExpression: `SET ${name} = :place${probe ? ', openUntilMs = :hold' : ''}`,
        ConditionExpression: `${isFree} AND ${isSame}`,
        ExpressionAttributeValues: {
          ':place': { token, untilMs },
          ':now': nowMs,
          ...(probe && { ':seen': probe.seenMs, ':hold': probe.untilMs }),
        },
      }),
    ),
  );
}

/**
 * Gives a place back, and in the same write counts how its attempt ended (undefined: nothing was sent). Answers the
 * health after it; undefined when the place was lost meanwhile, and then nothing is counted.
 */
export async function leavePlace(
  table: Table,
  integrationId: string,
  place: Place,
  attempt: { outcome: Outcome; durationMs: number; nowMs: number } | undefined,
): Promise<Health | undefined> {
  const { sets = [], removes = [], adds = [], values } = attempt ? countOf(attempt) : nothingSent(place);
  const left = `REMOVE ${[`place${place.number}`, ...removes].join(', ')}`;
  const rest = [sets.length > 0 && `SET ${sets.join(', ')}`, adds.length > 0 && `ADD ${adds.join(', ')}`];
  try {
    const { Attributes } = await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: healthKey(integrationId),
        UpdateExpression: [left, ...rest].filter(Boolean).join(' '),
        ConditionExpression: `place${place.number}.#token = :token`,
        ExpressionAttributeNames: { '#token': 'token' },
        ExpressionAttributeValues: { ':token': place.token, ...values },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return toHealth(Attributes);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

interface Change {
  sets?: string[];
  removes?: string[];
  adds?: string[];
  values: Record<string, unknown>;
}

/** An attempt that was to try the integration again and did not leaves that to the next one. */
function nothingSent({ probe, nowMs }: Place): Change {
  return probe ? { sets: ['openUntilMs = :now'], values: { ':now': nowMs } } : { values: {} };
}

function countOf({
  outcome,
  durationMs,
  nowMs,
}: {
  outcome: Outcome;
  durationMs: number;
  nowMs: number;
}): Change {
  const circuit = ['failures', 'openUntilMs', 'opens'];
  const took = { sets: ['lastMs = :ms'], values: { ':ms': durationMs } };
  if (outcome.kind === 'delivered') {
    return { ...took, removes: [...circuit, 'undelivered', 'failingSinceMs'] };
  }
  const sets = [...took.sets, 'failingSinceMs = if_not_exists(failingSinceMs, :now)'];
  const values = { ...took.values, ':now': nowMs, ':one': 1 };
  // What refuses is there: only what gives no good answer is left alone.
  return outcome.kind === 'refused'
    ? { sets, values, removes: circuit, adds: ['undelivered :one'] }
    : { sets, values, adds: ['undelivered :one', 'failures :one'] };
}

/** Has an integration left alone until a moment, unless that was decided differently since `seenMs` was read. */
export function openCircuit(
  table: Table,
  integrationId: string,
  { seenMs, untilMs }: { seenMs: number | undefined; untilMs: number },
): Promise<boolean> {
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: healthKey(integrationId),
        UpdateExpression: 'SET openUntilMs = :until ADD opens :one',
        ConditionExpression:
          seenMs === undefined ? 'attribute_not_exists(openUntilMs)' : 'openUntilMs = :seen',
        ExpressionAttributeValues: {
          ':until': untilMs,
          ':one': 1,
          ...(seenMs !== undefined && { ':seen': seenMs }),
        },
      }),
    ),
  );
}

/** Stops an integration: deliveries through it are skipped. False when it was disabled before. */
export function disableIntegration(
  table: Table,
  integrationId: string,
  { reason, nowMs }: { reason: string; nowMs: number },
): Promise<boolean> {
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: healthKey(integrationId),
        UpdateExpression: 'SET disabledAtMs = :now, disabledReason = :reason',
        ConditionExpression: 'attribute_not_exists(disabledAtMs)',
        ExpressionAttributeValues: { ':now': nowMs, ':reason': reason },
      }),
    ),
  );
}

const FAILURES = 'failures, undelivered, failingSinceMs, openUntilMs, opens';

/** Lets an integration go on as if nothing had ever failed. */
export function enableIntegration(table: Table, integrationId: string): Promise<void> {
  return forget(table, integrationId, `disabledAtMs, disabledReason, ${FAILURES}`);
}

/** Forgets what failed before an integration was pointed elsewhere. One that is disabled stays so. */
export function forgetFailures(table: Table, integrationId: string): Promise<void> {
  return forget(table, integrationId, FAILURES);
}

async function forget(table: Table, integrationId: string, names: string): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: healthKey(integrationId),
      UpdateExpression: `REMOVE ${names}`,
    }),
  );
}
