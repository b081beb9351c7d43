import type { Facts } from './delivery.ts';
import type { ArtifactEvent, RunMetricsEvent } from './event.ts';
import type { JsonValue } from './json.ts';
import type { Place } from './scope.ts';

/** What a firing knows when its facts are written down. */
export interface FiringContext {
  automation: { id: string; name: string };
  deliveryId: string;
  receivedAtMs: number;
  event: ArtifactEvent | RunMetricsEvent;
  metric?: { name: string; value: number; window: number[]; step: number; condition: string };
}

type Variable = (context: FiringContext) => JsonValue | undefined;

/** W&B's own names for events, where they differ in form from ours. */
const wandbEventTypes: Record<string, string> = {
  'artifact.linked': 'LINK_ARTIFACT',
  'artifact.alias_added': 'ADD_ARTIFACT_ALIAS',
  'run.metrics': 'RUN_METRIC',
};

/** The newest values of a window that go into `metric_values`; a firing stays small whatever its window (our choice). */
const MAX_METRIC_VALUES = 100;

/** What the values at a payload's paths may take together in a delivery (our choice). */
const MAX_PATH_BYTES = 32_768;
const TOO_LARGE = '[too large]';

const artifactOf = ({ event }: FiringContext) => (event.type === 'run.metrics' ? undefined : event);
const runOf = ({ event }: FiringContext) => (event.type === 'run.metrics' ? event.run : undefined);

/** Every variable that takes no path. The first group is W&B's, the second ours. */
const variables: Record<string, Variable> = {
  automation_name: ({ automation }) => automation.name,
  event_type: ({ event }) => wandbEventTypes[event.type],
  event_author: ({ event }) => event.user,
  entity_name: ({ event }) => event.team,
  project_name: ({ event }) => event.project ?? registryProject(event),
  artifact_collection_name: (context) => artifactOf(context)?.collection.name,
  artifact_version: (context) => artifactOf(context)?.version,
  artifact_version_string: (context) => versionString(artifactOf(context)),
  artifact_version_index: (context) => artifactOf(context)?.index,
  alias: ({ event }) => (event.type === 'artifact.alias_added' ? event.alias : undefined),
  // No event of this release adds a tag; W&B's rule: a variable that does not apply is an empty string.
  tag: () => undefined,
  run_name: (context) => runOf(context)?.name ?? runOf(context)?.id,
  run_status: () => undefined,
  metric_name: ({ metric }) => metric?.name,
  metric_values: ({ metric }) => metric?.window.slice(-MAX_METRIC_VALUES),
  metric_filter: ({ metric }) => metric?.condition,
  metric_filter_short: ({ metric }) => metric?.condition,
  metric_current_status: ({ metric }) => metric && `${metric.name} is ${metric.value} at step ${metric.step}`,

  metric_value: ({ metric }) => metric?.value,
  step: ({ metric }) => metric?.step,
  run_id: (context) => runOf(context)?.id,
  run_url: (context) => runOf(context)?.url ?? (runOf(context) && context.event.url),
  registry_name: ({ event }) => event.registry,
  event_id: ({ event }) => event.id,
  delivery_id: (context) => context.deliveryId,
  automation_id: ({ automation }) => automation.id,
  time: ({ event, receivedAtMs }) => event.time ?? new Date(receivedAtMs).toISOString(),
};

/** Roots of the variables that take a path into what the user sent, at any depth. */
const pathVariables: Record<string, Variable> = {
  artifact_metadata: (context) => artifactOf(context)?.metadata,
  run_config: (context) => runOf(context)?.config,
};

/** Whether a template may name this variable. Secrets are known by what the integration grants, not here. */
export function isTemplateVariable(name: string): boolean {
  return Object.hasOwn(variables, name) || splitPath(name) !== undefined;
}

/** The names a near miss is compared with. */
export const templateVariableNames: readonly string[] = Object.keys(variables);

/** All facts of a firing, and beside them the values at the paths that its payload names. */
export function factsOf(context: FiringContext, payload: JsonValue | undefined): Facts {
  const facts: Facts = {};
  for (const [name, variable] of Object.entries(variables)) {
    const value = variable(context);
    if (value !== undefined) facts[name] = value;
  }
  let room = MAX_PATH_BYTES;
  for (const name of pathsIn(payload)) {
    const value = valueAtPath(context, name);
    const bytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
    // A template may name one large value many times over; what does not fit says so instead of its value.
    if (bytes > room) facts[name] = TOO_LARGE;
    else if (value !== undefined) facts[name] = value;
    room -= Math.min(bytes, room);
  }
  return facts;
}

function pathsIn(payload: JsonValue | undefined): string[] {
  const named = JSON.stringify(payload ?? null).matchAll(/\$\{([^}:]+)/g);
  return [...new Set([...named].map((match) => match[1] ?? ''))].filter((name) => splitPath(name));
}

function valueAtPath(context: FiringContext, name: string): JsonValue | undefined {
  const split = splitPath(name);
  let value = split?.root(context);
  for (const part of split?.path ?? []) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, part) ? (value as { [key: string]: JsonValue })[part] : undefined;
  }
  return value;
}

function splitPath(name: string): { root: Variable; path: string[] } | undefined {
  const [rootName = '', ...path] = name.split('.');
  const root = Object.hasOwn(pathVariables, rootName) ? pathVariables[rootName] : undefined;
  return root && path.length > 0 && path.every((part) => part !== '') ? { root, path } : undefined;
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
