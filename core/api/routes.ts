import type * as z from 'zod';
import { auditRoutes } from './audit.ts';
import { automationTestRoutes } from './automation-test.ts';
import { automationWhyRoutes } from './automation-why.ts';
import { automationRoutes } from './automations.ts';
import { deliveryRoutes } from './deliveries.ts';
import { documentRoutes } from './document.ts';
import { eventRoutes } from './events.ts';
import { integrationRoutes } from './integrations.ts';
import { keyRoutes } from './keys.ts';
import { registryRoutes } from './registries.ts';
import { matchPath, type Route } from './route.ts';
import { secretRoutes } from './secrets.ts';
import { teamRoutes } from './teams.ts';
import { watchedRoutes } from './watched.ts';

/** Every route of the API; authorization is a column, so that it can't be forgotten. */
export const routes = {
  ...documentRoutes,
  ...eventRoutes,
  ...watchedRoutes,
  ...automationRoutes,
  ...automationTestRoutes,
  ...automationWhyRoutes,
  ...deliveryRoutes,
  ...integrationRoutes,
  ...secretRoutes,
  ...teamRoutes,
  ...registryRoutes,
  ...auditRoutes,
  ...keyRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

type Parsed<R, Part extends 'body' | 'query'> = R extends { [P in Part]: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;

/** A request as its route's handler gets it: checked. */
export interface RouteInput<Name extends RouteName> {
  params: Record<string, string>;
  body: Parsed<(typeof routes)[Name], 'body'>;
  query: Parsed<(typeof routes)[Name], 'query'>;
}

const rowsInSegments = Object.entries(routes).map(([name, route]) => ({
  name: name as RouteName,
  route,
  segments: route.path.split('/'),
}));

/** The route of a request with the values in its path, or the methods that its path has; none when it is unknown. */
export function findRoute(
  method: string,
  path: string,
): { name: RouteName; params: Record<string, string> } | { allow: string[] } {
  const given = path.split('/');
  const matching = rowsInSegments.flatMap(({ name, route, segments }) => {
    const params = matchPath(segments, given);
    return params ? [{ name, method: route.method, isExact: route.path === path, params }] : [];
  });
  // `/v1/automations/test` is no automation called test.
  const exact = matching.filter(({ isExact }) => isExact);
  const rows = exact.length > 0 ? exact : matching;
  const found = rows.find((row) => row.method === method);
  return found ? { name: found.name, params: found.params } : { allow: rows.map((row) => row.method) };
}
