import * as z from 'zod';
import { CustomEventType, RunState } from './event.ts';
import { MetricName } from './name.ts';

/** docs/filters.md specifies the language; parseFilter checks it. */
const FilterSchema = z
  .record(z.string(), z.json())
  .refine((filter) => JSON.stringify(filter).length <= 16_384, 'is larger than 16 KiB of JSON')
  .default({});

/** The largest window of a condition, in values. */
const MAX_WINDOW = 1000;
const Window = z.int().min(1).max(MAX_WINDOW);
const Positive = z.number().positive('must be above 0');

const comparisons = ['>', '>=', '<', '<=', '==', '!='] as const;
const ranges = ['between', 'outside'] as const;

/** Met when the aggregate of the newest `window` values compares so with `value` (W&B), or with a range (ours). */
const Threshold = z
  .strictObject({
    metric: MetricName,
    aggregate: z.enum(['last', 'min', 'max', 'average']).default('last'),
    window: Window.default(1),
    comparison: z.enum([...comparisons, ...ranges]),
    value: z.number().optional(),
    /** Low and high, both inside the range. */
    values: z.tuple([z.number(), z.number()]).optional(),
  })
  .superRefine(checkBounds);
export type Threshold = z.infer<typeof Threshold>;

function checkBounds({ comparison, value, values }: Threshold, context: z.RefinementCtx): void {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (comparison === 'between' || comparison === 'outside') {
    if (value !== undefined) refuse('value', `${comparison} takes "values": [low, high]`);
    if (values === undefined) refuse('values', `is missing: ${comparison} takes [low, high]`);
    else if (values[0] > values[1]) refuse('values', 'must be [low, high], with low not above high');
    return;
  }
  if (values !== undefined) refuse('values', `${comparison} takes one "value"`);
  if (value === undefined) refuse('value', 'is missing: give the number to compare with');
}

/** Met when the newest `window` values differ from the `prior_window` values before them by at least `amount` (W&B). */
const Change = z.strictObject({
  metric: MetricName,
  aggregate: z.enum(['min', 'max', 'average']).default('average'),
  window: Window.default(10),
  prior_window: Window.default(50),
  change_type: z.enum(['relative', 'absolute']).default('relative'),
  direction: z.enum(['increase', 'decrease', 'either']).default('either'),
  amount: Positive,
});
export type Change = z.infer<typeof Change>;

/** Met when the newest value is `threshold` sample standard deviations or more away from the mean (W&B). */
const ZScore = z.strictObject({
  metric: MetricName,
  window: z.int().min(2).max(MAX_WINDOW).default(30),
  threshold: Positive.default(3),
  direction: z.enum(['above', 'below', 'either']).default('either'),
  /** Mean and deviation of the values before the newest, or of the last values of the runs that ended before. */
  across: z.enum(['values', 'runs']).default('values'),
});
export type ZScore = z.infer<typeof ZScore>;

/** Met when the metric is NaN or infinite (ours). */
const NotFinite = z.strictObject({ metric: MetricName });
export type NotFinite = z.infer<typeof NotFinite>;

/** How often an automation may fire for one run (once a day: W&B; the others: ours). */
const Repeat = z
  .discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('once_a_day') }),
    z.strictObject({ mode: z.literal('once_per_run') }),
    z.strictObject({ mode: z.literal('every_time') }),
    z.strictObject({ mode: z.literal('after_false') }),
    z.strictObject({
      mode: z.literal('interval'),
      seconds: z
        .number()
        .min(1)
        .max(90 * 86_400),
    }),
  ])
  .default({ mode: 'once_a_day' });
export type Repeat = z.infer<typeof Repeat>;

/** Events that fire each time their filter takes them. */
const PlainEvent = z.enum([
  'artifact.created',
  'artifact.linked',
  'artifact.unlinked',
  'artifact.alias_added',
  'artifact.alias_removed',
  'artifact.tag_added',
  'artifact.tag_removed',
  'collection.tag_added',
  'collection.tag_removed',
]);

const conditions = {
  threshold: Threshold.optional(),
  change: Change.optional(),
  zscore: ZScore.optional(),
  not_finite: NotFinite.optional(),
};

const MetricsTrigger = z
  .strictObject({ event: z.literal('run.metrics'), ...conditions, filter: FilterSchema, repeat: Repeat })
  .refine(
    (trigger) => Object.keys(conditions).filter((name) => Object.hasOwn(trigger, name)).length === 1,
    `must have exactly one of ${Object.keys(conditions).join(', ')}`,
  );
export type MetricsTrigger = z.infer<typeof MetricsTrigger>;

const StateTrigger = z.strictObject({
  event: z.literal('run.state'),
  /** FAILED takes CRASHED as well (W&B). */
  states: z.array(RunState).min(1, 'must name at least one state').max(RunState.options.length),
  filter: FilterSchema,
  repeat: Repeat,
});
export type StateTrigger = z.infer<typeof StateTrigger>;

const CustomTrigger = z.strictObject({ event: CustomEventType, filter: FilterSchema });

/** What makes an automation fire: an event, for metrics a condition, and a filter. docs/triggers.md has the rules. */
export const Trigger = z.union([
  z.discriminatedUnion('event', [
    z.strictObject({ event: PlainEvent, filter: FilterSchema }),
    MetricsTrigger,
    StateTrigger,
  ]),
  CustomTrigger,
]);
export type Trigger = z.infer<typeof Trigger>;

/** The one condition of a trigger on metrics. */
export type Condition =
  | ({ kind: 'threshold' } & Threshold)
  | ({ kind: 'change' } & Change)
  | ({ kind: 'zscore' } & ZScore)
  | ({ kind: 'not_finite' } & NotFinite);

export function conditionOf({ threshold, change, zscore, not_finite }: MetricsTrigger): Condition {
  if (threshold) return { kind: 'threshold', ...threshold };
  if (change) return { kind: 'change', ...change };
  if (zscore) return { kind: 'zscore', ...zscore };
  if (not_finite) return { kind: 'not_finite', ...not_finite };
  throw new Error('a saved trigger on metrics has no condition');
}

export function isMetricsTrigger(trigger: Trigger): trigger is MetricsTrigger {
  return trigger.event === 'run.metrics';
}

export function isStateTrigger(trigger: Trigger): trigger is StateTrigger {
  return trigger.event === 'run.state';
}

/** The states of runs that fire it: CRASHED counts as FAILED where FAILED is named (W&B); none of another trigger. */
export function takenStates(trigger: Trigger): Set<RunState> {
  const states = isStateTrigger(trigger) ? trigger.states : [];
  return new Set<RunState>(states.includes('FAILED') ? [...states, 'CRASHED'] : states);
}
