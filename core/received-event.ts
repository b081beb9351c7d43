import type { z } from 'zod';
import { type EventType, eventSchema, eventTypes, type SignalboxEvent } from './event.ts';
import { derivedId, randomId } from './id.ts';
import { Name } from './name.ts';
import { detailsOfZod, Problem } from './problem.ts';

const REGISTRY_PROJECT = 'wandb-registry-';

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
  const event = checkPlace(inRegistry(parseShape(input)));
  const deduplicated = tellsOccurrencesApart(event);
  if (event.id !== undefined) return { event: event as SignalboxEvent, deduplicated };
  const id = deduplicated ? derivedId('evt', JSON.stringify(event)) : newId();
  return { event: { ...event, id } as SignalboxEvent, deduplicated };
}

type ParsedShape = z.output<NonNullable<ReturnType<typeof eventSchema>>>;

function parseShape(input: unknown): ParsedShape {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new Problem({ code: 'invalid_input', detail: 'an event is a JSON object' });
  }
  const type = (input as { type?: unknown }).type;
  if (type === undefined) {
    throw new Problem({ code: 'invalid_input', field: 'type', detail: 'type is missing', hint: knownTypes });
  }
  const schema = typeof type === 'string' ? eventSchema(type) : undefined;
  if (!schema) {
    throw new Problem({
      code: 'unknown_event_type',
      field: 'type',
      detail: `there is no event type ${shortened(JSON.stringify(type))}`,
      hint: knownTypes,
    });
  }
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new Problem(detailsOfZod(result.error));
}

/** What a user sent goes into an answer and a log only in part. */
const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

const knownTypes = `the event types are ${eventTypes.join(', ')} and custom.<name>`;

/** On W&B's wire a registry is a project with a prefix; here it has a field of its own. */
function inRegistry(event: ParsedShape): ParsedShape {
  if (event.registry !== undefined || !event.project?.startsWith(REGISTRY_PROJECT)) return event;
  const { project, ...rest } = event;
  const registry = Name.safeParse(project.slice(REGISTRY_PROJECT.length));
  if (!registry.success) throw new Problem(detailsOfZod(registry.error, ['project']));
  return { ...rest, registry: registry.data } as ParsedShape;
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
    const hint = 'a version is created in a project, and linked into a registry: give project';
    return { project: true, registry: false, none: false, hint };
  }
  return { project: true, registry: true, none: false, hint: 'give either project or registry' };
}

function checkPlace(event: ParsedShape): ParsedShape {
  const { hint, ...allowed } = placesOf(event.type);
  const place = placeOf(event);
  if (place !== 'both' && allowed[place]) return event;
  const field = event.registry === undefined ? 'project' : 'registry';
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
