import { actionOfTest, coarseAttempt, coarseReason } from '../../core/actions/test-call.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import type { Attempt } from '../../core/delivery.ts';
import { readHead } from '../../store/automations.ts';
import {
  readDelivery as findDelivery,
  readAttempts,
  listDeliveries as readDeliveries,
  type StoredDelivery,
} from '../../store/deliveries.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, permit, requireTeam, visible } from './context.ts';

/** A team's or an automation's deliveries, newest first, a page at a time. */
export async function listDeliveries(
  { query }: RouteInput<'listDeliveries'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { limit, after } = query;
  const page = { limit, ...(after !== undefined && { after }) };
  const found = await readDeliveries(context.table, await ownerOf(query, context), page);
  return { status: 200, body: { deliveries: found.deliveries.map(toJson), next: found.next ?? null } };
}

async function ownerOf(
  { team, automation }: RouteInput<'listDeliveries'>['query'],
  context: AdminContext,
): Promise<{ team: string } | { automation: string }> {
  if (automation !== undefined) {
    visible(context, await readHead(context.table, automation), 'automation');
    return { automation };
  }
  permit(context, team ?? '');
  await requireTeam(context, team ?? '');
  return { team: team ?? '' };
}

/** One delivery with all its attempts, secrets masked. */
export async function readDelivery(
  { params }: RouteInput<'readDelivery'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const id = params['id'] ?? '';
  const delivery = visible(context, await findDelivery(context.table, id), 'delivery');
  const attempts = await readAttempts(context.table, id);
  const shown = actionOfTest(delivery)
    ? attempts.map((attempt) => testToJson(coarseAttempt(delivery, attempt)))
    : attempts.map(attemptToJson);
  return { status: 200, body: { ...toJson(delivery), attempts: shown } };
}

function toJson(delivery: StoredDelivery) {
  const { id, automationId, revision, team, integrationId, facts, status, reason, attempts, dueAtMs } =
    delivery;
  return {
    id,
    automation: automationId,
    revision,
    team,
    integration: integrationId,
    status,
    reason: actionOfTest(delivery) ? coarseReason(reason) : reason,
    attempt_count: attempts,
    created_at: new Date(delivery.createdAtMs).toISOString(),
    ...(status === 'pending' && dueAtMs !== undefined && { due_at: new Date(dueAtMs).toISOString() }),
    facts,
  };
}

function attemptToJson({ startedAtMs, durationMs, status, ...attempt }: Attempt) {
  return {
    ...attempt,
    http_status: status,
    started_at: new Date(startedAtMs).toISOString(),
    duration_ms: durationMs,
  };
}

function testToJson({ startedAtMs, slackError, advice, ...attempt }: ReturnType<typeof coarseAttempt>) {
  return {
    ...attempt,
    ...(slackError !== undefined && { slack_error: slackError, advice }),
    started_at: new Date(startedAtMs).toISOString(),
  };
}
