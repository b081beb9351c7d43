import { z } from 'zod';
import { derivedId, randomId } from './id.ts';
import { Label, MetricName, Name, TeamName } from './name.ts';
import { detailsOfZod, Problem } from './problem.ts';

const REGISTRY_PROJECT = 'wandb-registry-';

/** A metric's value; JSON has no NaN or infinity, so these three travel as words (see parseJson). */
const MetricValue = z.union(
  [
    z.number(),
    z.enum(['NaN', 'Infinity', '-Infinity']),
    // JSON.parse reads 1e400 as Infinity, which JSON.stringify would write as null.
    z.literal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]).transform(infinityAsWord),
  ],
  'must be a number, or "NaN", "Infinity" or "-Infinity"',
);
export type MetricValue = z.infer<typeof MetricValue>;

// Room above, so that the steps that follow one are exact numbers as well.
const Step = z
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(2 ** 52, 'must not be above 2 to the power of 52');
const Time = z.iso.datetime({
  offset: true,
  error: 'must be an ISO 8601 time with a zone, such as 2026-11-23T12:00:00Z',
});
const Attributes = z.record(z.string(), z.json());

const common = {
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters without spaces')
    .optional(),
  time: Time.optional(),
  team: TeamName,
  project: Name.optional(),
  registry: Name.optional(),
  user: Label.optional(),
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
};

const artifact = {
  ...common,
  collection: z.strictObject({ name: Name, type: Label.optional() }),
  version: z.string().min(1).max(64),
  index: z.int().min(0).optional(),
  aliases: z.array(Label).max(1000).default([]),
  tags: z.array(Label).max(1000).default([]),
  metadata: Attributes.default({}),
};

const Run = z.strictObject({
  id: Name,
  name: Label.optional(),
  user: Label.optional(),
  tags: z.array(Label).max(1000).optional(),
  config: Attributes.optional(),
  /** Counts restarts of the same run; a newer attempt replaces what came later than its first step. */
  attempt: z.int().min(0).optional(),
  url: common.url,
});

const Point = z.strictObject({
  step: Step.optional(),
  time: Time.optional(),
  metrics: z.record(MetricName, MetricValue),
});
export type Point = z.infer<typeof Point>;

const eventSchemas = {
  'artifact.linked': z.strictObject({ type: z.literal('artifact.linked'), ...artifact }),
  'artifact.alias_added': z.strictObject({
    type: z.literal('artifact.alias_added'),
    ...artifact,
    alias: Label,
  }),
  'run.metrics': z.strictObject({
    type: z.literal('run.metrics'),
    ...common,
    run: Run,
    points: z.array(Point).min(1, 'must hold at least one point'),
  }),
};

export type EventType = keyof typeof eventSchemas;

type Parsed<Type extends EventType> = z.output<(typeof eventSchemas)[Type]> & { id: string };
export type ArtifactEvent = Parsed<'artifact.linked'> | Parsed<'artifact.alias_added'>;
export type RunMetricsEvent = Parsed<'run.metrics'>;
export type SignalboxEvent = ArtifactEvent | RunMetricsEvent;

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

type ParsedShape = z.output<(typeof eventSchemas)[EventType]>;

function parseShape(input: unknown): ParsedShape {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new Problem({ code: 'invalid_input', detail: 'an event is a JSON object' });
  }
  const type = (input as { type?: unknown }).type;
  if (type === undefined) {
    throw new Problem({ code: 'invalid_input', field: 'type', detail: 'type is missing', hint: knownTypes });
  }
  if (typeof type !== 'string' || !Object.hasOwn(eventSchemas, type)) {
    throw new Problem({
      code: 'unknown_event_type',
      field: 'type',
      detail: `there is no event type ${shortened(JSON.stringify(type))}`,
      hint: knownTypes,
    });
  }
  const result = eventSchemas[type as EventType].safeParse(input);
  if (result.success) return result.data;
  throw new Problem(detailsOfZod(result.error));
}

/** What a user sent goes into an answer and a log only in part. */
const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

const knownTypes = `the event types are ${Object.keys(eventSchemas).join(', ')}`;

/** On W&B's wire a registry is a project with a prefix; here it has a field of its own. */
function inRegistry(event: ParsedShape): ParsedShape {
  if (event.registry !== undefined || !event.project?.startsWith(REGISTRY_PROJECT)) return event;
  const { project, ...rest } = event;
  const registry = Name.safeParse(project.slice(REGISTRY_PROJECT.length));
  if (!registry.success) throw new Problem(detailsOfZod(registry.error, ['project']));
  return { ...rest, registry: registry.data } as ParsedShape;
}

function checkPlace(event: ParsedShape): ParsedShape {
  const places = [event.project, event.registry].filter((place) => place !== undefined);
  const takesRegistry = event.type !== 'run.metrics';
  if (places.length === 1 && (takesRegistry || event.project !== undefined)) return event;
  throw new Problem({
    code: 'invalid_input',
    field: event.registry === undefined ? 'project' : 'registry',
    detail:
      places.length > 1 ? 'project and registry exclude each other' : 'the place of the event is missing',
    hint: takesRegistry ? 'give either project or registry' : 'a run is in a project: give project',
  });
}

function tellsOccurrencesApart(event: ParsedShape): boolean {
  if (event.type === 'run.metrics') return event.points.every((point) => point.step !== undefined);
  return event.id !== undefined || event.time !== undefined;
}

function infinityAsWord(value: number): 'Infinity' | '-Infinity' {
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** A metric's value as a number. */
export function toNumber(value: MetricValue): number {
  return typeof value === 'number' ? value : Number(value);
}
