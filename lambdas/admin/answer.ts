import * as z from 'zod';
import type { Route } from '../../core/api/route.ts';
import { findRoute, type RouteInput, type RouteName, routes } from '../../core/api/routes.ts';
import { digest } from '../../core/id.ts';
import { findJsonFault, parseJson } from '../../core/json.ts';
import { type Ability, type Caller, type Role, roleMay, rolesWith } from '../../core/key.ts';
import { Name, TeamName } from '../../core/name.ts';
import { detailsOfZod, Problem, parseInput } from '../../core/problem.ts';
import { bodyText, type HttpAnswer, type HttpRequest } from '../shared/http.ts';
import { listAudit } from './audit.ts';
import {
  createAutomation,
  deleteAutomation,
  listAutomations,
  readAutomation,
  updateAutomation,
} from './automations.ts';
import type { AdminContext } from './context.ts';
import { listDeliveries, readDelivery } from './deliveries.ts';
import {
  createIntegration,
  deleteIntegration,
  listIntegrations,
  readIntegration,
  updateIntegration,
} from './integrations.ts';
import { createKey, listKeys, readKey, revokeKey, updateKey } from './keys.ts';
import { once } from './once.ts';
import {
  createRegistry,
  deleteRegistry,
  deleteRegistryRole,
  listRegistries,
  putRegistryRole,
  readRegistry,
  updateRegistry,
} from './registries.ts';
import { createResend, readResend, resendDelivery } from './resends.ts';
import { deleteSecret, listSecrets, putSecret } from './secrets.ts';
import { createTeam, deleteTeam, listTeams, readTeam, updateTeam } from './teams.ts';
import { testAutomation } from './test-automation.ts';
import { testIntegration } from './test-call.ts';
import { readWatched } from './watched.ts';
import { explainAutomation, readStanding } from './why.ts';

type RouteHandler<Name extends RouteName> = (
  input: RouteInput<Name>,
  context: AdminContext,
) => Promise<HttpAnswer>;

/** The routes that need no key and those of other functions are answered elsewhere. */
type OwnRoute = Exclude<RouteName, 'readDocument' | 'postEvents'>;

const handlers: { [Name in OwnRoute]: RouteHandler<Name> } = {
  createTeam,
  listTeams,
  readTeam,
  updateTeam,
  deleteTeam,
  createRegistry,
  listRegistries,
  readRegistry,
  updateRegistry,
  deleteRegistry,
  putRegistryRole,
  deleteRegistryRole,
  listAudit,
  putSecret,
  listSecrets,
  deleteSecret,
  createKey,
  listKeys,
  readKey,
  updateKey,
  revokeKey,
  createIntegration,
  listIntegrations,
  readIntegration,
  updateIntegration,
  deleteIntegration,
  testIntegration,
  createAutomation,
  listAutomations,
  readAutomation,
  updateAutomation,
  deleteAutomation,
  listDeliveries,
  readDelivery,
  resendDelivery,
  createResend,
  readResend,
  readWatched,
  testAutomation,
  readStanding,
  explainAutomation,
};

const anyOf = (roles: Role[]) =>
  roles.length === 1 ? `the role ${roles[0]}` : `one of the roles ${roles.join(', ')}`;

/** What the function brings along to every request. */
export type AdminParts = Omit<AdminContext, 'caller' | 'ability' | 'headers' | 'identity'>;

const MAX_BODY_BYTES = 1_000_000;

/** Answers one request: finds its route, checks the caller's role, then the input, then does it. */
export async function answer(request: HttpRequest, caller: Caller, parts: AdminParts): Promise<HttpAnswer> {
  const found = findRoute(request.method, request.path);
  if (!('name' in found) || !isOwn(found.name)) throw notThere(request, 'allow' in found ? found.allow : []);
  const route: Route = routes[found.name];
  const ability = route.ability as Ability;
  if (!roleMay(caller.role, ability)) {
    const detail = `key ${caller.keyId} has the role ${caller.role}, which has no ${ability}`;
    throw new Problem({ code: 'forbidden', detail, hint: `use a key with ${anyOf(rolesWith(ability))}` });
  }
  const params = checkedParams(found.params);
  const text = route.body ? bodyText(request, route.maxBodyBytes ?? MAX_BODY_BYTES) : '';
  const input = {
    params,
    query: parseInput(route.query ?? NoQuery, request.query),
    body: route.body && parseInput(route.body, sound(parseJson(text))),
  };
  // The table above ties each name to the handler of its own input; TypeScript can't follow a name that varies.
  const handle = handlers[found.name] as RouteHandler<OwnRoute>;
  const said = digest(JSON.stringify([found.name, params, request.query, text]));
  const repeatKey = route.repeatable ? request.headers['idempotency-key'] : undefined;
  return once(repeatKey, { caller, content: said }, parts, (identity) =>
    handle(input as RouteInput<OwnRoute>, { ...parts, caller, ability, headers: request.headers, identity }),
  );
}

/** What was parsed, unless something in it would be lost on its way. */
function sound(value: unknown): unknown {
  const fault = findJsonFault(value);
  if (!fault) return value;
  const field = fault.path.join('.');
  const hint = `correct ${field === '' ? 'the body' : field} and send the request again`;
  throw new Problem({ code: 'invalid_input', ...(field !== '' && { field }), detail: fault.detail, hint });
}

const NoQuery = z.strictObject({});

const isOwn = (name: RouteName): name is OwnRoute => Object.hasOwn(handlers, name);

function notThere({ method, path }: HttpRequest, allow: string[]): Problem {
  if (allow.length === 0) {
    const hint = 'GET /v1/openapi.json lists what there is';
    return new Problem({ code: 'not_found', detail: `there is no ${path}`, hint });
  }
  const detail = `${path} has no ${method}`;
  return new Problem({ code: 'method_not_allowed', detail, hint: `use ${allow.join(' or ')}`, allow });
}

/** What a path may hold, by the name of the part; a name of a secret is judged by its handler. */
const paramSchemas: Record<string, z.ZodType<string>> = {
  id: z.string().regex(/^\w{1,64}$/, 'is not an id'),
  team: TeamName,
  run: Name,
};

/** The values of a path as they are stored: names may be composed otherwise in it. */
function checkedParams(params: Record<string, string>): Record<string, string> {
  const checked = Object.entries(params).map(([name, value]) => {
    const result = paramSchemas[name]?.safeParse(value);
    if (result?.success === false) throw new Problem(detailsOfZod(result.error, [name]));
    return [name, result?.data ?? value];
  });
  return Object.fromEntries(checked);
}
