import { type WebhookRequest, webhookRequest } from '../../core/actions/webhook.ts';
import type { Head, Revision } from '../../core/automation.ts';
import { type Integration, secretsOf } from '../../core/integration.ts';
import { longestForm, maskerOf } from '../../core/masking.ts';
import { RenderedTooLargeError } from '../../core/template.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';

export interface PrepareDeps {
  readHead: (automationId: string) => Promise<Head | undefined>;
  readRevision: (automationId: string, revision: number) => Promise<Revision | undefined>;
  readIntegration: (id: string) => Promise<Integration | undefined>;
  /** The value in force of a team's secret; undefined when the team has none of that name. */
  readSecret: (team: string, name: string) => Promise<string | undefined>;
  now: () => number;
}

/** A delivery is ready to go out, or has ended without being sent. */
export type Prepared =
  | { request: WebhookRequest; mask: (text: string) => string; longestSecret: number }
  | { ended: 'skipped' | 'failed'; reason: string };

/** Turns a delivery into a request, as its automation and integration are now. Throws only when an attempt later may do better. */
export async function prepare(delivery: StoredDelivery, deps: PrepareDeps): Promise<Prepared> {
  const [head, revision, integration] = await Promise.all([
    deps.readHead(delivery.automationId),
    deps.readRevision(delivery.automationId, delivery.revision),
    deps.readIntegration(delivery.integrationId ?? ''),
  ]);
  if (!head?.enabled) return { ended: 'skipped', reason: 'disabled' };
  if (!integration) return { ended: 'failed', reason: 'integration_deleted' };
  const action = revision?.definition.action;
  if (action?.type !== 'webhook') return { ended: 'failed', reason: 'revision_missing' };
  const secrets = await resolveSecrets(integration, deps);
  if ('missing' in secrets) return { ended: 'failed', reason: `secret_missing: ${secrets.missing}` };
  const timestampSeconds = Math.floor(deps.now() / 1000);
  try {
    const { payload } = action;
    const request = webhookRequest({
      delivery,
      integration,
      payload,
      secrets: secrets.values,
      timestampSeconds,
    });
    const values = [...secrets.values.values()];
    return { request, mask: maskerOf(values), longestSecret: longestForm(values) };
  } catch (error) {
    if (error instanceof RenderedTooLargeError) return { ended: 'failed', reason: 'payload_too_large' };
    throw error;
  }
}

async function resolveSecrets(
  integration: Integration,
  deps: PrepareDeps,
): Promise<{ values: Map<string, string> } | { missing: string }> {
  const values = new Map<string, string>();
  for (const name of secretsOf(integration)) {
    const value = await deps.readSecret(integration.team, name);
    if (value === undefined) return { missing: name };
    values.set(name, value);
  }
  return { values };
}
