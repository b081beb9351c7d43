import * as z from 'zod';
import { TeamName } from '../name.ts';
import { Description, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const TeamInput = z.strictObject({ name: TeamName, description: Description.default('') });
const TeamChange = z.strictObject({ description: Description }).partial();
const Team = z
  .strictObject({ name: TeamName, description: Description, created_at: Timestamp })
  .meta({ id: 'Team' });

export const teamRoutes = {
  createTeam: {
    method: 'POST',
    path: '/v1/teams',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Make a team',
    body: TeamInput,
    answers: { 201: Team },
    versioned: true,
    conflicts: true,
    repeatable: true,
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
  readTeam: {
    method: 'GET',
    path: '/v1/teams/{team}',
    ability: 'team:read',
    tag: 'organization',
    summary: 'Read a team',
    answers: { 200: Team },
    versioned: true,
  },
  updateTeam: {
    method: 'PATCH',
    path: '/v1/teams/{team}',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Change a team’s description',
    body: TeamChange,
    answers: { 200: Team },
    versioned: true,
  },
  deleteTeam: {
    method: 'DELETE',
    path: '/v1/teams/{team}',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Delete a team that owns nothing any more',
    answers: { 204: null },
    versioned: true,
    conflicts: true,
  },
} as const satisfies Record<string, Route>;
