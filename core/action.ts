import * as z from 'zod';
import type { JsonValue } from './json.ts';

const IntegrationId = z.string().regex(/^\w{1,64}$/, 'is not an id');

export const Severity = z.enum(['INFO', 'WARN', 'ERROR']);
export type Severity = z.infer<typeof Severity>;

/** A text that may name template variables; what is longer once it is rendered is cut. */
const Title = z.string().max(500, 'is longer than 500 characters');
const Message = z.string().max(3000, 'is longer than 3,000 characters');

/** Texts of a Slack message beside what it says by itself (W&B). */
export const slackTexts = {
  title: Title.default(''),
  message: Message.default(''),
  severity: Severity.default('INFO'),
};

const WebhookAction = z.strictObject({
  type: z.literal('webhook'),
  integration: IntegrationId,
  payload: z.json(),
});
export type WebhookAction = z.infer<typeof WebhookAction>;

const SlackAction = z.strictObject({
  type: z.literal('slack'),
  integration: IntegrationId,
  ...slackTexts,
});
export type SlackAction = z.infer<typeof SlackAction>;

/** What an automation does when it fires. */
export const Action = z.discriminatedUnion('type', [
  WebhookAction,
  SlackAction,
  /** Records the delivery and sends nothing (W&B's NO_OP). */
  z.strictObject({ type: z.literal('no_op') }),
]);
export type Action = z.infer<typeof Action>;

/** The part of an action that may name template variables, as one JSON value whose paths are those of the action. */
export function templateOf(action: Action): JsonValue | undefined {
  switch (action.type) {
    case 'webhook':
      return { payload: action.payload };
    case 'slack':
      return { title: action.title, message: action.message };
    case 'no_op':
      return undefined;
  }
}
