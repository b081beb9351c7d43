import * as z from 'zod';
import { Name, TeamName } from '../name.ts';
import type { Route } from './route.ts';

/** Where a client's events happen, named as in the events themselves. */
const PlaceQuery = z
  .strictObject({ team: TeamName, project: Name.optional(), registry: Name.optional() })
  .refine(({ project, registry }) => project === undefined || registry === undefined, {
    path: ['registry'],
    error: 'and project exclude each other: give where your events happen',
  });

const names = z.array(z.string()).nullable();

export const watchedRoutes = {
  readWatched: {
    method: 'GET',
    path: '/v1/watched',
    ability: 'watched:read',
    tag: 'events',
    summary: 'What the automations of a place look at',
    description: 'A client may leave the rest at home. With If-None-Match: 304 while nothing changed.',
    query: PlaceQuery,
    answers: {
      200: z
        .strictObject({ everything: z.boolean(), event_types: names, metrics: names, collections: names })
        .meta({ id: 'Watched' }),
      304: null,
    },
    versioned: true,
  },
} as const satisfies Record<string, Route>;
