import * as z from 'zod';
import type { ReceivedRequest, ScriptedAnswer } from '../receiver.ts';

/* Discord's "execute webhook", with the limits of its reference (docs.discord.com/developers/resources/webhook). */

const WebUrl = z.url({ protocol: /^https?$/ });
const Embed = z.strictObject({
  title: z.string().max(256).optional(),
  description: z.string().max(4096).optional(),
  url: WebUrl.optional(),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  color: z.int().min(0).max(0xffffff).optional(),
  footer: z.strictObject({ text: z.string().min(1).max(2048) }).optional(),
  fields: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(256),
        value: z.string().min(1).max(1024),
        inline: z.boolean().optional(),
      }),
    )
    .max(25)
    .optional(),
});
const Execute = z.strictObject({
  content: z.string().max(2000).optional(),
  username: z
    .string()
    .min(1)
    .max(80)
    .regex(/^(?!.*(?:clyde|discord)).*$/i)
    .optional(),
  embeds: z.array(Embed).max(10).optional(),
  allowed_mentions: z.strictObject({ parse: z.array(z.enum(['roles', 'users', 'everyone'])) }).optional(),
});

const MAX_EMBED_CHARACTERS = 6_000;

/** One webhook of a channel; whoever has its `path` can post. */
export class DiscordWebhook {
  readonly messages: (z.infer<typeof Execute> & { pings: boolean })[] = [];
  readonly #id: string;
  readonly #token: string;

  constructor(id: string, token: string) {
    this.#id = id;
    this.#token = token;
  }

  get path(): string {
    return `/api/webhooks/${this.#id}/${this.#token}`;
  }

  answer(request: ReceivedRequest): ScriptedAnswer {
    const problem = this.#problemOfCaller(request);
    if (problem) return problem;
    const read = Execute.safeParse(request.json);
    if (!read.success) return refusal(400, 50_035, `Invalid Form Body: ${z.prettifyError(read.error)}`);
    const { content = '', embeds = [], allowed_mentions: mentions } = read.data;
    if (content === '' && embeds.length === 0) return refusal(400, 50_006, 'Cannot send an empty message');
    if (charactersOf(embeds) > MAX_EMBED_CHARACTERS) {
      return refusal(400, 50_035, 'Invalid Form Body: embeds exceed the maximum size of 6000');
    }
    const mayPing = mentions?.parse.includes('everyone') ?? true;
    this.messages.push({ ...read.data, pings: mayPing && /@(?:everyone|here)\b/.test(content) });
    return { status: 204 };
  }

  #problemOfCaller({ method, path, headers }: ReceivedRequest): ScriptedAnswer | undefined {
    const [, id, token] = /^\/api(?:\/v10)?\/webhooks\/(\d+)\/([\w-]+)$/.exec(path) ?? [];
    if (method !== 'POST' || id !== this.#id) return refusal(404, 10_015, 'Unknown Webhook');
    if (token !== this.#token) return refusal(401, 50_027, 'Invalid Webhook Token');
    const isJson = /^application\/json\b/.test(headers['content-type'] ?? '');
    return isJson ? undefined : refusal(400, 50_006, 'Cannot send an empty message');
  }
}

function charactersOf(embeds: z.infer<typeof Embed>[]): number {
  const texts = embeds.flatMap(({ title, description, footer, fields = [] }) => [
    title,
    description,
    footer?.text,
    ...fields.flatMap(({ name, value }) => [name, value]),
  ]);
  return texts.join('').length;
}

function refusal(status: number, code: number, message: string): ScriptedAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message, code }) };
}
