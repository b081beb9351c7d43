import type { Delivery } from '../delivery.ts';
import { type Integration, secretVariables } from '../integration.ts';
import type { JsonValue } from '../json.ts';
import { signatureHeaders } from '../signature.ts';
import { renderTemplate } from '../template.ts';

/** A request ready to be sent. */
export interface WebhookRequest {
  integrationId: string;
  method: 'POST';
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface WebhookInput {
  delivery: Delivery;
  integration: Integration;
  payload: JsonValue;
  /** Values of the secrets that the integration names, by secret name. */
  secrets: ReadonlyMap<string, string>;
  timestampSeconds: number;
}

/**
 * The webhook of a delivery (W&B): the user's JSON as the body, the access token as bearer, signed over the
 * bytes that go out. The delivery's id is the webhook-id of every attempt.
 */
export function webhookRequest(input: WebhookInput): WebhookRequest {
  const { delivery, integration, payload, secrets, timestampSeconds } = input;
  const body = renderTemplate(payload, (name) => variableValue(name, input));
  const token = secretNamed(integration.access_token_secret, secrets);
  const signing = secretNamed(integration.signing_secret, secrets);
  return {
    integrationId: integration.id,
    method: 'POST',
    url: integration.url,
    headers: {
      'content-type': 'application/json',
      'x-signalbox-depth': String(delivery.depth + 1),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...signatureHeaders({
        deliveryId: delivery.id,
        timestampSeconds,
        body,
        secrets: signing === undefined ? [] : [signing],
      }),
    },
    body,
  };
}

function variableValue(
  name: string,
  { delivery, integration, secrets }: WebhookInput,
): JsonValue | undefined {
  if (Object.hasOwn(delivery.facts, name)) return delivery.facts[name];
  if (!secretVariables(integration).includes(name)) return undefined;
  return secrets.get(name === 'ACCESS_TOKEN' ? (integration.access_token_secret ?? '') : name);
}

function secretNamed(name: string | undefined, secrets: ReadonlyMap<string, string>): string | undefined {
  return name === undefined ? undefined : secrets.get(name);
}
