import * as z from 'zod';
import { Action } from '../../core/action.ts';
import { AutomationInput } from '../../core/automation.ts';
import { IntegrationInput } from '../../core/integration.ts';
import { Name, SecretName, TeamName } from '../../core/name.ts';
import { Scope } from '../../core/scope.ts';

const common = {
  $schema: z.string().optional().describe('Where the schema of this document lies, for editors.'),
  team: TeamName.optional().describe('The team that owns it; --team fills it in where it is left out.'),
};

const [Webhook, Slack, NoOp] = Action.options;
const integration = Name.describe("The integration's name.");
const ActionByName = z.discriminatedUnion('type', [
  z.strictObject({ ...Webhook.shape, integration }),
  z.strictObject({ ...Slack.shape, integration }),
  NoOp,
]);

const [organization, ofTeam, ofProject, registry, collection] = Scope.options;
const scopeTeam = TeamName.optional().describe("The automation's own team, also where it is left out.");
const ScopeInTeam = z.discriminatedUnion('kind', [
  organization,
  z.strictObject({ ...ofTeam.shape, team: scopeTeam }),
  z.strictObject({ ...ofProject.shape, team: scopeTeam }),
  registry,
  z.strictObject({ ...collection.shape, team: scopeTeam }),
]);

const AutomationDocument = z.strictObject({
  kind: z.literal('automation'),
  ...AutomationInput.shape,
  ...common,
  scope: ScopeInTeam,
  action: ActionByName,
});

const [WebhookInput, SlackInput] = IntegrationInput.options;
const IntegrationDocument = z.discriminatedUnion('type', [
  z.strictObject({ kind: z.literal('integration'), ...WebhookInput.shape, ...common }),
  z.strictObject({ kind: z.literal('integration'), ...SlackInput.shape, ...common }),
]);

const RequiredSecret = z.strictObject({ team: TeamName, name: SecretName });
const SecretDocument = z
  .strictObject({ kind: z.literal('secret'), ...RequiredSecret.shape, ...common })
  .describe('A secret that must be there; its value is set by "signalbox secrets set".');

const documents = {
  automation: AutomationDocument,
  integration: IntegrationDocument,
  secret: SecretDocument,
};
export type Kind = keyof typeof documents;
export const kinds = Object.keys(documents) as Kind[];

/** What `apply` reads and `export` writes: things by their names, never by ids, and never a secret's value. */
export const ConfigurationDocument = z.discriminatedUnion('kind', [
  AutomationDocument,
  IntegrationDocument,
  SecretDocument,
]);

export type WantedAutomation = { kind: 'automation' } & AutomationInput;
export type WantedIntegration = { kind: 'integration' } & IntegrationInput;
export type WantedSecret = { kind: 'secret' } & z.infer<typeof RequiredSecret>;
/** A checked document. An automation's action names its integration. */
export type Wanted = WantedAutomation | WantedIntegration | WantedSecret;

/** What is checked across fields, and with all defaults filled in. */
const inputs = {
  automation: checkAutomation,
  integration: (input: object) => IntegrationInput.safeParse(input),
  secret: (input: object) => RequiredSecret.safeParse(input),
};

/** Checks a document and fills in its defaults; the path of an issue is one of the document. */
export function checkDocument(
  kind: Kind,
  value: Record<string, unknown>,
): { wanted: Wanted } | { issues: z.core.$ZodIssue[] } {
  const shaped = documents[kind].safeParse(withTeamInScope(value));
  if (!shaped.success) return { issues: shaped.error.issues };
  const { kind: _kind, $schema: _schema, ...input } = shaped.data;
  const checked = inputs[kind](input);
  return checked.success ? { wanted: { kind, ...checked.data } as Wanted } : { issues: checked.error.issues };
}

/** Stands for an id where only the rest is checked. */
const SOME_ID = 'int_0';

function checkAutomation(input: object) {
  const { action } = input as { action: { integration?: string } };
  const { integration: name } = action;
  const checkable = name === undefined ? action : { ...action, integration: SOME_ID };
  const checked = AutomationInput.safeParse({ ...input, action: checkable });
  if (checked.success && 'integration' in checked.data.action) checked.data.action.integration = name ?? '';
  return checked;
}

function withTeamInScope(value: Record<string, unknown>): Record<string, unknown> {
  const { team: owner, scope } = value;
  if (typeof scope !== 'object' || scope === null || !('kind' in scope)) return value;
  const isInTeam =
    scope.kind === 'team' || scope.kind === 'project' || ('project' in scope && !('registry' in scope));
  return isInTeam ? { ...value, scope: { team: owner, ...scope } } : value;
}
