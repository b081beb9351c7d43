import { checkTemplate } from '../../core/actions/action-template.ts';
import type { Activity } from '../../core/activity.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import {
  type AutomationDefinition,
  AutomationInput,
  keepingTrigger,
  triggerHash,
} from '../../core/automation.ts';
import { orderedId } from '../../core/id.ts';
import { mayActOn } from '../../core/key.ts';
import { Problem, parseInput } from '../../core/problem.ts';
import { mayAutomate } from '../../core/registry.ts';
import { watchesOf } from '../../core/watch.ts';
import { readActivity } from '../../store/activity.ts';
import {
  type Automation,
  finishDeletion,
  readAutomation as loadAutomation,
  pageAutomations,
  deleteAutomation as removeAutomation,
  type SaveResult,
  createAutomation as storeAutomation,
  updateAutomation as storeChange,
} from '../../store/automations.ts';
import { readIntegration } from '../../store/integrations.ts';
import { readRegistry } from '../../store/registries.ts';
import { readSighting } from '../../store/sightings.ts';
import type { HttpAnswer } from '../shared/http.ts';
import {
  type AdminContext,
  authorOf,
  checkMatch,
  etagOf,
  listAnswer,
  permitTeam,
  stale,
  taken,
  visible,
} from './context.ts';
import { switchOff } from './registry-users.ts';
import { checkWindowBudget } from './window-budget.ts';

export async function createAutomation(
  { body }: RouteInput<'createAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  await permitTeam(context, body.team);
  const [id, nowMs] = [orderedId('aut', context.identity), context.now()];
  await checkAutomation(body, id, context);
  const { enabled, ...definition } = body;
  const head = {
    id,
    team: body.team,
    revision: 1,
    enabled,
    version: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  const saved = { savedAtMs: nowMs, triggerSavedAtMs: nowMs, savedBy: context.caller.keyId };
  const automation = { head, revision: { automationId: id, revision: 1, definition, ...saved } };
  const result = await storeAutomation(context.table, automation, authorOf(context));
  // It is there already when this request was made before, and its answer was not kept.
  const there = result === 'stale' ? await loadAutomation(context.table, id) : undefined;
  if (there) return answer(201, there, 'saved');
  await keepToRole(automation, context);
  return answer(201, automation, result);
}

export async function listAutomations(
  { query }: RouteInput<'listAutomations'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  await permitTeam(context, query.team);
  const takes = (automation: Automation) => isWanted(query, automation);
  const page = await pageAutomations(context.table, query.team, query, takes);
  return listAnswer('automations', page, toJson);
}

function isWanted(
  { name, scope, event, enabled }: RouteInput<'listAutomations'>['query'],
  { head, revision: { definition } }: Automation,
): boolean {
  return (
    (name === undefined || definition.name.toLowerCase().includes(name.toLowerCase())) &&
    (scope === undefined || definition.scope.kind === scope) &&
    (event === undefined || definition.trigger.event === event) &&
    (enabled === undefined || String(head.enabled) === enabled)
  );
}

export async function readAutomation(
  { params }: RouteInput<'readAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const automation = await findAutomation(params, context);
  const { status, body, headers } = answer(200, automation, 'saved');
  const { table } = context;
  const [watch] = watchesOf(automation.revision.definition);
  const [activity, lastSeenAtMs] = await Promise.all([
    readActivity(table, automation.head.id),
    readSighting(table, watch),
  ]);
  return {
    status,
    headers: headers ?? {},
    body: { ...(body as object), activity: activityToJson(activity, lastSeenAtMs) },
  };
}

function activityToJson(
  { fired = 0, heldBack = 0, lastMetAtMs, lastFiredAtMs }: Partial<Activity> = {},
  lastSeenAtMs: number | undefined,
) {
  const time = (ms: number | undefined) => ms !== undefined && new Date(ms).toISOString();
  return {
    fired,
    held_back: heldBack,
    ...(lastMetAtMs !== undefined && { last_met_at: time(lastMetAtMs) }),
    ...(lastFiredAtMs !== undefined && { last_fired_at: time(lastFiredAtMs) }),
    ...(lastSeenAtMs !== undefined && { last_seen_at: time(lastSeenAtMs) }),
  };
}

/** Changes the fields that are given. If-Match with the ETag refuses a change of something that moved on. */
export async function updateAutomation(
  { params, body }: RouteInput<'updateAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const before = await findAutomation(params, context);
  checkMatch(context, before.head, 'automation');
  checkOrganization(before.revision.definition, context);
  const input = parseInput(AutomationInput, {
    ...before.revision.definition,
    enabled: before.head.enabled,
    ...body,
  });
  await checkAutomation(input, before.head.id, context);
  const { enabled, ...definition } = input;
  if (Object.keys(body).length === 0) return answer(200, before, 'saved');
  const after = nextState(before, { definition, enabled }, context);
  const result = await storeChange(context.table, before, after, authorOf(context));
  await keepToRole(after, context);
  return answer(200, after, result);
}

export async function deleteAutomation(
  { params }: RouteInput<'deleteAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  // Whoever deleted it may have died on the way, and asks again: 404 is an answer that it has stopped.
  await finishDeletion(context.table, params['id'] ?? '');
  const automation = await findAutomation(params, context);
  checkMatch(context, automation.head, 'automation');
  checkOrganization(automation.revision.definition, context);
  const result = await removeAutomation(context.table, automation, authorOf(context));
  return result === 'saved' ? { status: 204 } : answer(204, automation, result);
}

/** The automation that a path names, if the caller may see it. */
export async function findAutomation(
  params: Record<string, string>,
  context: AdminContext,
): Promise<Automation> {
  const found = await loadAutomation(context.table, params['id'] ?? '');
  visible(context, found?.head, 'automation');
  return found as Automation;
}

function nextState(
  before: Automation,
  { definition: wanted, enabled }: { definition: AutomationDefinition; enabled: boolean },
  { now, caller }: AdminContext,
): Automation {
  const nowMs = now();
  const definition = keepingTrigger(wanted, before.revision.definition);
  const changed = JSON.stringify(definition) !== JSON.stringify(before.revision.definition);
  const sameTrigger = triggerHash(definition) === triggerHash(before.revision.definition);
  const number = before.head.revision + (changed ? 1 : 0);
  const revision = changed
    ? {
        automationId: before.head.id,
        revision: number,
        definition,
        savedAtMs: nowMs,
        triggerSavedAtMs: sameTrigger ? before.revision.triggerSavedAtMs : nowMs,
        savedBy: caller.keyId,
      }
    : before.revision;
  const version = before.head.version + 1;
  const isEnabledAgain = enabled && !before.head.enabled;
  const head = { ...before.head, revision: number, enabled, version, updatedAtMs: nowMs };
  return { head: { ...head, ...(isEnabledAgain && { enabledAtMs: nowMs }) }, revision };
}

/** What a schema can't see: the scope's owner and budget, the integration, and the variables that its templates may name. */
export async function checkAutomation(
  input: AutomationInput,
  id: string,
  context: AdminContext,
): Promise<void> {
  checkOrganization(input, context);
  await checkRegistry(input, context);
  await checkWindowBudget(context.table, input, id);
  const { action } = input;
  if (action.type === 'no_op') return;
  const integration = await readIntegration(context.table, action.integration);
  if (integration?.team !== input.team) {
    const detail = `team ${input.team} has no integration ${action.integration}`;
    const hint = `see GET /v1/integrations?team=${input.team}`;
    throw new Problem({ code: 'invalid_input', field: 'action.integration', detail, hint });
  }
  if (integration.type !== action.type) {
    const detail = `integration ${integration.name} is of the type ${integration.type}`;
    const hint = `choose one of the type ${action.type}, or make the action's type ${integration.type}`;
    throw new Problem({ code: 'invalid_input', field: 'action.integration', detail, hint });
  }
  const problem = checkTemplate(action, integration);
  if (problem) throw new Problem({ ...problem, field: `action.${problem.field}` });
}

/** Automations of the organization are for org_admins. */
function checkOrganization({ scope, team }: AutomationDefinition, { caller }: AdminContext): void {
  if (scope.kind !== 'organization' || mayActOn(caller, 'organization:write', team)) return;
  const detail = 'automations of the organization see the events of all teams';
  const hint = 'have an org_admin do it, or choose a scope inside your team';
  throw new Problem({ code: 'forbidden', field: 'scope.kind', detail, hint });
}

/** Automations in a registry are for teams that are members of it, whoever saves them. */
async function checkRegistry({ scope, team }: AutomationDefinition, { table }: AdminContext): Promise<void> {
  if (!('registry' in scope) || scope.registry === undefined) return;
  const registry = await readRegistry(table, scope.registry);
  if (!registry) throw noSuchRegistry(scope.registry);
  if (mayAutomate(registry, team)) return;
  const detail = `team ${team} is not a member of registry ${scope.registry}`;
  const hint = `an org_admin makes it one: PUT /v1/registries/${scope.registry}/teams/${team} {"role": "member"}`;
  throw new Problem({ code: 'forbidden', field: 'scope.registry', detail, hint });
}

/** What names a registry that was never made. */
export function noSuchRegistry(name: string, field = 'scope.registry'): Problem {
  const hint = 'see GET /v1/registries; an org_admin makes one with POST /v1/registries';
  const detail = `there is no registry ${name}`;
  return new Problem({ code: 'invalid_input', field, detail, hint });
}

/** Whoever takes a role away looks for automations after that; this one was saved after it looked, so it looks itself. */
async function keepToRole({ head, revision }: Automation, context: AdminContext): Promise<void> {
  const { scope } = revision.definition;
  if (!('registry' in scope) || scope.registry === undefined) return;
  const registry = await readRegistry(context.table, scope.registry);
  if (!registry || !mayAutomate(registry, head.team)) await switchOff(scope.registry, [head.team], context);
}

function answer(status: number, automation: Automation, result: SaveResult): HttpAnswer {
  if (result === 'stale') throw stale('automation');
  if (result === 'name_taken') {
    throw taken('automation', automation.revision.definition.name, ' in this scope');
  }
  return { status, body: toJson(automation), headers: { etag: etagOf(automation.head) } };
}

function toJson({ head, revision }: Automation) {
  const { id, enabled, createdAtMs, updatedAtMs } = head;
  const [created_at, updated_at] = [createdAtMs, updatedAtMs].map((ms) => new Date(ms).toISOString());
  return { id, ...revision.definition, enabled, revision: head.revision, created_at, updated_at };
}
