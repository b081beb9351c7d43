import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { ReceivedRequest, ScriptedAnswer } from '../receiver.ts';

/*
 * Slack, as far as posting messages goes: it refuses what docs.slack.dev says of chat.postMessage, incoming webhooks,
 * Block Kit and app manifests, with Slack's own strings.
 */

const plainText = (max: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
const anyText = (max: number) =>
  z.union([
    plainText(max),
    z.strictObject({
      type: z.literal('mrkdwn'),
      text: z.string().min(1).max(max),
      verbatim: z.boolean().optional(),
    }),
  ]);
const blockId = { block_id: z.string().max(255).optional() };
const Block = z.union([
  z.strictObject({ type: z.literal('header'), text: plainText(150), ...blockId }),
  z.strictObject({ type: z.literal('section'), text: anyText(3000), ...blockId }),
  z.strictObject({ type: z.literal('section'), fields: z.array(anyText(2000)).min(1).max(10), ...blockId }),
  z.strictObject({ type: z.literal('context'), elements: z.array(anyText(3000)).min(1).max(10), ...blockId }),
  z.strictObject({ type: z.literal('divider'), ...blockId }),
]);
const Blocks = z.array(Block).max(50);
const Attachment = z.strictObject({
  color: z
    .string()
    .regex(/^(?:good|warning|danger|#[0-9a-f]{6})$/i)
    .optional(),
  fallback: z.string().optional(),
  blocks: Blocks.optional(),
});

const Manifest = z.strictObject({
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: z.string().max(140).optional(),
    background_color: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i)
      .optional(),
  }),
  features: z.strictObject({
    bot_user: z.strictObject({
      display_name: z.string().regex(/^[\w .-]{1,80}$/),
      always_online: z.boolean().optional(),
    }),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string()).min(1) }) }),
  settings: z
    .strictObject({
      org_deploy_enabled: z.boolean(),
      socket_mode_enabled: z.boolean(),
      token_rotation_enabled: z.boolean(),
    })
    .partial()
    .optional(),
});

interface Message {
  text?: unknown;
  blocks?: unknown;
  attachments?: unknown;
  channel?: unknown;
}

interface Channel {
  name: string;
  members: Set<string>;
  isArchived: boolean;
}

interface App {
  bot: string;
  scopes: string[];
}

/** The one workspace of this Slack. */
export class SlackWorkspace {
  readonly messages: { channel: string; message: Message }[] = [];
  readonly channels = new Map<string, Channel>();
  readonly #apps = new Map<string, App>();
  readonly #webhooks = new Map<string, string>();

  channel(id: string, name: string): Channel {
    const channel = { name, members: new Set<string>(), isArchived: false };
    this.channels.set(id, channel);
    return channel;
  }

  /** Makes an app from a manifest and installs it; answers its bot token. */
  install(manifest: string): string {
    const { features, oauth_config } = Manifest.parse(JSON.parse(manifest));
    const token = `xoxb-${randomBytes(20).toString('hex')}`;
    this.#apps.set(token, { bot: features.bot_user.display_name, scopes: oauth_config.scopes.bot });
    return token;
  }

  /** What somebody types in a channel. */
  type(channelId: string, text: string): void {
    const [, bot] = /^\/invite @(.+)$/.exec(text.trim()) ?? [];
    const exists = [...this.#apps.values()].some((app) => app.bot === bot);
    if (bot === undefined || !exists) throw new Error(`Slack knows no ${text}`);
    this.channels.get(channelId)?.members.add(bot);
  }

  /** Adds an incoming webhook to a channel; answers its path. */
  incomingWebhook(channelId: string): string {
    const path = `/services/T0123ABCD/B0456EFGH/${randomBytes(12).toString('hex')}`;
    this.#webhooks.set(path, channelId);
    return path;
  }

  answer({ method, path, headers, body }: ReceivedRequest): ScriptedAnswer {
    if (method !== 'POST') return { status: 405 };
    if (path === '/api/chat.postMessage') return this.#postMessage(headers, body);
    return path.startsWith('/services/') ? this.#hook(path, body) : { status: 404, body: 'Not Found' };
  }

  #postMessage(headers: ReceivedRequest['headers'], body: string): ScriptedAnswer {
    const message = objectIn(body);
    const error = message
      ? (this.#problemOfCaller(headers, message) ?? problemOfMessage(message))
      : 'invalid_json';
    if (error) return json({ ok: false, error });
    const channel = String(message?.channel);
    this.messages.push({ channel, message: message ?? {} });
    return json({ ok: true, channel, ts: '1700000000.000100', message });
  }

  #problemOfCaller(headers: ReceivedRequest['headers'], { channel }: Message): string | undefined {
    if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return 'invalid_post_type';
    const [, token] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) return 'not_authed';
    const app = this.#apps.get(token);
    return app ? this.#problemOfChannel(app, this.channels.get(String(channel))) : 'invalid_auth';
  }

  #problemOfChannel({ bot, scopes }: App, channel: Channel | undefined): string | undefined {
    if (!scopes.includes('chat:write')) return 'missing_scope';
    if (!channel) return 'channel_not_found';
    if (channel.isArchived) return 'is_archived';
    return channel.members.has(bot) || scopes.includes('chat:write.public') ? undefined : 'not_in_channel';
  }

  #hook(path: string, body: string): ScriptedAnswer {
    const channel = this.#webhooks.get(path);
    if (channel === undefined) return { status: 404, body: 'no_service' };
    if (this.channels.get(channel)?.isArchived) return { status: 410, body: 'channel_is_archived' };
    const message = objectIn(body);
    const error = message ? problemOfMessage(message) : 'invalid_payload';
    if (error) return { status: 400, body: error };
    this.messages.push({ channel, message: message ?? {} });
    return { status: 200, body: 'ok' };
  }
}

function problemOfMessage({ text, blocks, attachments }: Message): string | undefined {
  if (text === undefined && blocks === undefined && attachments === undefined) return 'no_text';
  if (text !== undefined && typeof text !== 'string') return 'invalid_arguments';
  if ((text?.length ?? 0) > 40_000) return 'msg_too_long';
  if (!Blocks.optional().safeParse(blocks).success) return 'invalid_blocks';
  return z.array(Attachment).max(100).optional().safeParse(attachments).success
    ? undefined
    : 'invalid_attachments';
}

function objectIn(body: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function json(body: object): ScriptedAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}
