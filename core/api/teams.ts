import * as z from 'zod';
import { TeamName } from '../name.ts';
import { pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const TeamInput = z.strictObject({ name: TeamName });
const Team = z.strictObject({ name: TeamName, created_at: Timestamp }).meta({ id: 'Team' });

export const teamRoutes = {
  createTeam: {
    method: 'POST',
    path: '/v1/teams',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Make a team',
    body: TeamInput,
    answers: { 201: Team },
    conflicts: true,
  },
  listTeams: {
    method: 'GET',
    path: '/v1/teams',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'List the teams by name',
    query: pageQuery({}),
    answers: { 200: pageOf('teams', Team) },
  },
} as const satisfies Record<string, Route>;
