import * as z from 'zod';
import { KeyChange, KeyInput, Role } from '../key.ts';
import { Label, TeamName } from '../name.ts';
import { Id, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const keyFields = {
  id: Id,
  name: Label,
  role: Role,
  team: TeamName.optional(),
  owner: Label.optional(),
  projects: z.array(z.string()).optional(),
  registries: z.array(z.string()).optional(),
  event_types: z.array(z.string()).optional(),
  created_at: Timestamp,
  /** The key that made it. */
  created_by: Id,
  expires_at: Timestamp.optional(),
  /** Exact to a few minutes. */
  last_used_at: Timestamp.optional(),
};
const Key = z.strictObject(keyFields).meta({ id: 'Key' });
const NewKey = z
  .strictObject({ ...keyFields, key: z.string() })
  .meta({ id: 'NewKey', description: 'A key with the text that is shown this once.' });

export const keyRoutes = {
  createKey: {
    method: 'POST',
    path: '/v1/keys',
    ability: 'keys:write',
    tag: 'keys',
    summary: 'Make a key',
    description: 'The answer is the only one that shows it.',
    body: KeyInput.meta({ id: 'KeyInput' }),
    answers: { 201: NewKey },
    versioned: true,
    conflicts: true,
    repeatable: true,
  },
  listKeys: {
    method: 'GET',
    path: '/v1/keys',
    ability: 'keys:write',
    tag: 'keys',
    summary: "List a team's keys, or without a team those of the organization",
    query: pageQuery({ team: TeamName.optional() }),
    answers: { 200: pageOf('keys', Key) },
  },
  readKey: {
    method: 'GET',
    path: '/v1/keys/{id}',
    ability: 'keys:write',
    tag: 'keys',
    summary: 'Read a key, without its text',
    answers: { 200: Key },
    versioned: true,
  },
  updateKey: {
    method: 'PATCH',
    path: '/v1/keys/{id}',
    ability: 'keys:write',
    tag: 'keys',
    summary: 'Change a key’s name, owner or expiry; null takes one away',
    body: KeyChange.meta({ id: 'KeyChange' }),
    answers: { 200: Key },
    versioned: true,
  },
  revokeKey: {
    method: 'DELETE',
    path: '/v1/keys/{id}',
    ability: 'keys:write',
    tag: 'keys',
    summary: 'Revoke a key',
    description: 'It stops within 60 seconds.',
    answers: { 204: null },
    versioned: true,
  },
} as const satisfies Record<string, Route>;
