import * as z from 'zod';
import type { ReceivedRequest, ScriptedAnswer } from '../receiver.ts';

/*
 * The workflow "post to a channel when a webhook request is received" of Microsoft Teams. The real one answers 202 to
 * whatever is JSON and fails later, in its run history, where a card is not as the Adaptive Cards schema has it; here
 * the sender is told.
 */

/** Teams takes about 28 KB a message. */
const MAX_BYTES = 28 * 1_024;

const TextBlock = z.strictObject({
  type: z.literal('TextBlock'),
  text: z.string(),
  wrap: z.boolean().optional(),
  isSubtle: z.boolean().optional(),
  size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(),
  weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
  color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
});
const FactSet = z.strictObject({
  type: z.literal('FactSet'),
  facts: z.array(z.strictObject({ title: z.string(), value: z.string() })).min(1),
});
const OpenUrl = z.strictObject({
  type: z.literal('Action.OpenUrl'),
  title: z.string(),
  url: z.url({ protocol: /^https?$/ }),
});
const Card = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json').optional(),
  type: z.literal('AdaptiveCard'),
  version: z.enum(['1.0', '1.1', '1.2', '1.3', '1.4', '1.5']),
  body: z.array(z.union([TextBlock, FactSet])).min(1),
  actions: z.array(OpenUrl).max(6).optional(),
  msteams: z.strictObject({ width: z.literal('Full') }).optional(),
});
const Envelope = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null().optional(),
        content: Card,
      }),
    )
    .min(1),
});

/** One workflow; whoever has its `path` can post. */
export class TeamsWorkflow {
  readonly cards: z.infer<typeof Card>[] = [];
  readonly #place: string;
  readonly #signature: string;

  constructor(id: string, signature: string) {
    this.#place = `/powerautomate/automations/direct/workflows/${id}/triggers/manual/paths/invoke`;
    this.#signature = signature;
  }

  get path(): string {
    const query = new URLSearchParams({ sp: '/triggers/manual/run', sv: '1.0', sig: this.#signature });
    return `${this.#place}?api-version=1&${query}`;
  }

  answer({ method, path, json, body, headers }: ReceivedRequest): ScriptedAnswer {
    const { pathname, searchParams } = new URL(path, 'http://teams');
    if (method !== 'POST' || pathname !== this.#place) return refusal(404, 'WorkflowNotFound');
    if (searchParams.get('api-version') !== '1') return refusal(400, 'MissingApiVersionParameter');
    if (searchParams.get('sig') !== this.#signature) return refusal(401, 'AuthorizationFailed');
    if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
      return refusal(415, 'UnsupportedMediaType');
    if (Buffer.byteLength(body) > MAX_BYTES) return refusal(413, 'RequestEntityTooLarge');
    const read = Envelope.safeParse(json);
    if (!read.success) return refusal(400, z.prettifyError(read.error));
    this.cards.push(...read.data.attachments.map(({ content }) => content));
    return { status: 202 };
  }
}

function refusal(status: number, code: string): ScriptedAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code } }),
  };
}
