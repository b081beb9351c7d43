import type * as z from 'zod';
import { type EventType, eventSchema, eventTypes, type SignalboxEvent } from './event.ts';
import { derivedId, randomId } from './id.ts';
import { isObject } from './json.ts';
import { Name } from './name.ts';
import { detailsOfZod, Problem } from './problem.ts';
import { registryOf } from './scope.ts';

export interface ReceivedEvent {
  event: SignalboxEvent;
  /** False when a repeat could not be told from something new: points without steps, or else no id and no time. */
  deduplicated: boolean;
}

/**
 * Checks one event as a client sent it and gives it its id: the client's, else a hash of the content when
 * that tells occurrences apart (for metrics a step in every point, for others a time), else a random one.
 * Throws a Problem that names the field.
 */
export function parseEvent(input: unknown, newId: () => string = () => randomId('evt')): ReceivedEvent {
  const event = inItsPlace(parseShape(input));
  const deduplicated = tellsOccurrencesApart(event);
  if (event.id !== undefined) return { event: event as SignalboxEvent, deduplicated };
  const id = deduplicated ? derivedId('evt', JSON.stringify(event)) : newId();
  return { event: { ...event, id } as SignalboxEvent, deduplicated };
}

type ParsedShape = z.output<NonNullable<ReturnType<typeof eventSchema>>>;

function parseShape(input: unknown): ParsedShape {
  if (!isObject(input)) {
    throw new Problem({ code: 'invalid_input', detail: 'an event is a JSON object', hint: FORMS });
  }
  const { type } = input;
  if (type === undefined) {
    throw new Problem({ code: 'invalid_input', field: 'type', detail: 'type is missing', hint: KNOWN_TYPES });
  }
  const schema = typeof type === 'string' ? eventSchema(type) : undefined;
  if (!schema) throw unknownType(type);
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw refusal(result.error);
}

const FORMS = 'send one event, an array of events, or one event a line (NDJSON)';
const KNOWN_TYPES = `the event types are ${eventTypes.join(', ')} and custom.<name>`;

/** What a user sent goes into an answer and a log only in part; a name may be as long as the request. */
const shortened = (text: string) => (text.length > 300 ? `${text.slice(0, 299)}…` : text);

function refusal(error: z.ZodError, path: string[] = []): Problem {
  const { field, hint, ...details } = detailsOfZod(error, path);
  if (field === undefined) return new Problem({ ...details, ...(hint !== undefined && { hint }) });
  const short = shortened(field);
  return new Problem({
    ...details,
    field: short,
    ...(hint !== undefined && { hint: hint.replace(field, () => short) }),
  });
}

function unknownType(type: unknown): Problem {
  return new Problem({
    code: 'unknown_event_type',
    field: 'type',
    detail: `there is no event type ${shortened(JSON.stringify(type))}`,
    hint: hintFor(type),
  });
}

/** How W&B calls what our event types are: in automations, and on its wire. */
const ofWandb: Record<string, EventType> = {
  CREATE_ARTIFACT: 'artifact.created',
  LINK_ARTIFACT: 'artifact.linked',
  LINK_MODEL: 'artifact.linked',
  UNLINK_ARTIFACT: 'artifact.unlinked',
  ADD_ARTIFACT_ALIAS: 'artifact.alias_added',
  UPDATE_ARTIFACT_ALIAS: 'artifact.alias_added',
  ADD_ARTIFACT_TAG: 'artifact.tag_added',
  REMOVE_ARTIFACT_TAG: 'artifact.tag_removed',
  ADD_COLLECTION_TAG: 'collection.tag_added',
  REMOVE_COLLECTION_TAG: 'collection.tag_removed',
  RUN_METRIC: 'run.metrics',
  RUN_METRIC_CHANGE: 'run.metrics',
  RUN_METRIC_ZSCORE: 'run.metrics',
  RUN_STATE: 'run.state',
};

function hintFor(type: unknown): string {
  if (typeof type !== 'string') return KNOWN_TYPES;
  if (type.startsWith('custom.')) {
    return 'after "custom." come 1 to 64 letters, digits, _, . or -, beginning with a letter or digit';
  }
  if (Object.hasOwn(ofWandb, type.toUpperCase())) {
    return `W&B's ${type.toUpperCase()} is ${ofWandb[type.toUpperCase()]} here`;
  }
  return KNOWN_TYPES;
}

/** On W&B's wire a registry is a project with a prefix; here it has a field of its own. */
function inItsPlace(event: ParsedShape): ParsedShape {
  const { project } = event;
  const named = registryOf(project);
  if (event.registry !== undefined || named === undefined) {
    return checkPlace(event, event.registry === undefined ? 'project' : 'registry');
  }
  const registry = Name.safeParse(named);
  if (!registry.success) throw refusal(registry.error, ['project']);
  const { project: _project, ...rest } = event;
  return checkPlace({ ...rest, registry: registry.data } as ParsedShape, 'project');
}

/** Which places an event may have: a project, a registry, either of them, or (custom events) also neither. */
function placesOf(type: EventType): { project: boolean; registry: boolean; none: boolean; hint: string } {
  if (type.startsWith('custom.')) {
    const hint = 'give project, registry, or neither of them for an event of the whole team';
    return { project: true, registry: true, none: true, hint };
  }
  if (type.startsWith('run.')) {
    return { project: true, registry: false, none: false, hint: 'a run is in a project: give project' };
  }
  if (type === 'artifact.created') {
    const hint = 'give the project that it was created in; for a registry send artifact.linked';
    return { project: true, registry: false, none: false, hint };
  }
  return { project: true, registry: true, none: false, hint: 'give either project or registry' };
}

function checkPlace(event: ParsedShape, field: 'project' | 'registry'): ParsedShape {
  const { hint, ...allowed } = placesOf(event.type);
  const place = placeOf(event);
  if (place !== 'both' && allowed[place]) return event;
  throw new Problem({ code: 'invalid_input', field, detail: wrongPlaces[place], hint });
}

const placeOf = ({ project, registry }: ParsedShape) => {
  if (project === undefined) return registry === undefined ? 'none' : 'registry';
  return registry === undefined ? 'project' : 'both';
};

const wrongPlaces = {
  none: 'the place of the event is missing',
  both: 'project and registry exclude each other',
  registry: 'such events do not happen in a registry',
  project: 'such events do not happen in a project',
};

function tellsOccurrencesApart(event: ParsedShape): boolean {
  if (event.type === 'run.metrics') return event.points.every((point) => point.step !== undefined);
  return event.id !== undefined || event.time !== undefined;
}
