import * as z from 'zod';
import { Name, TeamName } from '../name.ts';
import { RegistryRole } from '../registry.ts';
import { Description, Force, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const RegistryName = Name.refine((name) => !name.startsWith('wandb-registry-'), {
  error: 'begins with wandb-registry-, which W&B puts before it: give the name alone',
});
const RegistryInput = z.strictObject({ name: RegistryName, description: Description.default('') });
const RegistryChange = z.strictObject({ description: Description }).partial();
const RoleInput = z.strictObject({ role: RegistryRole });
const Registry = z
  .strictObject({
    name: Name,
    description: Description,
    roles: z.array(z.strictObject({ team: TeamName, role: RegistryRole })),
    created_at: Timestamp,
  })
  .meta({
    id: 'Registry',
    description: 'A registry with the roles of teams in it; a team sees its own role only.',
  });

export const registryRoutes = {
  createRegistry: {
    method: 'POST',
    path: '/v1/registries',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Make a registry',
    body: RegistryInput,
    answers: { 201: Registry },
    versioned: true,
    conflicts: true,
    repeatable: true,
  },
  listRegistries: {
    method: 'GET',
    path: '/v1/registries',
    ability: 'team:read',
    tag: 'organization',
    summary: 'List the registries by name: all, or those in which the caller’s team has a role',
    query: pageQuery({}),
    answers: { 200: pageOf('registries', Registry) },
  },
  readRegistry: {
    method: 'GET',
    path: '/v1/registries/{registry}',
    ability: 'team:read',
    tag: 'organization',
    summary: 'Read a registry',
    answers: { 200: Registry },
    versioned: true,
  },
  updateRegistry: {
    method: 'PATCH',
    path: '/v1/registries/{registry}',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Change a registry’s description',
    body: RegistryChange,
    answers: { 200: Registry },
    versioned: true,
  },
  deleteRegistry: {
    method: 'DELETE',
    path: '/v1/registries/{registry}',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Delete a registry',
    description: 'Refused while enabled automations watch it, unless it is forced; then they are disabled.',
    query: Force,
    answers: { 204: null },
    versioned: true,
    conflicts: true,
  },
  putRegistryRole: {
    method: 'PUT',
    path: '/v1/registries/{registry}/teams/{team}',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Give a team a role in a registry',
    description: 'A lower role is refused as taking it away is.',
    query: Force,
    body: RoleInput,
    answers: { 200: Registry },
    versioned: true,
    conflicts: true,
  },
  deleteRegistryRole: {
    method: 'DELETE',
    path: '/v1/registries/{registry}/teams/{team}',
    ability: 'organization:write',
    tag: 'organization',
    summary: 'Take a team’s role in a registry away',
    description:
      'Refused while enabled automations depend on it, unless it is forced; then they are disabled.',
    query: Force,
    answers: { 204: null },
    versioned: true,
    conflicts: true,
  },
} as const satisfies Record<string, Route>;
