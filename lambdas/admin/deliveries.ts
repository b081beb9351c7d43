import { coarseAttempt, coarseReason, isTest } from '../../core/actions/test-call.ts';
import { toCursor } from '../../core/api/fields.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import type { Attempt } from '../../core/delivery.ts';
import { adviceFor, slackErrorIn } from '../../core/slack-outcome.ts';
import { readHead } from '../../store/automations.ts';
import { readDelivery as findDelivery, type StoredDelivery } from '../../store/deliveries.ts';
import { type HistoryRange, readLatestAttempts, listDeliveries as readPage } from '../../store/history.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, permitTeam, visible } from './context.ts';
import { findDeliveries } from './find-deliveries.ts';

/** A team's or an automation's deliveries, newest first, a page at a time. */
export async function listDeliveries(
  { query }: RouteInput<'listDeliveries'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { limit, after, from: fromMs, to: toMs, team: _team, automation: _automation, ...filter } = query;
  const range = { of: await ownerOf(query, context), fromMs, toMs };
  const found = await findDeliveries(filter, { limit, after }, (page) =>
    readPage(context.table, range, page),
  );
  return {
    status: 200,
    body: {
      deliveries: found.deliveries.map(toJson),
      next: found.next === undefined ? null : toCursor(found.next),
    },
  };
}

async function ownerOf(
  { team, automation }: RouteInput<'listDeliveries'>['query'],
  context: AdminContext,
): Promise<HistoryRange['of']> {
  if (automation !== undefined) {
    const of = { automation };
    const head = await readHead(context.table, automation);
    // What a deleted one did is still there, and says whose it was.
    const [latest] = head ? [] : (await readPage(context.table, { of }, { limit: 1 })).deliveries;
    // Notices of all teams stand where others name their automation: that one is nobody's.
    visible(context, head ?? (latest?.notice ? undefined : latest), 'automation');
    return of;
  }
  await permitTeam(context, team ?? '');
  return { team: team ?? '' };
}

const ATTEMPTS_SHOWN = 25;

/** A Lambda function answers 6 MB at most, and a text takes up to twice its room as JSON. */
const SHOWN_BYTES = 2_500_000;

/** One delivery with its newest attempts, secrets masked. */
export async function readDelivery(
  { params, query }: RouteInput<'readDelivery'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const id = params['id'] ?? '';
  const delivery = visible(context, await findDelivery(context.table, id), 'delivery');
  const latest = await readLatestAttempts(context.table, id, { limit: ATTEMPTS_SHOWN, before: query.before });
  const shown = withinBytes(latest.map((attempt) => attemptJson(delivery, attempt)));
  const first = latest[shown.length - 1]?.number ?? 1;
  const earlier = first > 1 ? first : null;
  return { status: 200, body: { ...toJson(delivery), attempts: shown.reverse(), earlier_attempts: earlier } };
}

/** As many as there is room for, and one in any case. */
function withinBytes<Shown>(attempts: Shown[]): Shown[] {
  let room = SHOWN_BYTES;
  return attempts.filter((attempt, at) => {
    room -= JSON.stringify(attempt).length;
    return at === 0 || room >= 0;
  });
}

const time = (ms: number) => new Date(ms).toISOString();

/** A delivery as the API shows it. */
export function toJson(delivery: StoredDelivery) {
  const { id, automationId, revision, team, integrationId, facts, status, reason, attempts } = delivery;
  const { createdAtMs, resentAtMs } = delivery;
  return {
    id,
    automation: automationId,
    revision,
    team,
    integration: integrationId,
    status,
    reason: isTest(delivery) ? coarseReason(reason) : reason,
    attempt_count: attempts,
    created_at: time(createdAtMs),
    ...(resentAtMs !== undefined && { resent_at: time(resentAtMs) }),
    ...progressOf(delivery),
    ...whatItIs(delivery),
    facts,
  };
}

/** What is being done about it. */
function progressOf({ status, dueAtMs, leasedAtMs, wait }: StoredDelivery) {
  if (status !== 'pending') return {};
  const waits = wait && { waits: wait.times };
  if (leasedAtMs !== undefined) return { trying_since: time(leasedAtMs), ...waits };
  return { ...(dueAtMs !== undefined && { due_at: time(dueAtMs) }), ...waits };
}

/** What it is when it is not the firing of an automation. */
function whatItIs(delivery: StoredDelivery) {
  const { digest, notice } = delivery;
  if (isTest(delivery)) return { test: true };
  if (digest) return { digest: { minute: time(digest.minuteMs), firings: digest.count ?? null } };
  if (!notice) return {};
  const { integrationId: integration, integrationName: name, reason, sinceMs } = notice;
  return { notice: { integration, name, reason, since: time(sinceMs) } };
}

function attemptJson(delivery: StoredDelivery, attempt: Attempt) {
  if (isTest(delivery)) return testJson(coarseAttempt(delivery, attempt));
  const { startedAtMs, durationMs, status, retryAfterSeconds: _asked, ...rest } = attempt;
  const slackError = delivery.action === 'slack' ? slackErrorIn(attempt.response ?? '') : undefined;
  return {
    ...rest,
    http_status: status,
    ...(slackError !== undefined && { slack_error: slackError, advice: adviceFor(slackError) }),
    started_at: time(startedAtMs),
    duration_ms: durationMs,
  };
}

function testJson({ startedAtMs, slackError, advice, ...attempt }: ReturnType<typeof coarseAttempt>) {
  return {
    ...attempt,
    ...(slackError !== undefined && { slack_error: slackError, advice }),
    started_at: time(startedAtMs),
  };
}
