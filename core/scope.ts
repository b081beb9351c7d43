import * as z from 'zod';
import { Name, TeamName } from './name.ts';

/** Where an automation watches. Everything under a scope counts, also what is made later (W&B). */
export const Scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('organization') }),
  z.strictObject({ kind: z.literal('team'), team: TeamName }),
  z.strictObject({ kind: z.literal('project'), team: TeamName, project: Name }),
  z.strictObject({ kind: z.literal('registry'), registry: Name }),
  z
    .strictObject({
      kind: z.literal('collection'),
      team: TeamName.optional(),
      project: Name.optional(),
      registry: Name.optional(),
      collection: Name,
    })
    .refine(
      isInOnePlace,
      'a collection is in a project (give team and project) or in a registry (give registry)',
    ),
]);
export type Scope = z.infer<typeof Scope>;

function isInOnePlace(at: Pick<Place, 'project' | 'registry'> & { team?: string | undefined }): boolean {
  const inProject = at.team !== undefined && at.project !== undefined;
  const inRegistry = at.registry !== undefined;
  return inRegistry ? at.team === undefined && at.project === undefined : inProject;
}

/** Where something happened. A registry belongs to the organization; the team is the one that acted. */
export interface Place {
  team: string;
  project?: string | undefined;
  registry?: string | undefined;
  collection?: string | undefined;
}

const REGISTRY_PROJECT = 'wandb-registry-';

/** The registry that a project is on W&B's wire; undefined for a true project. */
export function registryOf(project: string | undefined): string | undefined {
  return project?.startsWith(REGISTRY_PROJECT) ? project.slice(REGISTRY_PROJECT.length) : undefined;
}

/** A scope as one string, the same for the automation that watches it and the event that falls into it. */
export function scopeKey(scope: Scope): string {
  switch (scope.kind) {
    case 'organization':
      return 'organization';
    case 'team':
      return `team/${scope.team}`;
    case 'project':
      return `project/${scope.team}/${scope.project}`;
    case 'registry':
      return `registry/${scope.registry}`;
    case 'collection':
      return scope.registry === undefined
        ? `collection/project/${scope.team}/${scope.project}/${scope.collection}`
        : `collection/registry/${scope.registry}/${scope.collection}`;
  }
}

/** The project or registry that holds a collection; undefined for other scopes. */
export function scopeAround(scope: Scope): Scope | undefined {
  if (scope.kind !== 'collection') return undefined;
  const { team = '', project = '', registry } = scope;
  return registry === undefined ? { kind: 'project', team, project } : { kind: 'registry', registry };
}

/** Every scope that covers a place, widest first: an automation at each of them fires on its own (W&B). */
export function scopeKeysCovering({ team, project, registry, collection }: Place): string[] {
  const keys = [scopeKey({ kind: 'organization' }), scopeKey({ kind: 'team', team })];
  if (registry !== undefined) {
    keys.push(scopeKey({ kind: 'registry', registry }));
    if (collection !== undefined) keys.push(scopeKey({ kind: 'collection', registry, collection }));
  } else if (project !== undefined) {
    keys.push(scopeKey({ kind: 'project', team, project }));
    if (collection !== undefined) keys.push(scopeKey({ kind: 'collection', team, project, collection }));
  }
  return keys;
}
