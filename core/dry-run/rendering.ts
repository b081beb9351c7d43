import type { Action } from '../action.ts';
import { planOf } from '../actions/plan.ts';
import type { SlackDeployment } from '../actions/slack.ts';
import type { Delivery } from '../delivery.ts';
import type { Integration } from '../integration.ts';
import { maskedHeaders, maskerOf } from '../masking.ts';
import { MASK, Secret } from '../secret.ts';

/** What would go out, with masks for secrets and signatures; or why nothing would. */
export type Rendered =
  | { request: { method: string; url: string; headers: Record<string, string>; body: string } }
  | { problem: string };

export interface RenderingWith {
  /** The names of the team's secrets; their values are not needed. */
  secretNames: ReadonlySet<string>;
  slack?: SlackDeployment;
  nowMs: number;
}

/** Stands for the secrets that must be URLs; Slack's own are taken everywhere. */
const URL_IN_PLACE = 'https://hooks.slack.com/services/a-secret-that-was-not-read';

/** Renders a delivery as the dispatcher would, without any secret: a mask is put in where a value would be. */
export function renderMasked(
  delivery: Delivery,
  action: Action,
  integration: Integration,
  { secretNames: known, ...at }: RenderingWith,
): Rendered {
  const plan = planOf(action, integration, delivery, at);
  if (!plan) return { problem: 'integration_of_other_type' };
  const missing = plan.secretNames.find((name) => !known.has(name));
  if (missing !== undefined) return { problem: `secret_missing: ${missing}` };
  const url = integration.type === 'slack' ? integration.webhook_url_secret : integration.url_secret;
  const masks = plan.secretNames.map(
    (name) => [name, new Secret(name === url ? URL_IN_PLACE : MASK)] as const,
  );
  const built = plan.build(new Map(masks));
  if ('problem' in built) return built;
  const mask = maskerOf(built.sensitive);
  const { method, url: target, headers, body } = built.request;
  return {
    request: { method, url: mask(target), headers: maskedHeaders(headers, mask), body: mask(body) },
  };
}
