import type { Route } from './topology.ts';

export interface MatchedRoute {
  route: Route;
  pathParameters: Record<string, string>;
}

/** The route that API Gateway picks: an exact path before a greedy one, a named method before ANY. */
export function matchRoute(routes: readonly Route[], method: string, path: string): MatchedRoute | undefined {
  const matches = routes.flatMap((route) => {
    const [routeMethod, routePath = ''] = route.key.split(' ');
    if (routeMethod !== 'ANY' && routeMethod !== method) return [];
    const pathParameters = matchPath(routePath, path);
    const rank = (isGreedy(routePath) ? 2 : 0) + (routeMethod === 'ANY' ? 1 : 0);
    return pathParameters ? [{ route, pathParameters, rank }] : [];
  });
  return matches.sort((a, b) => a.rank - b.rank)[0];
}

const isGreedy = (routePath: string) => routePath.endsWith('+}');

function matchPath(routePath: string, path: string): Record<string, string> | undefined {
  const [before = '', variable = ''] = routePath.split('{');
  if (!isGreedy(routePath)) return path === routePath ? {} : undefined;
  const rest = path.slice(before.length);
  return path.startsWith(before) && rest !== '' ? { [variable.slice(0, -2)]: rest } : undefined;
}
