import type { Action } from '../../core/action.ts';
import { planOf } from '../../core/actions/plan.ts';
import type { ActionRequest, Secrets } from '../../core/actions/request.ts';
import type { SlackDeployment } from '../../core/actions/slack.ts';
import { actionOfTest } from '../../core/actions/test-call.ts';
import type { Head, Revision } from '../../core/automation.ts';
import { channelKey, type Integration, SLACK_PACE_MS } from '../../core/integration.ts';
import { longestForm, maskerOf } from '../../core/masking.ts';
import type { Secret } from '../../core/secret.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';

export interface PrepareDeps {
  readHead: (automationId: string) => Promise<Head | undefined>;
  readRevision: (automationId: string, revision: number) => Promise<Revision | undefined>;
  readIntegration: (id: string) => Promise<Integration | undefined>;
  /** The value in force of a team's secret; undefined when the team has none of that name. */
  readSecret: (team: string, name: string) => Promise<Secret | undefined>;
  /** Slack's own, unless the deployment says otherwise. */
  slack?: SlackDeployment;
  now: () => number;
}

/** A delivery is ready to go out, or has ended without being sent. */
export type Prepared =
  | {
      request: ActionRequest;
      mask: (text: string) => string;
      longestSecret: number;
      /** Whose answers are judged by their body: see `judged`. */
      isSlack: boolean;
      /** Requests with the same key go out at least `paceMs` apart. */
      paceKey?: string;
      paceMs?: number;
    }
  | { ended: 'skipped' | 'failed'; reason: string };

/** Turns a delivery into a request, as its automation and integration are now. Throws only when an attempt later may do better. */
export async function prepare(delivery: StoredDelivery, deps: PrepareDeps): Promise<Prepared> {
  const [intent, integration] = await Promise.all([
    readIntent(delivery, deps),
    deps.readIntegration(delivery.integrationId ?? ''),
  ]);
  if ('ended' in intent) return intent;
  if (!integration) return failed('integration_deleted');
  const { slack, now } = deps;
  const at = { nowMs: now(), ...(slack && { slack }) };
  const plan = planOf(intent.action, integration, delivery, at);
  if (!plan) return failed('integration_of_other_type');
  const secrets = await resolveSecrets(plan.secretNames, integration.team, deps);
  if ('missing' in secrets) return failed(`secret_missing: ${secrets.missing}`);
  const built = plan.build(secrets.values);
  if ('problem' in built) return failed(built.problem);
  const paceKey = channelKey(integration);
  return {
    request: built.request,
    mask: maskerOf(built.sensitive),
    longestSecret: longestForm(built.sensitive),
    isSlack: integration.type === 'slack',
    ...(paceKey !== undefined && { paceKey, paceMs: SLACK_PACE_MS }),
  };
}

type Ended = Extract<Prepared, { ended: unknown }>;

const failed = (reason: string): Ended => ({ ended: 'failed', reason });

/** What the delivery is to do: a test call says it itself, an automation's delivery by the revision that fired. */
async function readIntent(delivery: StoredDelivery, deps: PrepareDeps): Promise<{ action: Action } | Ended> {
  const tested = actionOfTest(delivery);
  if (tested) return { action: tested };
  const [head, revision] = await Promise.all([
    deps.readHead(delivery.automationId),
    deps.readRevision(delivery.automationId, delivery.revision),
  ]);
  if (!head?.enabled) return { ended: 'skipped', reason: 'disabled' };
  const action = revision?.definition.action;
  return action ? { action } : failed('revision_missing');
}

async function resolveSecrets(
  names: string[],
  team: string,
  deps: PrepareDeps,
): Promise<{ values: Secrets } | { missing: string }> {
  const values = new Map<string, Secret>();
  for (const name of names) {
    const value = await deps.readSecret(team, name);
    if (value === undefined) return { missing: name };
    values.set(name, value);
  }
  return { values };
}
