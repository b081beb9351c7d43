import type { RouteInput } from '../../core/api/routes.ts';
import { Problem } from '../../core/problem.ts';
import { listTeams as readTeams, createTeam as storeTeam, type Team } from '../../store/teams.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, listAnswer } from './context.ts';

export async function createTeam(
  { body }: RouteInput<'createTeam'>,
  { table, now }: AdminContext,
): Promise<HttpAnswer> {
  const team = { name: body.name, createdAtMs: now() };
  if (await storeTeam(table, team)) return { status: 201, body: toJson(team) };
  throw new Problem({
    code: 'conflict',
    field: 'name',
    detail: `there is a team ${body.name} already`,
    hint: 'use it',
  });
}

export async function listTeams(
  { query }: RouteInput<'listTeams'>,
  { table }: AdminContext,
): Promise<HttpAnswer> {
  return listAnswer('teams', await readTeams(table, query), toJson);
}

function toJson({ name, createdAtMs }: Team) {
  return { name, created_at: new Date(createdAtMs).toISOString() };
}
