import { z } from 'zod';
import { Label, MetricName, Name, TeamName } from './name.ts';

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

/** The places of artifacts: exactly one of project and registry (see checkPlace). */
const collection = { ...common, collection: z.strictObject({ name: Name, type: Label.optional() }) };

const artifact = {
  ...collection,
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
  /** Counts restarts of the same run; a newer attempt replaces what came later than its lowest step. */
  attempt: z.int().min(0).optional(),
  url: common.url,
});
export type Run = z.infer<typeof Run>;

/** W&B's states of a run, and those that it does not let automations name. */
export const RunState = z.enum([
  'PENDING',
  'RUNNING',
  'FINISHED',
  'FAILED',
  'CRASHED',
  'KILLED',
  'PREEMPTED',
]);
export type RunState = z.infer<typeof RunState>;

const Point = z.strictObject({
  step: Step.optional(),
  time: Time.optional(),
  metrics: z.record(MetricName, MetricValue),
});
export type Point = z.infer<typeof Point>;

const eventSchemas = {
  'artifact.created': z.strictObject({ type: z.literal('artifact.created'), ...artifact }),
  'artifact.linked': z.strictObject({ type: z.literal('artifact.linked'), ...artifact }),
  'artifact.unlinked': z.strictObject({ type: z.literal('artifact.unlinked'), ...artifact }),
  'artifact.alias_added': z.strictObject({
    type: z.literal('artifact.alias_added'),
    ...artifact,
    alias: Label,
  }),
  'artifact.alias_removed': z.strictObject({
    type: z.literal('artifact.alias_removed'),
    ...artifact,
    alias: Label,
  }),
  'artifact.tag_added': z.strictObject({ type: z.literal('artifact.tag_added'), ...artifact, tag: Label }),
  'artifact.tag_removed': z.strictObject({
    type: z.literal('artifact.tag_removed'),
    ...artifact,
    tag: Label,
  }),
  'collection.tag_added': z.strictObject({
    type: z.literal('collection.tag_added'),
    ...collection,
    tag: Label,
  }),
  'collection.tag_removed': z.strictObject({
    type: z.literal('collection.tag_removed'),
    ...collection,
    tag: Label,
  }),
  'run.metrics': z.strictObject({
    type: z.literal('run.metrics'),
    ...common,
    run: Run,
    points: z.array(Point).min(1, 'must hold at least one point'),
  }),
  'run.state': z.strictObject({
    type: z.literal('run.state'),
    ...common,
    run: Run,
    state: RunState,
    /** A resume from a checkpoint: values at later steps are forgotten. */
    rewind_to: Step.optional(),
  }),
  'run.heartbeat': z.strictObject({
    type: z.literal('run.heartbeat'),
    ...common,
    run: Run,
    /** Seconds between two heartbeats. */
    interval: z.number().min(1).max(86_400),
  }),
};

/** Names of a team's own event types, beside the ones above. */
export const CustomEventType = z.templateLiteral([
  'custom.',
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
]);
export type CustomEventType = z.infer<typeof CustomEventType>;

const CustomEvent = z.strictObject({ type: CustomEventType, ...common, data: z.json().default(null) });

export type EventType = keyof typeof eventSchemas | CustomEventType;

/** The event types by name; beside them there are custom ones. */
export const eventTypes = Object.keys(eventSchemas) as (keyof typeof eventSchemas)[];

/** The schema of an event type, undefined for a type that does not exist. */
export function eventSchema(type: string) {
  if (Object.hasOwn(eventSchemas, type)) return eventSchemas[type as keyof typeof eventSchemas];
  return CustomEventType.safeParse(type).success ? CustomEvent : undefined;
}

type Parsed<Type extends keyof typeof eventSchemas> = z.output<(typeof eventSchemas)[Type]> & { id: string };
type OneOf<Type extends keyof typeof eventSchemas> = { [Each in Type]: Parsed<Each> }[Type];

export type ArtifactEvent = OneOf<Extract<keyof typeof eventSchemas, `artifact.${string}`>>;
export type CollectionEvent = OneOf<Extract<keyof typeof eventSchemas, `collection.${string}`>>;
export type RunMetricsEvent = Parsed<'run.metrics'>;
export type RunStateEvent = Parsed<'run.state'>;
export type RunHeartbeatEvent = Parsed<'run.heartbeat'>;
export type RunEvent = RunMetricsEvent | RunStateEvent | RunHeartbeatEvent;
export type CustomEvent = z.output<typeof CustomEvent> & { id: string };
export type SignalboxEvent = ArtifactEvent | CollectionEvent | RunEvent | CustomEvent;

/** Whether an event is about a run; its kind is the first part of its type. */
export function isRunEvent(event: SignalboxEvent): event is RunEvent {
  return event.type.startsWith('run.');
}

function infinityAsWord(value: number): 'Infinity' | '-Infinity' {
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** A metric's value as a number. */
export function toNumber(value: MetricValue): number {
  return typeof value === 'number' ? value : Number(value);
}
