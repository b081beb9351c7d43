import * as z from 'zod';
import { slackTexts } from '../action.ts';
import { IntegrationChange, IntegrationInput } from '../integration.ts';
import { Force, Id, PageOfTeam, pageOf, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

/** What a test call sends, unsaved: for a webhook a payload, for Slack its texts. */
export const TestInput = z
  .strictObject({
    payload: z.json().optional(),
    title: slackTexts.title.unwrap().optional(),
    message: slackTexts.message.unwrap().optional(),
    severity: slackTexts.severity.unwrap().optional(),
  })
  .meta({ id: 'IntegrationTest' });
export type TestInput = z.infer<typeof TestInput>;

const [WebhookInput, SlackInput] = IntegrationInput.options;
const Health = z
  .strictObject({
    state: z.enum(['closed', 'open', 'half_open', 'disabled']),
    /** Attempts in a row that failed in a way that may pass. */
    failures: z.int().min(0),
    /** When the first attempt ended since which none was delivered. */
    failing_since: Timestamp.optional(),
    /** Of an open one: when one attempt tries whether it is back. */
    open_until: Timestamp.optional(),
    disabled_at: Timestamp.optional(),
    reason: z.enum(['gone', 'failing_for_5_days', 'by_hand']).optional(),
  })
  .meta({ id: 'IntegrationHealth' });
const stored = {
  id: Id,
  enabled: z.boolean(),
  health: Health,
  created_at: Timestamp,
  updated_at: Timestamp,
};
const Integration = z
  .discriminatedUnion('type', [
    z.strictObject({
      ...WebhookInput.shape,
      // The headers were checked when they came in, by more than a schema can say.
      headers: z.record(z.string(), z.string()),
      header_auth: z.strictObject({ name: z.string(), value_secret: z.string() }).optional(),
      ...stored,
    }),
    z.strictObject({ ...SlackInput.shape, ...stored }),
  ])
  .meta({ id: 'Integration' });

export const integrationRoutes = {
  createIntegration: {
    method: 'POST',
    path: '/v1/integrations',
    ability: 'integrations:write',
    tag: 'integrations',
    summary: 'Make an integration',
    body: IntegrationInput.meta({ id: 'IntegrationInput' }),
    answers: { 201: Integration },
    versioned: true,
    conflicts: true,
    repeatable: true,
  },
  listIntegrations: {
    method: 'GET',
    path: '/v1/integrations',
    ability: 'team:read',
    tag: 'integrations',
    summary: "List a team's integrations, oldest first",
    query: PageOfTeam,
    answers: { 200: pageOf('integrations', Integration) },
  },
  readIntegration: {
    method: 'GET',
    path: '/v1/integrations/{id}',
    ability: 'team:read',
    tag: 'integrations',
    summary: 'Read an integration',
    answers: { 200: Integration },
    versioned: true,
  },
  updateIntegration: {
    method: 'PATCH',
    path: '/v1/integrations/{id}',
    ability: 'integrations:write',
    tag: 'integrations',
    summary: 'Change the fields that are given, each as a whole; null takes one away',
    body: IntegrationChange.meta({ id: 'IntegrationChange' }),
    answers: { 200: Integration },
    versioned: true,
    conflicts: true,
  },
  deleteIntegration: {
    method: 'DELETE',
    path: '/v1/integrations/{id}',
    ability: 'integrations:write',
    tag: 'integrations',
    summary: 'Delete an integration',
    description: 'Refused while automations use it, unless it is forced; then their deliveries fail.',
    query: Force,
    answers: { 204: null },
    versioned: true,
    conflicts: true,
  },
  testIntegration: {
    method: 'POST',
    path: '/v1/integrations/{id}/test',
    ability: 'integrations:write',
    tag: 'integrations',
    summary: 'Send something through an integration, to see whether it works',
    body: TestInput,
    answers: { 202: z.strictObject({ delivery: Id, result: z.string() }).meta({ id: 'QueuedTest' }) },
  },
} as const satisfies Record<string, Route>;
