import * as z from 'zod';
import { SecretName, TeamName } from '../name.ts';
import { Force, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const SecretInput = z.strictObject({
  value: z
    .string()
    .min(8, 'is shorter than 8 characters, which could not be kept out of the history')
    .refine((value) => Buffer.byteLength(value) <= 32_768, 'is longer than 32,768 bytes'),
});
const SecretEntry = z
  .strictObject({
    team: TeamName,
    name: SecretName,
    updated_at: Timestamp,
    /** Names of the integrations that name it. */
    used_by: z.array(z.string()),
  })
  .meta({ id: 'Secret', description: 'A secret by its name; its value is never shown.' });

export const secretRoutes = {
  putSecret: {
    method: 'PUT',
    path: '/v1/teams/{team}/secrets/{name}',
    ability: 'secrets:write',
    tag: 'integrations',
    summary: 'Set or replace a secret',
    description: 'The new value is in force when this answers. It is never shown again.',
    body: SecretInput,
    answers: { 200: SecretEntry, 201: SecretEntry },
    versioned: true,
  },
  listSecrets: {
    method: 'GET',
    path: '/v1/teams/{team}/secrets',
    ability: 'team:read',
    tag: 'integrations',
    summary: "List a team's secrets by name",
    query: pageQuery({}),
    answers: { 200: pageOf('secrets', SecretEntry) },
  },
  deleteSecret: {
    method: 'DELETE',
    path: '/v1/teams/{team}/secrets/{name}',
    ability: 'secrets:write',
    tag: 'integrations',
    summary: 'Delete a secret',
    description: 'Refused while integrations use it, unless it is forced.',
    query: Force,
    answers: { 204: null },
    versioned: true,
    conflicts: true,
  },
} as const satisfies Record<string, Route>;
