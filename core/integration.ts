import * as z from 'zod';
import { AuthHeaderName, CustomHeaders } from './header-name.ts';
import { Label, Name, SecretName, TeamName } from './name.ts';
import { isTemplateVariable } from './template-variables.ts';

const common = { team: TeamName, name: Name };

/** A secret that payloads may name: its name must not mean something else there. */
const GrantedSecret = SecretName.refine(
  (name) => name !== 'ACCESS_TOKEN' && !isTemplateVariable(name),
  'is the name of a template variable: give the secret another name',
);

const webhookFields = {
  /** Where requests go; of a URL that is a secret itself, `url_secret` names it. */
  url: z.string().max(2048).optional(),
  url_secret: SecretName.optional(),
  method: z.enum(['POST', 'PUT', 'PATCH']),
  /** Sent with every request, as they stand here. */
  headers: CustomHeaders,
  /** Its value goes out as `Authorization: Bearer …`, and as ${ACCESS_TOKEN} (W&B). */
  access_token_secret: SecretName.optional(),
  /** `Authorization: Basic …`. */
  basic_auth: z
    .strictObject({
      username: z
        .string()
        .max(256)
        .regex(/^[^:\p{Cc}]*$/u, 'can not hold a colon or control characters'),
      password_secret: SecretName,
    })
    .optional(),
  /** A header whose value is a secret. */
  header_auth: z.strictObject({ name: AuthHeaderName, value_secret: SecretName }).optional(),
  /** Its value signs each request (W&B's X-Wandb-Signature, Standard Webhooks). */
  signing_secret: SecretName.optional(),
  /** Signs as well, in webhook-signature only, until all receivers know the new one. */
  previous_signing_secret: SecretName.optional(),
  /** Further secrets that payloads sent through this integration may name (our choice: none but these). */
  secrets: z.array(GrantedSecret).max(20, 'has more than 20 secrets'),
};

const WebhookInput = z
  .strictObject({
    ...common,
    type: z.literal('webhook'),
    ...webhookFields,
    method: webhookFields.method.default('POST'),
    headers: webhookFields.headers.default({}),
    secrets: webhookFields.secrets.default([]),
  })
  .superRefine(checkUrl)
  .superRefine(checkAuth);

const slackFields = {
  /** The workspace's name, for people to read. */
  workspace: Label.optional(),
  /** A channel's id, or its name; of an incoming webhook for people to read only. */
  channel: z
    .string()
    .regex(/^#?[\p{L}\p{N}_-]{1,80}$/u, 'must be the id of a channel, such as C0123456789, or its name')
    .optional(),
  /** Names the secret that holds a bot token (xoxb-…) with the scope chat:write. */
  token_secret: SecretName.optional(),
  /** Names the secret that holds the URL of an incoming webhook. */
  webhook_url_secret: SecretName.optional(),
};

const SlackInput = z
  .strictObject({ ...common, type: z.literal('slack'), ...slackFields })
  .superRefine(checkSlackWay);

/** A Slack channel or a webhook endpoint, set up once and shared by a team's automations. Secrets are named, never held. */
export const IntegrationInput = z.discriminatedUnion('type', [WebhookInput, SlackInput]);
export type IntegrationInput = z.infer<typeof IntegrationInput>;

/**
 * What a user changes: the fields that are given, `null` to take one away; team and type stay. The whole is checked again.
 * One that is enabled again starts afresh; through one that is not, nothing goes.
 */
export const IntegrationChange = z
  .strictObject({ name: common.name, ...webhookFields, ...slackFields })
  .partial()
  .extend(clearable())
  .extend({ enabled: z.boolean().optional() });
export type IntegrationChange = z.infer<typeof IntegrationChange>;

function clearable() {
  const { url, url_secret, access_token_secret, basic_auth, header_auth } = webhookFields;
  const { signing_secret, previous_signing_secret } = webhookFields;
  const { workspace, channel, token_secret, webhook_url_secret } = slackFields;
  return {
    url: url.nullable(),
    url_secret: url_secret.nullable(),
    access_token_secret: access_token_secret.nullable(),
    basic_auth: basic_auth.nullable(),
    header_auth: header_auth.nullable(),
    signing_secret: signing_secret.nullable(),
    previous_signing_secret: previous_signing_secret.nullable(),
    workspace: workspace.nullable(),
    channel: channel.nullable(),
    token_secret: token_secret.nullable(),
    webhook_url_secret: webhook_url_secret.nullable(),
  };
}

/** What the store adds to an integration. */
interface Stored {
  id: string;
  createdAtMs: number;
  updatedAtMs: number;
  /** Changed by compare-and-set. */
  version: number;
}

export type WebhookIntegration = z.infer<typeof WebhookInput> & Stored;
export type SlackIntegration = z.infer<typeof SlackInput> & Stored;
export type Integration = WebhookIntegration | SlackIntegration;

/** Every secret that a delivery through this integration may use, with the field that names it. */
export function secretFields(integration: IntegrationInput): { field: string; name: string }[] {
  const named: [string, string | undefined][] =
    integration.type === 'slack'
      ? [
          ['token_secret', integration.token_secret],
          ['webhook_url_secret', integration.webhook_url_secret],
        ]
      : [
          ['url_secret', integration.url_secret],
          ['access_token_secret', integration.access_token_secret],
          ['basic_auth.password_secret', integration.basic_auth?.password_secret],
          ['header_auth.value_secret', integration.header_auth?.value_secret],
          ['signing_secret', integration.signing_secret],
          ['previous_signing_secret', integration.previous_signing_secret],
          ...integration.secrets.map((name, at): [string, string] => [`secrets.${at}`, name]),
        ];
  return named.flatMap(([field, name]) => (name === undefined ? [] : [{ field, name }]));
}

/** The names of these secrets, each once. */
export function secretsOf(integration: IntegrationInput): string[] {
  return [...new Set(secretFields(integration).map(({ name }) => name))];
}

/** The names that a payload may use for secrets: ACCESS_TOKEN and what was granted. A Slack text may use none. */
export function secretVariables(integration: IntegrationInput): string[] {
  if (integration.type === 'slack') return [];
  return [...(integration.access_token_secret ? ['ACCESS_TOKEN'] : []), ...integration.secrets];
}

/** Slack takes one message a second in a channel. */
export const SLACK_PACE_MS = 1_000;

/**
 * What Slack's pace of one message a second holds for: two integrations with the same token and channel share it.
 * Undefined for what is no Slack channel.
 */
export function channelKey(integration: Integration): string | undefined {
  if (integration.type !== 'slack') return undefined;
  const { team, channel, token_secret: token, webhook_url_secret: url } = integration;
  const way = token === undefined ? ['webhook', url] : ['channel', token, channel?.replace(/^#/, '')];
  return JSON.stringify([team, ...way]);
}

type Refuse = (field: string, message: string) => void;

function refusing(context: z.RefinementCtx): Refuse {
  return (field, message) => context.addIssue({ code: 'custom', path: field.split('.'), message });
}

function checkUrl(input: z.infer<z.ZodObject<typeof webhookFields>>, context: z.RefinementCtx): void {
  const refuse = refusing(context);
  const { url, url_secret: secret } = input;
  if (url !== undefined && secret !== undefined) refuse('url_secret', 'and url are two places: give one');
  if (url === undefined && secret === undefined) refuse('url', 'is missing: give it, or give url_secret');
}

function checkAuth(input: z.infer<z.ZodObject<typeof webhookFields>>, context: z.RefinementCtx): void {
  const refuse = refusing(context);
  const { access_token_secret: token, basic_auth: basic, header_auth: header } = input;
  if (token !== undefined && basic) refuse('basic_auth', 'and access_token_secret are both Authorization');
  if (header?.name === 'authorization' && (token !== undefined || basic)) {
    refuse('header_auth.name', 'authorization is set already, by access_token_secret or basic_auth');
  }
  if (header && Object.hasOwn(input.headers, header.name)) {
    refuse('header_auth.name', `${header.name} stands in headers already`);
  }
  const { signing_secret: signing, previous_signing_secret: previous } = input;
  if (previous === undefined) return;
  if (signing === undefined) refuse('previous_signing_secret', 'goes with a signing_secret');
  if (signing === previous) refuse('previous_signing_secret', 'is the signing_secret: name the older one');
}

function checkSlackWay(input: z.infer<z.ZodObject<typeof slackFields>>, context: z.RefinementCtx): void {
  const refuse = refusing(context);
  const { token_secret: token, webhook_url_secret: url, channel } = input;
  if (token !== undefined && url !== undefined) {
    refuse('webhook_url_secret', 'and token_secret are two ways to post: give one');
  }
  if (token === undefined && url === undefined) {
    refuse('token_secret', 'is missing: give it with a channel, or give webhook_url_secret');
  }
  if (token !== undefined && channel === undefined) refuse('channel', 'is missing: a token needs a channel');
}
