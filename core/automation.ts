import * as z from 'zod';
import { Action } from './action.ts';
import { DeliverySettings } from './delivery-settings.ts';
import type { EventType } from './event.ts';
import { compileFilter, type Filter, parseFilter } from './filters/filter.ts';
import { digest } from './id.ts';
import { canonical } from './json.ts';
import { Label, TeamName } from './name.ts';
import { registryOf, Scope } from './scope.ts';
import { Trigger } from './trigger.ts';

const PLACE = ['user', 'team', 'project', 'registry'];
const ARTIFACT = [...PLACE, 'collection', 'version', 'index', 'aliases', 'tags', 'metadata'];

/** The fields of an event type that its filters can read. docs/filters.md lists them. */
function filterFields(event: EventType): readonly string[] {
  if (event.startsWith('custom.')) return [...PLACE, 'data'];
  if (event.startsWith('collection.')) return [...PLACE, 'collection', 'tag'];
  if (event.startsWith('artifact.alias')) return [...ARTIFACT, 'alias'];
  if (event.startsWith('artifact.tag')) return [...ARTIFACT, 'tag'];
  if (event.startsWith('artifact.')) return ARTIFACT;
  return event === 'run.state' ? ['user', 'run', 'state'] : ['user', 'run'];
}

const fields = {
  name: Label,
  description: z.string().max(2000).default(''),
  /** The team that owns the automation, and whose integrations and secrets it uses. */
  team: TeamName,
  scope: Scope,
  trigger: Trigger,
  action: Action,
  delivery: DeliverySettings.optional(),
  enabled: z.boolean().default(true),
};

/** What a user saves: automation = scope + trigger (event, condition, filter) + action. */
export const AutomationInput = z
  .strictObject(fields)
  .superRefine(checkScope)
  .superRefine(checkFilter)
  .superRefine(checkSupersede);
export type AutomationInput = z.infer<typeof AutomationInput>;

/** What a user changes: the fields that are given; the team stays. The whole is checked again as an AutomationInput. */
export const AutomationChange = z
  .strictObject({
    name: fields.name,
    description: z.string().max(2000),
    scope: fields.scope,
    trigger: fields.trigger,
    action: fields.action,
    delivery: DeliverySettings,
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
  // Events in such a project are taken for events in the registry, so nothing would ever fall into this scope.
  if ('project' in scope && registryOf(scope.project) !== undefined) {
    const isAll = scope.kind === 'project';
    const instead = isAll
      ? 'use {"kind": "registry", "registry": …}'
      : 'give registry, no team and no project';
    refuse('project', `is a registry on W&B’s wire: ${instead}`);
  }
  const problem = problemOfPlace(scope, trigger.event);
  if (problem) refuse('kind', problem);
}

/** Why such events never fall into such a scope, if so (docs/triggers.md has the table). */
function problemOfPlace(scope: Scope, event: EventType): string | undefined {
  const inRegistry = 'registry' in scope && scope.registry !== undefined;
  const inCollection = scope.kind === 'collection';
  if (event.startsWith('run.') && (inRegistry || inCollection)) {
    return 'runs are not in a registry or collection: use the scope project, team or organization';
  }
  if (event.startsWith('custom.') && inCollection) {
    return 'custom events are not in a collection: use the scope registry, project, team or organization';
  }
  return event === 'artifact.created' && inRegistry
    ? 'versions are created in projects and linked into registries: use artifact.linked'
    : undefined;
}

function checkFilter({ trigger }: Draft, context: z.RefinementCtx): void {
  const parsed = parseFilter(trigger.filter, filterFields(trigger.event));
  if (!('problems' in parsed)) return;
  for (const { path, message } of parsed.problems) {
    context.addIssue({ code: 'custom', path: ['trigger', 'filter', ...path.split('.')], message });
  }
}

function checkSupersede(
  { trigger, delivery }: Draft & { delivery?: DeliverySettings | undefined },
  context: z.RefinementCtx,
): void {
  if (!delivery?.supersede || !trigger.event.startsWith('custom.')) return;
  const message = 'custom events are about no collection and no run, so none is newer than another';
  context.addIssue({ code: 'custom', path: ['delivery', 'supersede'], message });
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
  /** When it was enabled again, if it was ever disabled: what was received earlier does not count (our choice). */
  enabledAtMs?: number;
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

/** Tells whether two revisions watch for the same thing: latches survive edits of the action only. */
export function triggerHash({ scope, trigger }: { scope: Scope; trigger: Trigger }): string {
  return digest(JSON.stringify([scope, trigger])).slice(0, 12);
}

/**
 * A changed definition; where its scope and trigger say what was saved, they stay as they were written. The hash of a
 * trigger, by which latches are kept, goes by its text, and the keys of a filter may come back in another order.
 */
export function keepingTrigger(
  after: AutomationDefinition,
  { scope, trigger }: AutomationDefinition,
): AutomationDefinition {
  const saysTheSame = canonical([after.scope, after.trigger]) === canonical([scope, trigger]);
  return saysTheSame ? { ...after, scope, trigger } : after;
}

/** The compiled filter of a saved trigger, which was checked when it was saved. */
export function compiledFilter(trigger: Trigger): Filter {
  return compileFilter(trigger.filter);
}
