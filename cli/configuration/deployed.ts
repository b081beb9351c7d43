import type * as z from 'zod';
import { AutomationInput } from '../../core/automation.ts';
import { deliverySettings } from '../../core/delivery-settings.ts';
import { IntegrationInput } from '../../core/integration.ts';
import { detailsOfZod } from '../../core/problem.ts';
import type { Connection, Listed } from '../connection.ts';
import type { Automation, Integration } from '../lookup.ts';
import { everyItem } from '../paging.ts';
import { Trouble } from '../trouble.ts';
import type { WantedAutomation, WantedIntegration } from './document.ts';

/** Something that a deployment has, in the form of a document. */
export interface Deployed<Document> {
  id: string;
  document: Document;
}

/** What a team has. */
export interface DeployedTeam {
  team: string;
  automations: Deployed<WantedAutomation>[];
  integrations: Deployed<WantedIntegration>[];
  secrets: string[];
  /** The registries in which it may have automations. */
  registries: string[];
}

export async function readTeam(connection: Connection, team: string): Promise<DeployedTeam> {
  const query = { team };
  const integrations = await everyItem(connection, 'listIntegrations', 'integrations', { query });
  const automations = await everyItem(connection, 'listAutomations', 'automations', { query });
  const secrets = await everyItem(connection, 'listSecrets', 'secrets', { params: { team } });
  const registries = await everyItem(connection, 'listRegistries', 'registries');
  const nameOf = (id: string) => integrations.find((one) => one.id === id)?.name;
  return {
    team,
    integrations: integrations.map((one) => ({ id: one.id, document: integrationDocument(one) })),
    automations: automations.map((one) => ({ id: one.id, document: automationDocument(one, nameOf) })),
    secrets: secrets.map(({ name }) => name),
    registries: registries.filter((one) => mayAutomateIn(one, team)).map(({ name }) => name),
  };
}

function mayAutomateIn({ roles }: Listed<'listRegistries', 'registries'>, team: string): boolean {
  return roles.some((one) => one.team === team && (one.role === 'member' || one.role === 'admin'));
}

export function integrationDocument(stored: Integration): WantedIntegration {
  const schema = IntegrationInput.options.find((option) => option.shape.type.value === stored.type);
  const fields = pick(stored, Object.keys(schema?.shape ?? {}));
  return { kind: 'integration', ...known(IntegrationInput, fields, `integration ${stored.name}`) };
}

/** An integration that is gone leaves its id: there is no name for it. */
export function automationDocument(
  stored: Automation,
  nameOf: (integrationId: string) => string | undefined,
): WantedAutomation {
  const fields = pick(stored, Object.keys(AutomationInput.shape));
  const input = known(AutomationInput, fields, `automation ${stored.name}`);
  const { action } = input;
  if (action.type !== 'no_op') action.integration = nameOf(action.integration) ?? action.integration;
  return { kind: 'automation', ...input };
}

/** What an automation does when nothing is said of its deliveries is the same as saying the defaults. */
export function withSettings(document: WantedAutomation): WantedAutomation {
  return { ...document, delivery: deliverySettings(document) };
}

/** What a deployment of another version has may not be read here; half of it would be worse. */
function known<Schema extends z.ZodType>(schema: Schema, fields: object, what: string): z.output<Schema> {
  const read = schema.safeParse(fields);
  if (read.success) return read.data;
  const { field, detail } = detailsOfZod(read.error);
  throw new Trouble(`${what} is of a form that this command line does not know: ${field}: ${detail}`, {
    hint: 'use the command line of the version that is deployed',
  });
}

/** The fields that a user saves, without those that the server adds. */
function pick(thing: object, fields: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(thing).filter(([field]) => fields.includes(field)));
}
