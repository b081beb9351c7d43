import * as z from 'zod';

/** What a team may be in a registry (W&B's roles, and sender for those that only send events). */
export const RegistryRole = z.enum(['viewer', 'sender', 'member', 'admin']);
export type RegistryRole = z.infer<typeof RegistryRole>;

/** A registry of the organization, with the teams that have a role in it. */
export interface Registry {
  name: string;
  description: string;
  roles: Readonly<Record<string, RegistryRole>>;
  version: number;
  createdAtMs: number;
  /** Of the request that made it, so that it is known when it comes again. */
  madeBy?: string;
}

/** One item holds all roles of a registry; this many of them stay far from its limit. */
export const MAX_TEAMS = 1_000;

/** Whether events of the team may say that they happened in the registry. */
export function mayPostInto(registry: Pick<Registry, 'roles'>, team: string): boolean {
  const role = roleOf(registry, team);
  return role !== undefined && role !== 'viewer';
}

/** Whether the team may own automations that see the events of all teams in the registry. */
export function mayAutomate(registry: Pick<Registry, 'roles'>, team: string): boolean {
  const role = roleOf(registry, team);
  return role === 'member' || role === 'admin';
}

export function roleOf({ roles }: Pick<Registry, 'roles'>, team: string): RegistryRole | undefined {
  return Object.hasOwn(roles, team) ? roles[team] : undefined;
}
