import { checkTemplate } from '../../core/actions/action-template.ts';
import { secretFields } from '../../core/integration.ts';
import { type CheckedDocument, identityOf } from './check-documents.ts';
import { type Deployed, type DeployedTeam, withSettings } from './deployed.ts';
import { type Difference, differences } from './differences.ts';
import type { Wanted, WantedAutomation, WantedIntegration } from './document.ts';
import type { FileProblem } from './read-documents.ts';

type Thing = WantedAutomation | WantedIntegration;

/** One thing to do so that a deployment is as the documents say. */
export type Step =
  | { act: 'create'; document: Thing }
  | { act: 'change'; document: Thing; id: string; from: Thing; differences: Difference[] }
  | { act: 'delete'; document: Thing; id: string };

export interface Plan {
  /** In the order in which they can be done. */
  steps: Step[];
  unchanged: Thing[];
  /** What is deployed and in no document, where nothing is to be deleted. */
  others: Thing[];
}

/** What has to be done for the documents to hold; what none of them names is deleted only when asked to. */
export function planOf(wanted: Wanted[], teams: DeployedTeam[], { prune = false } = {}): Plan {
  const deployed = teams.flatMap(({ integrations, automations }): Deployed<Thing>[] => [
    ...integrations,
    ...automations,
  ]);
  const byIdentity = new Map(deployed.map((one) => [identityOf(one.document), one]));
  const things = inOrder(wanted.filter((one): one is Thing => one.kind !== 'secret'));
  const named = new Set(things.map(identityOf));
  const others = deployed.filter(({ document }) => !named.has(identityOf(document)));
  const steps = things.flatMap((document) => stepFor(document, byIdentity.get(identityOf(document))));
  const touched = new Set(steps.map(({ document }) => document));
  return {
    steps: prune ? [...steps, ...deletions(others)] : steps,
    unchanged: things.filter((document) => !touched.has(document)),
    others: prune ? [] : others.map(({ document }) => document),
  };
}

/** Integrations first: automations name them. */
const inOrder = (things: Thing[]) => [
  ...things.filter(({ kind }) => kind === 'integration'),
  ...things.filter(({ kind }) => kind === 'automation'),
];

/** Automations first: an integration in use is not deleted. */
function deletions(others: Deployed<Thing>[]): Step[] {
  const steps = others.map(({ id, document }): Step => ({ act: 'delete', document, id }));
  return [
    ...steps.filter(({ document }) => document.kind === 'automation'),
    ...steps.filter(({ document }) => document.kind === 'integration'),
  ];
}

function stepFor(document: Thing, deployed: Deployed<Thing> | undefined): Step[] {
  if (!deployed) return [{ act: 'create', document }];
  const found = differencesOf(deployed.document, document);
  if (found.length === 0) return [];
  return [{ act: 'change', document, id: deployed.id, from: deployed.document, differences: found }];
}

/** How a thing that is deployed differs from what its document says. */
function differencesOf(from: Thing, to: Thing): Difference[] {
  return differences(comparable(from), comparable(to));
}

const comparable = (thing: Thing) => (thing.kind === 'automation' ? withSettings(thing) : thing);

/**
 * What documents name that is not there, and what the server would refuse: found before anything is changed. What stays
 * as it is needs nothing: an automation may have lost its integration or its place in a registry.
 */
export function problemsOf(documents: CheckedDocument[], teams: DeployedTeam[]): FileProblem[] {
  const all = documents.map(({ wanted }) => wanted);
  const unchanged = new Set<Wanted>(planOf(all, teams).unchanged);
  const world = new Map(teams.map((team) => [team.team, worldOf(team, documents, unchanged)]));
  return documents.flatMap(({ wanted, at }) => {
    const around = world.get(wanted.team);
    if (!around) return [];
    return checks[wanted.kind](wanted as never, around).map(({ path, message, hint }) => ({
      at: at(path),
      message: `${path.join('.')}: ${message}`,
      hint,
    }));
  });
}

/** What a team will have once the documents are applied. */
interface World {
  secrets: string[];
  registries: string[];
  integrations: Map<string, WantedIntegration>;
  deployed: Map<string, WantedIntegration>;
  /** The documents that are so already. */
  unchanged: Set<Wanted>;
}

function worldOf(
  { team, secrets, registries, integrations }: DeployedTeam,
  documents: CheckedDocument[],
  unchanged: Set<Wanted>,
): World {
  const deployed = new Map(integrations.map(({ document }) => [document.name, document]));
  const mine = documents.flatMap(({ wanted }) =>
    wanted.kind === 'integration' && wanted.team === team ? [[wanted.name, wanted] as const] : [],
  );
  return { secrets, registries, deployed, unchanged, integrations: new Map([...deployed, ...mine]) };
}

interface Found {
  path: string[];
  message: string;
  hint?: string | undefined;
}

const checks: {
  [Kind in Wanted['kind']]: (wanted: Extract<Wanted, { kind: Kind }>, world: World) => Found[];
} = {
  secret: ({ team, name }, { secrets }) =>
    secrets.includes(name) ? [] : [missingSecret(['name'], team, name)],
  integration: (wanted, { secrets, deployed, unchanged }) =>
    unchanged.has(wanted)
      ? []
      : [
          ...secretFields(wanted)
            .filter(({ name }) => !secrets.includes(name))
            .map(({ field }) => missingSecretOf(field, wanted.team)),
          ...changeOfType(wanted, deployed.get(wanted.name)),
        ],
  automation: (wanted, world) => [
    ...(world.unchanged.has(wanted) ? [] : problemsOfPlace(wanted, world.registries)),
    ...(isSettled(wanted, world) ? [] : problemsOfAction(wanted, world.integrations)),
  ],
};

/** Whether neither the automation changes nor the integration that its payload must fit. */
function isSettled(wanted: WantedAutomation, { unchanged, integrations, deployed }: World): boolean {
  if (!unchanged.has(wanted)) return false;
  const name = 'integration' in wanted.action ? wanted.action.integration : '';
  const integration = integrations.get(name);
  return integration === undefined || unchanged.has(integration) || integration === deployed.get(name);
}

/** The name is not repeated: it may be a value that was pasted in its place. */
function missingSecretOf(field: string, team: string): Found {
  const hint = `give a secret's name, not its value; set it first: signalbox secrets set <name> --team ${team}`;
  return { path: field.split('.'), message: `team ${team} has no secret of this name`, hint };
}

function missingSecret(path: string[], team: string, name: string): Found {
  const message = `team ${team} has no secret ${name}`;
  return { path, message, hint: `set it first: signalbox secrets set ${name} --team ${team}` };
}

function changeOfType({ type }: WantedIntegration, deployed: WantedIntegration | undefined): Found[] {
  if (!deployed || deployed.type === type) return [];
  const message = `it is of the type ${deployed.type}, and a type stays as it is`;
  return [{ path: ['type'], message, hint: 'give the new one another name' }];
}

function problemsOfPlace({ scope, team }: WantedAutomation, registries: string[]): Found[] {
  const registry = 'registry' in scope ? scope.registry : undefined;
  if (registry === undefined || registries.includes(registry)) return [];
  const message = `team ${team} may have no automations in registry ${registry}`;
  const hint = `an org_admin lets it: signalbox registries grant ${registry} ${team} member`;
  return [{ path: ['scope', 'registry'], message, hint }];
}

function problemsOfAction({ action, team }: WantedAutomation, integrations: World['integrations']): Found[] {
  if (action.type === 'no_op') return [];
  const path = ['action', 'integration'];
  const integration = integrations.get(action.integration);
  if (!integration) {
    const names = [...integrations.keys()].join(', ');
    const hint = names ? `it has ${names}` : 'add a document of the kind integration';
    return [{ path, message: `team ${team} has no integration ${action.integration}`, hint }];
  }
  if (integration.type !== action.type) {
    return [
      {
        path,
        message: `${action.integration} is of the type ${integration.type}, and the action of ${action.type}`,
      },
    ];
  }
  const problem = checkTemplate(action, integration);
  return problem
    ? [{ path: ['action', ...(problem.field ?? '').split('.')], message: problem.detail, hint: problem.hint }]
    : [];
}
