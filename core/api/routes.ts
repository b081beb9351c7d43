import * as z from 'zod';
import { AutomationChange, AutomationInput } from '../automation.ts';
import { IntegrationChange, IntegrationInput } from '../integration.ts';
import type { Ability } from '../key.ts';
import { KeyInput } from '../key.ts';
import { TeamName } from '../name.ts';
import { PlaceQuery } from './place-query.ts';
import { TestInput } from './test-input.ts';

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` stands for one segment of the path. */
  path: string;
  /** What the caller must be able to do, on the team that the request is about. */
  ability: Ability;
  /** Schema of the body, where there is one. */
  body?: z.ZodType;
  /** Schema of the query. */
  query?: z.ZodType;
}

const TeamInput = z.strictObject({ name: TeamName });
const SecretInput = z.strictObject({
  value: z
    .string()
    .min(8, 'is shorter than 8 characters, which could not be kept out of the history')
    .refine((value) => Buffer.byteLength(value) <= 32_768, 'is longer than 32,768 bytes'),
});
const OfTeam = z.strictObject({ team: TeamName });
const OfTeamOrNone = OfTeam.partial();
const Force = z.strictObject({ force: z.enum(['true', 'false']).default('false') });
const DeliveryQuery = z
  .strictObject({
    team: TeamName.optional(),
    automation: z
      .string()
      .regex(/^\w{1,64}$/, 'is not an id')
      .optional(),
    limit: z.coerce.number().int().min(1).max(100).default(25),
    after: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T[\d:.]{12}Z#\w{1,64}$/, 'is not a `next` that an earlier page gave')
      .optional(),
  })
  .refine((query) => (query.team === undefined) !== (query.automation === undefined), {
    path: ['team'],
    error: 'give either team or automation',
  });

/** Every route of the admin function; authorization is a column, so that it can't be forgotten. */
export const routes = {
  createTeam: { method: 'POST', path: '/v1/teams', ability: 'organization:write', body: TeamInput },
  listTeams: { method: 'GET', path: '/v1/teams', ability: 'organization:write' },
  putSecret: {
    method: 'PUT',
    path: '/v1/teams/{team}/secrets/{name}',
    ability: 'secrets:write',
    body: SecretInput,
  },
  listSecrets: { method: 'GET', path: '/v1/teams/{team}/secrets', ability: 'team:read' },
  deleteSecret: {
    method: 'DELETE',
    path: '/v1/teams/{team}/secrets/{name}',
    ability: 'secrets:write',
    query: Force,
  },
  createKey: { method: 'POST', path: '/v1/keys', ability: 'keys:write', body: KeyInput },
  listKeys: { method: 'GET', path: '/v1/keys', ability: 'keys:write', query: OfTeamOrNone },
  revokeKey: { method: 'DELETE', path: '/v1/keys/{id}', ability: 'keys:write' },
  createIntegration: {
    method: 'POST',
    path: '/v1/integrations',
    ability: 'integrations:write',
    body: IntegrationInput,
  },
  listIntegrations: { method: 'GET', path: '/v1/integrations', ability: 'team:read', query: OfTeam },
  readIntegration: { method: 'GET', path: '/v1/integrations/{id}', ability: 'team:read' },
  updateIntegration: {
    method: 'PATCH',
    path: '/v1/integrations/{id}',
    ability: 'integrations:write',
    body: IntegrationChange,
  },
  deleteIntegration: {
    method: 'DELETE',
    path: '/v1/integrations/{id}',
    ability: 'integrations:write',
    query: Force,
  },
  testIntegration: {
    method: 'POST',
    path: '/v1/integrations/{id}/test',
    ability: 'integrations:write',
    body: TestInput,
  },
  createAutomation: {
    method: 'POST',
    path: '/v1/automations',
    ability: 'automations:write',
    body: AutomationInput,
  },
  listAutomations: { method: 'GET', path: '/v1/automations', ability: 'team:read', query: OfTeam },
  readAutomation: { method: 'GET', path: '/v1/automations/{id}', ability: 'team:read' },
  updateAutomation: {
    method: 'PATCH',
    path: '/v1/automations/{id}',
    ability: 'automations:write',
    body: AutomationChange,
  },
  deleteAutomation: { method: 'DELETE', path: '/v1/automations/{id}', ability: 'automations:write' },
  listDeliveries: { method: 'GET', path: '/v1/deliveries', ability: 'team:read', query: DeliveryQuery },
  readWatched: { method: 'GET', path: '/v1/watched', ability: 'watched:read', query: PlaceQuery },
  readDelivery: { method: 'GET', path: '/v1/deliveries/{id}', ability: 'team:read' },
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

/** The route of a request and the values in its path, which API Gateway hands over decoded; undefined when there is none. */
export function findRoute(
  method: string,
  path: string,
): { name: RouteName; params: Record<string, string> } | undefined {
  for (const [name, route] of Object.entries(routes)) {
    if (route.method !== method) continue;
    const params = matchPath(route.path, path);
    if (params) return { name: name as RouteName, params };
  }
  return undefined;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const segment = given[at] ?? '';
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}
