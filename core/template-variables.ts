import { describeCondition, describeConditionShortly, describeStatus } from './condition-text.ts';
import type { Facts } from './delivery.ts';
import type { ArtifactEvent } from './event.ts';
import type { OpenedEvent } from './event-message.ts';
import type { JsonValue } from './json.ts';
import type { Place } from './scope.ts';
import type { Condition } from './trigger.ts';

/** What a firing knows when its facts are written down. */
export interface FiringContext {
  automation: { id: string; name: string };
  deliveryId: string;
  receivedAtMs: number;
  event: OpenedEvent;
  metric?: {
    name: string;
    value: number;
    window: number[];
    step: number;
    condition: Condition;
    /** The point's own time. */
    time?: string;
  };
}

type Variable = (context: FiringContext) => JsonValue | undefined;

/** W&B's own names for events, and for those that it does not have, names of the same form. Custom events keep theirs. */
const wandbEventTypes: Record<string, string> = {
  'artifact.created': 'CREATE_ARTIFACT',
  'artifact.linked': 'LINK_ARTIFACT',
  'artifact.unlinked': 'UNLINK_ARTIFACT',
  'artifact.alias_added': 'ADD_ARTIFACT_ALIAS',
  'artifact.alias_removed': 'REMOVE_ARTIFACT_ALIAS',
  'artifact.tag_added': 'ADD_ARTIFACT_TAG',
  'artifact.tag_removed': 'REMOVE_ARTIFACT_TAG',
  'collection.tag_added': 'ADD_COLLECTION_TAG',
  'collection.tag_removed': 'REMOVE_COLLECTION_TAG',
  'run.state': 'RUN_STATE',
};

const wandbConditions: Record<Condition['kind'], string> = {
  threshold: 'RUN_METRIC',
  change: 'RUN_METRIC_CHANGE',
  zscore: 'RUN_METRIC_ZSCORE',
  not_finite: 'RUN_METRIC_NOT_FINITE',
};

function wandbEventType({ event, metric }: FiringContext): string {
  return metric ? wandbConditions[metric.condition.kind] : (wandbEventTypes[event.type] ?? event.type);
}

/** The newest values of a window that go into `metric_values`; a firing stays small whatever its window (our choice). */
const MAX_METRIC_VALUES = 100;

/** What the values at a payload's paths may take together in a delivery (our choice). */
const MAX_PATH_BYTES = 32_768;
const TOO_LARGE = '[too large]';

const artifactOf = ({ event }: FiringContext) => ('version' in event ? event : undefined);
const collectionOf = ({ event }: FiringContext) => ('collection' in event ? event.collection : undefined);
const runOf = ({ event }: FiringContext) => ('run' in event ? event.run : undefined);

/** JSON has no NaN and no infinity. */
const asJson = (value: number) => (Number.isFinite(value) ? value : String(value));

/** Every variable that takes no path. The first group is W&B's, the second ours. */
const variables: Record<string, Variable> = {
  automation_name: ({ automation }) => automation.name,
  event_type: wandbEventType,
  event_author: (context) => context.event.user ?? runOf(context)?.user,
  entity_name: ({ event }) => event.team,
  project_name: ({ event }) => event.project ?? registryProject(event),
  artifact_collection_name: (context) => collectionOf(context)?.name,
  artifact_version: (context) => artifactOf(context)?.version,
  artifact_version_string: (context) => versionString(artifactOf(context)),
  artifact_version_index: (context) => artifactOf(context)?.index,
  alias: ({ event }) => ('alias' in event ? event.alias : undefined),
  tag: ({ event }) => ('tag' in event ? event.tag : undefined),
  run_name: (context) => runOf(context)?.name ?? runOf(context)?.id,
  run_status: ({ event }) => (event.type === 'run.state' ? event.state : undefined),
  metric_name: ({ metric }) => metric?.name,
  metric_values: ({ metric }) => metric?.window.slice(-MAX_METRIC_VALUES).map(asJson),
  metric_filter: ({ metric }) => metric && describeCondition(metric.condition),
  metric_filter_short: ({ metric }) => metric && describeConditionShortly(metric.condition),
  metric_current_status: ({ metric }) =>
    metric && describeStatus(metric.condition, metric.value, metric.step),

  metric_value: ({ metric }) => metric && asJson(metric.value),
  step: ({ metric }) => metric?.step,
  run_id: (context) => runOf(context)?.id,
  run_url: (context) => runOf(context)?.url ?? (runOf(context) && context.event.url),
  registry_name: ({ event }) => event.registry,
  event_id: ({ event }) => event.id,
  event_url: ({ event }) => event.url,
  delivery_id: (context) => context.deliveryId,
  automation_id: ({ automation }) => automation.id,
  time: ({ event, metric, receivedAtMs }) =>
    metric?.time ?? event.time ?? new Date(receivedAtMs).toISOString(),
};

/** The variables that take a path into what the user sent, at any depth; without a path they are all of it. */
const pathVariables: Record<string, Variable> = {
  artifact_metadata: (context) => artifactOf(context)?.metadata,
  run_config: (context) => runOf(context)?.config,
  data: ({ event }) => ('data' in event ? event.data : undefined),
};

/** Whether a template may name this variable. Secrets are known by what the integration grants, not here. */
export function isTemplateVariable(name: string): boolean {
  return Object.hasOwn(variables, name) || splitPath(name) !== undefined;
}

/** Every variable without a path: the names a near miss is compared with. */
export const templateVariableNames: readonly string[] = [
  ...Object.keys(variables),
  ...Object.keys(pathVariables),
];

/** All facts of a firing, and beside them the values at the paths that its template names. */
export function factsOf(context: FiringContext, template: JsonValue | undefined): Facts {
  const facts: Facts = {};
  for (const [name, variable] of Object.entries(variables)) {
    const value = variable(context);
    if (value !== undefined) facts[name] = value;
  }
  return { ...facts, ...pathFacts(context, template ?? null) };
}

/** A template may name one large value many times over; what does not fit says so instead of its value. */
function pathFacts(context: FiringContext, template: JsonValue): Facts {
  const facts: Facts = {};
  let room = MAX_PATH_BYTES;
  for (const name of variablesIn(template)) {
    const value = valueAtPath(context, name);
    if (value === undefined) continue;
    const bytes = Buffer.byteLength(JSON.stringify(value));
    const fits = bytes <= room;
    facts[name] = fits ? value : TOO_LARGE;
    if (fits) room -= bytes;
  }
  return facts;
}

/** The names of the variables in a template that was checked when it was saved. */
export function variablesIn(template: JsonValue): Set<string> {
  const named = JSON.stringify(template).matchAll(/\$\{([^{}:$]+)(?::json)?\}/g);
  return new Set([...named].map((match) => match[1] ?? ''));
}

function valueAtPath(context: FiringContext, name: string): JsonValue | undefined {
  const split = splitPath(name);
  let value = split?.root(context);
  for (const part of split?.path ?? []) {
    if (typeof value !== 'object' || value === null || !isMember(value, part)) return undefined;
    value = (value as { [key: string]: JsonValue })[part];
  }
  return value;
}

/** A list has elements, and no length. */
const isMember = (value: object, name: string) =>
  Object.hasOwn(value, name) && !(Array.isArray(value) && name === 'length');

function splitPath(name: string): { root: Variable; path: string[] } | undefined {
  const [rootName = '', ...path] = name.split('.');
  const root = Object.hasOwn(pathVariables, rootName) ? pathVariables[rootName] : undefined;
  return root && path.every((part) => part !== '') ? { root, path } : undefined;
}

function registryProject(place: Pick<Place, 'registry'>): string | undefined {
  return place.registry && `wandb-registry-${place.registry}`;
}

/** W&B's `<entity>/<project>/<collection>:<version>`. */
function versionString(event: ArtifactEvent | undefined): string | undefined {
  return (
    event &&
    `${event.team}/${event.project ?? registryProject(event)}/${event.collection.name}:${event.version}`
  );
}
