import * as z from 'zod';
import { faultOfKey, findJsonFault, isObject, type JsonValue } from './json.ts';
import { Label, MetricName, Moment, Name, TeamName } from './name.ts';

/** A metric's value; JSON has no NaN or infinity, so these three travel as words (see parseJson). */
export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';

/** The metrics of a point, checked by hand: there may be tens of thousands, and z.record takes twice as long (and drops __proto__). */
const Metrics = z
  .unknown()
  .meta({
    type: 'object',
    additionalProperties: { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] },
  })
  .transform((input, context): Record<string, MetricValue> => {
    const fault = faultOfMetrics(input);
    if (!fault) return withInfinitiesAsWords(input as Record<string, MetricValue>);
    context.issues.push({ code: 'custom', input, ...fault });
    return z.NEVER;
  });

function faultOfMetrics(input: unknown): { path: string[]; message: string } | undefined {
  if (!isObject(input)) return { path: [], message: 'must be an object of metric names and numbers' };
  for (const name of Object.keys(input)) {
    const fault = faultOfMetricName(name) ?? faultOfValue(input[name]);
    if (fault !== undefined) return { path: [name], message: fault };
  }
  return undefined;
}

const faultOfMetricName = (name: string) => faultOfKey(name) ?? faultOfLength(name);
const faultOfLength = (name: string) =>
  name.length > 0 && name.length <= 256 ? undefined : MetricName.safeParse(name).error?.issues[0]?.message;

function faultOfValue(value: unknown): string | undefined {
  if (typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity') return;
  return 'must be a number, or "NaN", "Infinity" or "-Infinity"';
}

/** JSON.parse reads 1e400 as Infinity, which JSON.stringify would write as null. */
function withInfinitiesAsWords(metrics: Record<string, MetricValue>): Record<string, MetricValue> {
  const infinite = Object.keys(metrics).filter((name) => Math.abs(metrics[name] as number) === Infinity);
  if (infinite.length === 0) return metrics;
  const words = infinite.map((name) => [name, String(metrics[name])] as [string, MetricValue]);
  return { ...metrics, ...Object.fromEntries(words) };
}

/** Any JSON, as long as nothing behind us would lose a part of it. */
const Json = z.unknown().check(refuseFaults) as z.ZodType<JsonValue>;
const Attributes = z
  .unknown()
  .meta({ type: 'object' })
  .check((context) => {
    if (isObject(context.value)) refuseFaults(context);
    else context.issues.push({ code: 'custom', message: 'must be an object', input: context.value });
  }) as z.ZodType<Record<string, JsonValue>>;

function refuseFaults({ value, issues }: z.core.ParsePayload<unknown>): void {
  const fault = findJsonFault(value);
  if (fault) issues.push({ code: 'custom', path: fault.path, message: fault.detail, input: value });
}

// Room above, so that the steps that follow one are exact numbers as well.
const MAX_STEP = 2 ** 52;
const Step = z
  .number('must be a whole number')
  .max(MAX_STEP, 'must not be above 2 to the power of 52')
  .min(0, 'must not be negative')
  .int('must be a whole number');
const Count = z.int('must be a whole number below 2 to the power of 53').min(0, 'must not be negative');

const common = {
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters without spaces')
    .optional(),
  time: Moment.optional(),
  team: TeamName,
  project: Name.optional(),
  registry: Name.optional(),
  user: Label.optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .max(2048, 'is longer than 2048 characters')
    .refine((url) => url.isWellFormed(), 'holds half a surrogate pair: send valid Unicode')
    .optional(),
};

/** The places of artifacts: exactly one of project and registry (see checkPlace). */
const collection = { ...common, collection: z.strictObject({ name: Name, type: Label.optional() }) };

const artifact = {
  ...collection,
  version: Label.max(64, 'is longer than 64 characters'),
  index: Count.optional(),
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
  attempt: Count.optional(),
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

/** The wandb SDK writes states in lower case. */
const ReportedState = z
  .string()
  .toUpperCase()
  .pipe(z.enum(RunState.enum, `must be one of ${RunState.options.join(', ')}`));

const Point = z.strictObject({
  step: Step.optional(),
  time: Moment.optional(),
  metrics: Metrics,
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
    state: ReportedState,
    /** A resume from a checkpoint: values at later steps are forgotten. */
    rewind_to: Step.optional(),
  }),
  'run.heartbeat': z.strictObject({
    type: z.literal('run.heartbeat'),
    ...common,
    run: Run,
    /** Seconds between two heartbeats. */
    interval: z
      .number({ error: ({ input }) => (input === undefined ? undefined : 'must be a number of seconds') })
      .min(1, 'must be at least 1 second')
      .max(86_400, 'must be at most 86400 seconds, which is a day'),
  }),
};

/** Names of a team's own event types, beside the ones above. */
export const CustomEventType = z.templateLiteral(
  ['custom.', z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)],
  { error: () => noSuchEvent() },
);
export type CustomEventType = z.infer<typeof CustomEventType>;

const CustomEvent = z.strictObject({ type: CustomEventType, ...common, data: Json.default(null) });

export type EventType = keyof typeof eventSchemas | CustomEventType;

/** The event types by name; beside them there are custom ones. */
export const eventTypes = Object.keys(eventSchemas) as (keyof typeof eventSchemas)[];

/** Heartbeats are only signs of life. */
const watchable = () => eventTypes.filter((type) => type !== 'run.heartbeat');

const noSuchEvent = () =>
  `there is no such event to watch: there are ${watchable().join(', ')} and custom.<name>`;

/** An event that triggers can name. */
export const WatchableEventType = z
  .string()
  .max(80)
  .refine((type) => type !== 'run.heartbeat' && eventSchema(type) !== undefined, { error: noSuchEvent });

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

/** A metric's value as a number. */
export function toNumber(value: MetricValue): number {
  return typeof value === 'number' ? value : Number(value);
}
