import * as z from 'zod';
import { Name, TeamName } from '../name.ts';
import { registryOf } from '../scope.ts';

/** Where a client's events happen, named as in the events themselves. */
export const PlaceQuery = z
  .strictObject({ team: TeamName, project: Name.optional(), registry: Name.optional() })
  .refine(({ project, registry }) => project === undefined || registry === undefined, {
    path: ['registry'],
    error: 'and project exclude each other: give where your events happen',
  })
  .transform(({ project, ...place }) => {
    const registry = registryOf(project);
    return registry === undefined ? { ...place, project } : { ...place, registry };
  });
