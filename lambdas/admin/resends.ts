import { isTest } from '../../core/actions/test-call.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import type { Head } from '../../core/automation.ts';
import { randomId } from '../../core/id.ts';
import { Problem } from '../../core/problem.ts';
import { leftOf, type Resend } from '../../core/resend.ts';
import { readHead } from '../../store/automations.ts';
import { readDelivery, reopenDelivery, type StoredDelivery } from '../../store/deliveries.ts';
import { readHealth } from '../../store/health.ts';
import { readIntegration } from '../../store/integrations.ts';
import { readResend as findResend, saveResend } from '../../store/resends.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, visible } from './context.ts';
import { toJson as deliveryJson } from './deliveries.ts';

/** Sends one delivery again: the same delivery under the same webhook-id, with a new round of attempts. */
export async function resendDelivery(
  { params }: RouteInput<'resendDelivery'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { table } = context;
  const id = params['id'] ?? '';
  const delivery = visible(context, await readDelivery(table, id), 'delivery');
  await checkResendable(delivery, context);
  if (!(await reopenDelivery(table, id, { nowMs: context.now() }))) throw stillPending(delivery);
  await context.sendDelivery(delivery);
  const reopened = (await readDelivery(table, id)) ?? delivery;
  return { status: 202, body: deliveryJson(reopened) };
}

async function checkResendable(delivery: StoredDelivery, { table }: AdminContext): Promise<void> {
  const { action, status, notice, automationId, integrationId } = delivery;
  if (action === 'no_op') throw refused('a no-op sends nothing', 'there is nothing to be sent again');
  if (isTest(delivery)) throw refused('a test call is made once', 'test the integration again');
  if (status === 'pending') throw stillPending(delivery);
  if (!notice) checkEnabled(await readHead(table, automationId));
  await checkIntegration(integrationId ?? '', table);
}

async function checkIntegration(integrationId: string, table: AdminContext['table']): Promise<void> {
  const [integration, { disabledAtMs }] = await Promise.all([
    readIntegration(table, integrationId),
    readHealth(table, integrationId),
  ]);
  if (!integration) {
    throw refused(
      `its integration ${integrationId} was deleted`,
      'there is nothing that it could be sent through',
    );
  }
  if (disabledAtMs === undefined) return;
  throw refused(`its integration ${integrationId} is disabled`, 'enable the integration, then send it again');
}

function checkEnabled(head: Head | undefined): void {
  if (head?.enabled) return;
  const what = head ? `its automation ${head.id} is disabled` : 'its automation was deleted';
  throw refused(`${what}, so it would be skipped`, head ? 'enable the automation first' : 'make it anew');
}

function stillPending({ id }: StoredDelivery): Problem {
  const detail = `delivery ${id} is pending: it is being sent, or will be at its due_at`;
  return refused(detail, 'wait until it has ended');
}

const refused = (detail: string, hint: string) => new Problem({ code: 'conflict', detail, hint });

/** Sends an automation's deliveries of a time range again: a job, which the sweeper works off. */
export async function createResend(
  { params, body }: RouteInput<'createResend'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const head = visible(context, await readHead(context.table, params['id'] ?? ''), 'automation');
  checkEnabled(head);
  const nowMs = context.now();
  const resend: Resend = {
    id: randomId('rsd'),
    team: head.team,
    automationId: head.id,
    fromMs: body.from,
    toMs: Math.min(body.to ?? nowMs, nowMs),
    statuses: [...new Set(body.statuses)],
    createdAtMs: nowMs,
    createdBy: context.caller.keyId,
    ...{ phase: 'counting', matched: 0, resent: 0, passedOver: 0, version: 0 },
  };
  if (resend.fromMs > nowMs) {
    throw new Problem({
      code: 'invalid_input',
      field: 'from',
      detail: 'is in the future',
      hint: 'give a time that is past',
    });
  }
  await saveResend(context.table, resend, nowMs);
  return { status: 202, body: toJson(resend) };
}

/** How far a job has come. */
export async function readResend(
  { params }: RouteInput<'readResend'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const resend = visible(context, await findResend(context.table, params['id'] ?? ''), 'resend');
  return { status: 200, body: toJson(resend) };
}

function toJson(resend: Resend) {
  const { id, team, automationId, fromMs, toMs, statuses, createdAtMs } = resend;
  const { phase, matched, resent, passedOver, stopped } = resend;
  return {
    id,
    team,
    automation: automationId,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    statuses,
    created_at: new Date(createdAtMs).toISOString(),
    phase,
    matched,
    resent,
    passed_over: passedOver,
    left: leftOf(resend) ?? null,
    done: phase === 'done',
    ...(stopped !== undefined && { stopped }),
  };
}
