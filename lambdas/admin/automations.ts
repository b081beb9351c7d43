import { checkTemplate } from '../../core/actions/action-template.ts';
import type { Activity } from '../../core/activity.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import { type AutomationDefinition, AutomationInput, type Head, triggerHash } from '../../core/automation.ts';
import { orderedId } from '../../core/id.ts';
import { mayActOn } from '../../core/key.ts';
import { Problem, parseInput } from '../../core/problem.ts';
import { watchesOf } from '../../core/watch.ts';
import { readActivity } from '../../store/activity.ts';
import {
  type Automation,
  readAutomation as loadAutomation,
  pageAutomations,
  deleteAutomation as removeAutomation,
  type SaveResult,
  createAutomation as storeAutomation,
  updateAutomation as storeChange,
} from '../../store/automations.ts';
import { readIntegration } from '../../store/integrations.ts';
import { readSighting } from '../../store/sightings.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, listAnswer, permit, requireTeam, visible } from './context.ts';
import { checkWindowBudget } from './window-budget.ts';

export async function createAutomation(
  { body }: RouteInput<'createAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  permit(context, body.team);
  await requireTeam(context, body.team);
  const [id, nowMs] = [orderedId('aut', context.now()), context.now()];
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
  return answer(201, automation, await storeAutomation(context.table, automation));
}

export async function listAutomations(
  { query }: RouteInput<'listAutomations'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  permit(context, query.team);
  await requireTeam(context, query.team);
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
  checkMatch(before.head, context);
  checkScope(before.revision.definition, context);
  const input = parseInput(AutomationInput, {
    ...before.revision.definition,
    enabled: before.head.enabled,
    ...body,
  });
  await checkAutomation(input, before.head.id, context);
  const { enabled, ...definition } = input;
  const after = nextState(before, { definition, enabled }, context);
  return answer(200, after, await storeChange(context.table, before, after));
}

export async function deleteAutomation(
  { params }: RouteInput<'deleteAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const automation = await findAutomation(params, context);
  checkMatch(automation.head, context);
  checkScope(automation.revision.definition, context);
  const result = await removeAutomation(context.table, automation);
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
  { definition, enabled }: { definition: AutomationDefinition; enabled: boolean },
  { now, caller }: AdminContext,
): Automation {
  const nowMs = now();
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
  return { head: { ...before.head, revision: number, enabled, version, updatedAtMs: nowMs }, revision };
}

/** What a schema can't see: the scope's owner and budget, the integration, and the variables that its templates may name. */
export async function checkAutomation(
  input: AutomationInput,
  id: string,
  context: AdminContext,
): Promise<void> {
  checkScope(input, context);
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

function checkScope({ scope, team }: AutomationDefinition, { caller }: AdminContext): void {
  const isShared = scope.kind === 'organization' || ('registry' in scope && scope.registry !== undefined);
  if (!isShared || mayActOn(caller, 'organization:write', team)) return;
  const detail = 'automations of the organization and of registries see the events of all teams';
  const hint = 'have an org_admin create it, or choose a scope inside your team';
  throw new Problem({ code: 'forbidden', field: 'scope.kind', detail, hint });
}

function checkMatch(head: Head, { headers }: AdminContext): void {
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted !== etagOf(head)) throw new Problem(STALE);
}

const STALE = {
  code: 'stale_version',
  detail: 'the automation was changed by somebody else meanwhile',
  hint: 'read it again and repeat your change',
} as const;

function answer(status: number, automation: Automation, result: SaveResult): HttpAnswer {
  if (result === 'stale') throw new Problem(STALE);
  if (result === 'name_taken') {
    const detail = `there is an automation ${automation.revision.definition.name} in this scope already`;
    throw new Problem({ code: 'conflict', field: 'name', detail, hint: 'choose another name' });
  }
  return { status, body: toJson(automation), headers: { etag: etagOf(automation.head) } };
}

const etagOf = (head: Head) => `"${head.version}"`;

function toJson({ head, revision }: Automation) {
  const { id, enabled, createdAtMs, updatedAtMs } = head;
  const [created_at, updated_at] = [createdAtMs, updatedAtMs].map((ms) => new Date(ms).toISOString());
  return { id, ...revision.definition, enabled, revision: head.revision, created_at, updated_at };
}
