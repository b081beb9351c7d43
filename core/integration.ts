import { z } from 'zod';
import { Name, SecretName, TeamName } from './name.ts';

/** A webhook endpoint, set up once and shared by a team's automations. Secrets are named, never held. */
export const IntegrationInput = z.strictObject({
  team: TeamName,
  type: z.literal('webhook'),
  name: Name,
  url: z.string().max(2048),
  /** Its value goes out as `Authorization: Bearer …`, and as ${ACCESS_TOKEN} (W&B). */
  access_token_secret: SecretName.optional(),
  /** Its value signs each request (W&B's X-Wandb-Signature, Standard Webhooks). */
  signing_secret: SecretName.optional(),
  /** Further secrets that payloads sent through this integration may name (our choice: none but these). */
  secrets: z.array(SecretName).max(20).default([]),
});
export type IntegrationInput = z.infer<typeof IntegrationInput>;

export interface Integration extends IntegrationInput {
  id: string;
  createdAtMs: number;
}

/** Every secret that a delivery through this integration may use. */
export function secretsOf(integration: IntegrationInput): string[] {
  const { access_token_secret: token, signing_secret: signing, secrets } = integration;
  return [...new Set([token, signing, ...secrets])].filter((name) => name !== undefined);
}

/** The names that a payload may use for secrets: ACCESS_TOKEN and what was granted. */
export function secretVariables(integration: IntegrationInput): string[] {
  return [...(integration.access_token_secret ? ['ACCESS_TOKEN'] : []), ...integration.secrets];
}
