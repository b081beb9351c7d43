import { z } from 'zod';
import type { EventType } from './event.ts';
import { type FilterSource, parseFilter } from './filters/filter.ts';
import { digest } from './id.ts';
import { Label, MetricName, TeamName } from './name.ts';
import { Scope } from './scope.ts';

const FilterSchema = z
  .record(z.string(), z.json())
  .refine((filter) => JSON.stringify(filter).length <= 16_384, 'is larger than 16 KiB of JSON')
  .default({});

/** W&B's aggregates and comparisons. `last` is the newest value of the window. */
const Aggregate = z.enum(['last', 'min', 'max', 'average']);
const Comparison = z.enum(['>', '>=', '<', '<=', '==', '!=']);

/** The largest window an automation may look at, in values. */
const MAX_WINDOW = 1000;

/** Met when the aggregate of the newest `window` values of a metric compares so with `value` (W&B). */
const Threshold = z.strictObject({
  metric: MetricName,
  aggregate: Aggregate.default('last'),
  window: z.int().min(1).max(MAX_WINDOW).default(1),
  comparison: Comparison,
  value: z.number(),
});
export type Threshold = z.infer<typeof Threshold>;

const Trigger = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('artifact.linked'), filter: FilterSchema }),
  z.strictObject({ event: z.literal('artifact.alias_added'), filter: FilterSchema }),
  z.strictObject({ event: z.literal('run.metrics'), threshold: Threshold, filter: FilterSchema }),
]);
export type Trigger = z.infer<typeof Trigger>;

const Action = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook'),
    integration: z.string().regex(/^\w{1,64}$/, 'is not an id'),
    payload: z.json(),
  }),
  /** Records the delivery and sends nothing (W&B's NO_OP). */
  z.strictObject({ type: z.literal('no_op') }),
]);
export type Action = z.infer<typeof Action>;

const ARTIFACT_FIELDS = ['user', 'collection', 'version', 'index', 'aliases', 'tags', 'metadata'] as const;

/** The fields of each event type that its filters can read. */
const filterFields: Record<EventType, readonly string[]> = {
  'artifact.linked': ARTIFACT_FIELDS,
  'artifact.alias_added': ['alias', ...ARTIFACT_FIELDS],
  'run.metrics': ['user', 'run'],
};

const fields = {
  name: Label,
  description: z.string().max(2000).default(''),
  /** The team that owns the automation, and whose integrations and secrets it uses. */
  team: TeamName,
  scope: Scope,
  trigger: Trigger,
  action: Action,
  enabled: z.boolean().default(true),
};

/** What a user saves: automation = scope + trigger (event, condition, filter) + action. */
export const AutomationInput = z.strictObject(fields).superRefine(checkScope).superRefine(checkFilter);
export type AutomationInput = z.infer<typeof AutomationInput>;

/** What a user changes: the fields that are given; the team stays. The whole is checked again as an AutomationInput. */
export const AutomationChange = z
  .strictObject({
    name: fields.name,
    description: z.string().max(2000),
    scope: fields.scope,
    trigger: fields.trigger,
    action: fields.action,
    enabled: z.boolean(),
  })
  .partial();

/** All of it but the switch, which is not part of a revision. */
export type AutomationDefinition = Omit<AutomationInput, 'enabled'>;

type Draft = { team: string; scope: Scope; trigger: Trigger };

function checkScope({ team, scope, trigger }: Draft, context: z.RefinementCtx): void {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: ['scope', field], message });
  if ('team' in scope && scope.team !== undefined && scope.team !== team) {
    refuse('team', `must be the automation's own team, ${team}`);
  }
  if (scope.kind === 'project' && scope.project.startsWith('wandb-registry-')) {
    refuse('project', 'is a registry on W&B’s wire: use {"kind": "registry", "registry": …}');
  }
  const inRegistry = 'registry' in scope && scope.registry !== undefined;
  if (trigger.event === 'run.metrics' && (inRegistry || scope.kind === 'collection')) {
    refuse('kind', 'runs are not in a registry or collection: use the scope project, team or organization');
  }
}

function checkFilter({ trigger }: Draft, context: z.RefinementCtx): void {
  const parsed = parseFilter(trigger.filter as FilterSource, filterFields[trigger.event]);
  if (!('problems' in parsed)) return;
  for (const { path, message } of parsed.problems) {
    context.addIssue({ code: 'custom', path: ['trigger', 'filter', ...path.split('.')], message });
  }
}

/** One saved state of an automation. Immutable: what the dispatcher renders, and the audit entry of the change. */
export interface Revision {
  automationId: string;
  revision: number;
  definition: AutomationDefinition;
  savedAtMs: number;
  /** When the scope or trigger last changed: metric values received earlier do not count (our choice). */
  triggerSavedAtMs: number;
  /** Key that made the change. */
  savedBy: string;
}

/** The moving part of an automation: which revision is in force. Changed by compare-and-set on `version`. */
export interface Head {
  id: string;
  team: string;
  revision: number;
  enabled: boolean;
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

/** Tells whether two revisions watch for the same thing: latches survive edits of the action only. */
export function triggerHash({ scope, trigger }: { scope: Scope; trigger: Trigger }): string {
  return digest(JSON.stringify([scope, trigger])).slice(0, 16);
}

/** The compiled filter of a saved trigger. A definition that was accepted once always compiles. */
export function filterOf(trigger: Trigger) {
  const parsed = parseFilter(trigger.filter as FilterSource, filterFields[trigger.event]);
  if ('problems' in parsed)
    throw new Error(`a saved filter does not parse: ${JSON.stringify(parsed.problems)}`);
  return parsed.filter;
}
