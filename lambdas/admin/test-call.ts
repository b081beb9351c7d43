import type { Action } from '../../core/action.ts';
import { checkTemplate } from '../../core/actions/action-template.ts';
import { testDelivery } from '../../core/actions/test-call.ts';
import type { TestInput } from '../../core/api/integrations.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import type { Integration } from '../../core/integration.ts';
import { Problem } from '../../core/problem.ts';
import { putDelivery } from '../../store/deliveries.ts';
import type { HttpAnswer } from '../shared/http.ts';
import type { AdminContext } from './context.ts';
import { find } from './integrations.ts';

/**
 * Queues a test call. This function never reads a secret, so it can't make the call itself; the answer says nothing
 * but where the result will be read.
 */
export async function testIntegration(
  { params, body }: RouteInput<'testIntegration'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const integration = await find(params, context);
  const action = actionOf(integration, body);
  const problem = checkTemplate(action, integration);
  if (problem) throw new Problem(problem);
  const delivery = testDelivery(integration, action, context.now());
  await putDelivery(context.table, delivery, context.now());
  await context.sendDelivery(delivery);
  return { status: 202, body: { delivery: delivery.id, result: `/v1/deliveries/${delivery.id}` } };
}

const SAMPLE_PAYLOAD = {
  event_type: '${event_type}',
  automation: '${automation_name}',
  message: 'A test from Signalbox: nothing happened.',
};

function actionOf({ type, id }: Integration, { payload, ...texts }: TestInput): Action {
  if (type === 'webhook') {
    refuseOthers(Object.keys(texts), 'a webhook takes a payload');
    return { type, integration: id, payload: payload ?? SAMPLE_PAYLOAD };
  }
  refuseOthers(payload === undefined ? [] : ['payload'], 'a Slack message takes title, message and severity');
  const { title = '', message = '', severity = 'INFO' } = texts;
  return { type, integration: id, title, message, severity };
}

function refuseOthers([field]: string[], hint: string): void {
  if (field === undefined) return;
  const detail = 'does not go with this type of integration';
  throw new Problem({ code: 'invalid_input', field, detail, hint });
}
