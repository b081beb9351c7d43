import { isDeepStrictEqual } from 'node:util';
import { checkTemplate } from '../../core/actions/action-template.ts';
import { judgeUrl } from '../../core/address.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import { type Health, healthState } from '../../core/health.ts';
import { orderedId } from '../../core/id.ts';
import {
  type Integration,
  type IntegrationChange,
  IntegrationInput,
  secretFields,
  secretVariables,
} from '../../core/integration.ts';
import { Problem, parseInput } from '../../core/problem.ts';
import { type Automation, listAutomations } from '../../store/automations.ts';
import {
  disableIntegration,
  enableIntegration,
  forgetFailures,
  readHealth,
  readHealths,
} from '../../store/health.ts';
import {
  readIntegration as findIntegration,
  pageIntegrations,
  deleteIntegration as removeIntegration,
  updateIntegration as storeChange,
  createIntegration as storeIntegration,
} from '../../store/integrations.ts';
import { readSecret } from '../../store/secrets.ts';
import type { HttpAnswer } from '../shared/http.ts';
import {
  type AdminContext,
  authorOf,
  checkMatch,
  etagOf,
  isSame,
  listAnswer,
  permitTeam,
  stale,
  taken,
  visible,
} from './context.ts';

export async function createIntegration(
  { body }: RouteInput<'createIntegration'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  await permitTeam(context, body.team);
  checkUrl(body, context);
  await checkSecrets(body, context);
  const nowMs = context.now();
  const stored = {
    id: orderedId('int', context.identity),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    version: 1,
  };
  const integration = { ...body, ...stored };
  if (await storeIntegration(context.table, integration, authorOf(context))) {
    return answer(201, integration, context);
  }
  const there = await findIntegration(context.table, integration.id);
  if (there) return answer(201, there, context);
  throw nameTaken(integration);
}

export async function listIntegrations(
  { query }: RouteInput<'listIntegrations'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  await permitTeam(context, query.team);
  const page = await pageIntegrations(context.table, query.team, query);
  const ids = page.things.map(({ id }) => id);
  const healths = await readHealths(context.table, ids);
  const nowMs = context.now();
  return listAnswer('integrations', page, (one) => toJson(one, healths.get(one.id) ?? {}, nowMs));
}

export async function readIntegration(
  { params }: RouteInput<'readIntegration'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  return answer(200, await find(params, context), context);
}

export async function updateIntegration(
  { params, body }: RouteInput<'updateIntegration'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const before = await find(params, context);
  checkMatch(context, before, 'integration');
  const { enabled, ...change } = body;
  const input = changed(before, change);
  checkUrl(input, context);
  await checkSecrets(input, context);
  const { id, createdAtMs, version } = before;
  const after = { ...input, id, createdAtMs, updatedAtMs: context.now(), version: version + 1 };
  await checkUsers(before, after, context);
  const switched = await switchOf(before, enabled, context);
  if (!switched && isSame(before, after)) return answer(200, before, context);
  const result = await storeChange(context.table, before, after, authorOf(context), switched);
  if (result === 'name_taken') throw nameTaken(after);
  if (result === 'stale') throw stale('integration');
  if (switched) await turn(before.id, switched.after, context);
  // What failed at another address, or with another key, says nothing about this one.
  if (isElsewhere(before, after)) await forgetFailures(context.table, before.id);
  return answer(200, after, context);
}

/** Whether a change is of more than the name. */
function isElsewhere(before: Integration, after: Integration): boolean {
  const { name: _old, version: _before, updatedAtMs: _then, ...from } = before;
  const { name: _new, version: _after, updatedAtMs: _now, ...to } = after;
  return !isDeepStrictEqual(from, to);
}

/** Whether it is enabled before and after a change that says so; undefined where that stays. */
async function switchOf(
  { id }: Integration,
  enabled: boolean | undefined,
  { table }: AdminContext,
): Promise<{ before: boolean; after: boolean } | undefined> {
  if (enabled === undefined) return undefined;
  const isEnabled = (await readHealth(table, id)).disabledAtMs === undefined;
  return isEnabled === enabled ? undefined : { before: isEnabled, after: enabled };
}

async function turn(id: string, isOn: boolean, { table, now }: AdminContext): Promise<void> {
  if (isOn) await enableIntegration(table, id);
  else await disableIntegration(table, id, { reason: 'by_hand', nowMs: now() });
}

/** Deletes an integration that no automation uses; with one that does, it says which, unless it is forced. */
export async function deleteIntegration(
  { params, query }: RouteInput<'deleteIntegration'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const integration = await find(params, context);
  checkMatch(context, integration, 'integration');
  const users = query.force === 'true' ? [] : await usersOf(integration, context);
  if (users.length > 0) {
    const detail = `integration ${integration.name} is used by ${namesOf(users)}`;
    const hint = 'give these automations another integration first; with ?force=true their deliveries fail';
    throw new Problem({ code: 'conflict', detail, hint });
  }
  if (await removeIntegration(context.table, integration, authorOf(context))) return { status: 204 };
  throw stale('integration');
}

/** The integration that the caller may see or change, as the route says. */
export async function find(params: Record<string, string>, context: AdminContext): Promise<Integration> {
  return visible(context, await findIntegration(context.table, params['id'] ?? ''), 'integration');
}

/** The fields as they are after a change, checked as a whole: `null` takes one away. */
function changed(before: Integration, change: Omit<IntegrationChange, 'enabled'>): IntegrationInput {
  const { id: _id, createdAtMs: _created, updatedAtMs: _updated, version: _version, ...input } = before;
  const merged = Object.entries({ ...input, ...change }).filter(([, value]) => value !== null);
  return parseInput(IntegrationInput, Object.fromEntries(merged));
}

async function usersOf({ id, team }: Integration, { table }: AdminContext): Promise<Automation[]> {
  const automations = await listAutomations(table, team);
  return automations.filter(({ revision: { definition } }) => {
    const { action } = definition;
    return action.type !== 'no_op' && action.integration === id;
  });
}

/** Refuses a change that takes away what a saved payload names: the secret would be missed only when it fires. */
async function checkUsers(before: Integration, after: Integration, context: AdminContext): Promise<void> {
  const granted = secretVariables(after);
  if (secretVariables(before).every((name) => granted.includes(name))) return;
  for (const { revision } of await usersOf(before, context)) {
    const { name, action } = revision.definition;
    const problem = checkTemplate(action, after);
    if (problem === undefined) continue;
    const detail = `automation ${name} would no longer be valid: ${problem.detail}`;
    throw new Problem({ code: 'conflict', detail, hint: 'change that automation first' });
  }
}

function namesOf(automations: Automation[]): string {
  const names = automations.map(({ head, revision }) => `${revision.definition.name} (${head.id})`);
  const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
  return names.slice(0, 20).join(', ') + more;
}

function checkUrl(input: IntegrationInput, { allowedAddresses }: AdminContext): void {
  // A URL that is a secret is judged where it can be read: when a request is made.
  if (input.type !== 'webhook' || input.url === undefined) return;
  const refuse = (detail: string, hint: string) => {
    throw new Problem({ code: 'invalid_input', field: 'url', detail, hint });
  };
  // Not in the schema, by which clients also read what was saved before.
  if (input.url.includes('${'))
    refuse('takes no variables: it is called as it stands', 'url_secret names a URL that holds a secret');
  const judged = judgeUrl(input.url, allowedAddresses);
  if (!('problem' in judged)) return;
  refuse(
    judged.problem,
    'webhooks go to public addresses by https; others only where the deployment allows them',
  );
}

async function checkSecrets(input: IntegrationInput, { table }: AdminContext): Promise<void> {
  for (const { field, name } of secretFields(input)) {
    if (await readSecret(table, input.team, name)) continue;
    // The name is not repeated: it may be a value that was pasted in its place.
    const detail = `team ${input.team} has no secret of this name`;
    const hint = `give the name of a secret, not its value; set it first: PUT /v1/teams/${input.team}/secrets/<name>`;
    throw new Problem({ code: 'invalid_input', field, detail, hint });
  }
}

const nameTaken = ({ team, name }: Integration) => taken('integration', name, ` in team ${team}`);

async function answer(
  status: number,
  integration: Integration,
  { table, now }: AdminContext,
): Promise<HttpAnswer> {
  const health = await readHealth(table, integration.id);
  return { status, body: toJson(integration, health, now()), headers: { etag: etagOf(integration) } };
}

/** Secrets stand in an integration by their names alone. */
function toJson(
  { createdAtMs, updatedAtMs, version: _version, ...integration }: Integration,
  health: Health,
  nowMs: number,
) {
  const enabled = health.disabledAtMs === undefined;
  const times = { created_at: time(createdAtMs), updated_at: time(updatedAtMs) };
  return { ...integration, enabled, health: healthJson(health, nowMs), ...times };
}

const time = (ms: number) => new Date(ms).toISOString();

function healthJson(health: Health, nowMs: number) {
  const { failures = 0, failingSinceMs, openUntilMs, disabledAtMs, disabledReason: reason } = health;
  const state = healthState(health, nowMs);
  return {
    ...{ state, failures },
    ...(failingSinceMs !== undefined && { failing_since: time(failingSinceMs) }),
    ...(state === 'open' && openUntilMs !== undefined && { open_until: time(openUntilMs) }),
    ...(disabledAtMs !== undefined && { disabled_at: time(disabledAtMs), reason }),
  };
}
