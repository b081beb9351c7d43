import type { Delivery } from '../delivery.ts';
import type { WebhookIntegration } from '../integration.ts';
import { secretVariables } from '../integration.ts';
import type { JsonValue } from '../json.ts';
import { reveal, Secret } from '../secret.ts';
import { signatureHeaders } from '../signature.ts';
import { renderTemplate } from '../template.ts';
import { isTemplateVariable, variablesIn } from '../template-variables.ts';
import type { BuiltRequest, Secrets } from './request.ts';
import { secretParts } from './secret-url.ts';

export interface WebhookInput {
  delivery: Delivery;
  integration: WebhookIntegration;
  payload: JsonValue;
  /** Those that `secretsForWebhook` names. */
  secrets: Secrets;
  timestampSeconds: number;
}

/**
 * The names of the secrets that a payload needs from its integration: for its headers and signatures, and of those
 * granted the ones that the payload names.
 */
export function secretsForWebhook(integration: WebhookIntegration, payload: JsonValue): string[] {
  const { url_secret, access_token_secret, basic_auth, header_auth } = integration;
  const { signing_secret, previous_signing_secret } = integration;
  const named = variablesIn(payload);
  const wanted = [
    url_secret,
    access_token_secret,
    basic_auth?.password_secret,
    header_auth?.value_secret,
    signing_secret,
    previous_signing_secret,
    ...integration.secrets.filter((name) => named.has(name)),
  ];
  return [...new Set(wanted.filter((name) => name !== undefined))];
}

/**
 * The webhook of a delivery (W&B): the user's JSON as the body, the access token as bearer, signed over the
 * bytes that go out. The delivery's id is the webhook-id of every attempt.
 */
export function webhookRequest(input: WebhookInput): BuiltRequest {
  const { delivery, integration, payload, secrets, timestampSeconds } = input;
  const problem = problemOfNames(input) ?? problemOfHeaders(integration, secrets);
  if (problem !== undefined) return { problem };
  const target = targetOf(integration, secrets);
  if (!target) return { problem: `secret_not_a_url: ${integration.url_secret}` };
  const body = renderTemplate(payload, (name) => variableValue(name, input));
  const credentials = basicCredentials(integration, secrets);
  const request = {
    integrationId: integration.id,
    method: integration.method,
    url: target.url,
    headers: {
      ...integration.headers,
      'content-type': 'application/json',
      'x-signalbox-depth': String(delivery.depth + 1),
      ...authHeaders(integration, secrets),
      ...signatureHeaders({
        deliveryId: delivery.id,
        timestampSeconds,
        body,
        secrets: signingKeys(integration, secrets),
      }),
    },
    body,
  };
  const sensitive = [
    ...secrets.values(),
    ...target.sensitive,
    ...(credentials ? [credentials] : []),
    ...behindScheme(secretNamed(integration.header_auth?.value_secret, secrets)),
  ];
  return { request, sensitive };
}

/** Of a header such as `Token abc…`: who refuses it may repeat the token alone. */
function behindScheme(value: Secret | undefined): Secret[] {
  const [, token] = /^\S+ +(\S.*)$/.exec(value ? reveal(value) : '') ?? [];
  return token === undefined ? [] : [new Secret(token)];
}

/** Where it goes; undefined where that is a secret and no URL. */
function targetOf(
  { url, url_secret: name }: WebhookIntegration,
  secrets: Secrets,
): { url: string; sensitive: Secret[] } | undefined {
  if (url !== undefined) return { url, sensitive: [] };
  const secret = secretNamed(name, secrets);
  const parsed = secret && URL.parse(reveal(secret).trim());
  return parsed ? { url: parsed.href, sensitive: secretParts(parsed) } : undefined;
}

/** A name that the integration granted when the automation was saved, and does no longer. */
function problemOfNames({ delivery, payload, integration }: WebhookInput): string | undefined {
  const granted = [...secretVariables(integration), ...Object.keys(delivery.facts)];
  const unknown = [...variablesIn(payload)].find(
    (name) => !isTemplateVariable(name) && !granted.includes(name),
  );
  return unknown && `secret_not_granted: ${unknown}`;
}

/** HTTP carries no line breaks and no letters beyond ASCII in a header: the sender would refuse it without a name. */
function problemOfHeaders(integration: WebhookIntegration, secrets: Secrets): string | undefined {
  const { access_token_secret: token, header_auth: header } = integration;
  const unfit = [token, header?.value_secret].find((name) => {
    const value = secretNamed(name, secrets);
    return value !== undefined && !/^[\x20-\x7e]*$/.test(reveal(value));
  });
  return unfit && `secret_not_for_headers: ${unfit}`;
}

function variableValue(
  name: string,
  { delivery, integration, secrets }: WebhookInput,
): JsonValue | undefined {
  // Facts first: no secret can take the place of a variable that does not apply.
  if (Object.hasOwn(delivery.facts, name)) return delivery.facts[name];
  if (isTemplateVariable(name)) return undefined;
  const value = secrets.get(name === 'ACCESS_TOKEN' ? (integration.access_token_secret ?? '') : name);
  return value && reveal(value);
}

/** The headers that carry secrets. */
function authHeaders(integration: WebhookIntegration, secrets: Secrets): Record<string, string> {
  const { access_token_secret, header_auth } = integration;
  const token = secretNamed(access_token_secret, secrets);
  const credentials = basicCredentials(integration, secrets);
  const value = secretNamed(header_auth?.value_secret, secrets);
  return {
    ...(token && { authorization: `Bearer ${reveal(token)}` }),
    ...(credentials && { authorization: `Basic ${reveal(credentials)}` }),
    ...(header_auth && value && { [header_auth.name]: reveal(value) }),
  };
}

/** User name and password in base64, which is as much of a secret as the password. */
function basicCredentials({ basic_auth: basic }: WebhookIntegration, secrets: Secrets): Secret | undefined {
  const password = secretNamed(basic?.password_secret, secrets);
  if (!basic || !password) return undefined;
  return new Secret(Buffer.from(`${basic.username}:${reveal(password)}`).toString('base64'));
}

/** The newest first: W&B's header has room for one. */
function signingKeys(integration: WebhookIntegration, secrets: Secrets): string[] {
  const names = [integration.signing_secret, integration.previous_signing_secret];
  return names.flatMap((name) => secretNamed(name, secrets) ?? []).map(reveal);
}

function secretNamed(name: string | undefined, secrets: Secrets): Secret | undefined {
  return name === undefined ? undefined : secrets.get(name);
}
