import type { PageStart } from '../../core/api/fields.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import { Problem } from '../../core/problem.ts';
import { roleOf } from '../../core/registry.ts';
import { listKeys } from '../../store/api-keys.ts';
import { pageAutomations } from '../../store/automations.ts';
import { pageIntegrations } from '../../store/integrations.ts';
import type { Page } from '../../store/items.ts';
import { eachRegistry } from '../../store/registries.ts';
import { listSecrets } from '../../store/secrets.ts';
import {
  readTeam as findTeam,
  listTeams as readTeams,
  deleteTeam as removeTeam,
  updateTeam as storeChange,
  createTeam as storeTeam,
  type Team,
} from '../../store/teams.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { clearLooseValues } from './clear-loose-values.ts';
import {
  type AdminContext,
  authorOf,
  checkMatch,
  etagOf,
  isSame,
  listAnswer,
  permit,
  stale,
  taken,
} from './context.ts';

export async function createTeam(
  { body }: RouteInput<'createTeam'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { seed } = context.identity;
  const team = { ...body, version: 1, createdAtMs: context.now(), madeBy: seed };
  if (await storeTeam(context.table, team, authorOf(context))) return answer(201, team);
  const there = await findTeam(context.table, body.name);
  if (there?.madeBy === seed) return answer(201, there);
  throw taken('team', body.name);
}

export async function listTeams(
  { query }: RouteInput<'listTeams'>,
  { table }: AdminContext,
): Promise<HttpAnswer> {
  return listAnswer('teams', await readTeams(table, query), toJson);
}

export async function readTeam(
  { params }: RouteInput<'readTeam'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  return answer(200, await find(params, context));
}

export async function updateTeam(
  { params, body }: RouteInput<'updateTeam'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const before = await find(params, context);
  checkMatch(context, before, 'team');
  const { description = before.description } = body;
  const after = { ...before, description, version: before.version + 1 };
  if (isSame(before, after)) return answer(200, before);
  if (await storeChange(context.table, before, after, authorOf(context))) return answer(200, after);
  throw stale('team');
}

/** Deletes a team that owns nothing any more. */
export async function deleteTeam(
  { params }: RouteInput<'deleteTeam'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const team = await find(params, context);
  checkMatch(context, team, 'team');
  const owned = await ownedBy(team.name, context);
  if (owned.length > 0) {
    const detail = `team ${team.name} still has ${owned.join(', ')}`;
    throw new Problem({ code: 'conflict', detail, hint: 'delete these first' });
  }
  await clearLooseValues(team.name, context);
  if (await removeTeam(context.table, team, authorOf(context))) return { status: 204 };
  throw stale('team');
}

async function ownedBy(team: string, { table }: AdminContext): Promise<string[]> {
  const owned: string[] = [];
  if (await hasAny((start) => pageAutomations(table, team, start, () => true))) owned.push('automations');
  if (await hasAny((start) => pageIntegrations(table, team, start))) owned.push('integrations');
  if (await hasAny((start) => listSecrets(table, team, start))) owned.push('secrets');
  if (await hasAny((start) => listKeys(table, team, start))) owned.push('keys');
  for await (const registry of eachRegistry(table)) {
    if (roleOf(registry, team)) owned.push(`a role in the registry ${registry.name}`);
  }
  return owned;
}

/** Whether a list holds something. A creation or deletion that died may have left pages of nothing before it. */
async function hasAny(read: (start: PageStart) => Promise<Page<unknown>>): Promise<boolean> {
  let after: string | undefined;
  do {
    const { things, next } = await read({ limit: 100, after });
    if (things.length > 0) return true;
    after = next;
  } while (after !== undefined);
  return false;
}

async function find(params: Record<string, string>, context: AdminContext): Promise<Team> {
  const name = params['team'] ?? '';
  permit(context, name);
  const team = await findTeam(context.table, name);
  if (team) return team;
  const hint = 'GET /v1/teams lists what there is';
  throw new Problem({ code: 'not_found', detail: `there is no team ${name}`, hint });
}

function answer(status: number, team: Team): HttpAnswer {
  return { status, body: toJson(team), headers: { etag: etagOf(team) } };
}

function toJson({ name, description, createdAtMs }: Team) {
  return { name, description, created_at: new Date(createdAtMs).toISOString() };
}
