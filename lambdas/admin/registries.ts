import type { RouteInput } from '../../core/api/routes.ts';
import { Name } from '../../core/name.ts';
import { Problem } from '../../core/problem.ts';
import { MAX_TEAMS, mayAutomate, type Registry, type RegistryRole, roleOf } from '../../core/registry.ts';
import { pageOfAll } from '../../store/items.ts';
import {
  readRegistry as findRegistry,
  listRegistries as readRegistries,
  deleteRegistry as removeRegistry,
  updateRegistry as storeChange,
  createRegistry as storeRegistry,
} from '../../store/registries.ts';
import type { HttpAnswer } from '../shared/http.ts';
import {
  type AdminContext,
  authorOf,
  checkMatch,
  etagOf,
  isSame,
  listAnswer,
  requireTeam,
  stale,
  taken,
} from './context.ts';
import { dependOn, switchOff } from './registry-users.ts';

export async function createRegistry(
  { body }: RouteInput<'createRegistry'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { seed } = context.identity;
  const registry = { ...body, roles: {}, version: 1, createdAtMs: context.now(), madeBy: seed };
  if (await storeRegistry(context.table, registry, authorOf(context))) return answer(201, registry, context);
  const there = await findRegistry(context.table, body.name);
  if (there?.madeBy === seed) return answer(201, there, context);
  throw taken('registry', body.name);
}

/** The registries: an org_admin sees all, a team those in which it has a role. */
export async function listRegistries(
  { query }: RouteInput<'listRegistries'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const page = await pageOfAll(query, (start) => readRegistries(context.table, start), {
    takes: (registry) => isVisible(registry, context),
    cursorOf: ({ name }) => name,
  });
  return listAnswer('registries', page, (registry) => toJson(registry, context));
}

export async function readRegistry(
  { params }: RouteInput<'readRegistry'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  return answer(200, await find(params, context), context);
}

export async function updateRegistry(
  { params, body }: RouteInput<'updateRegistry'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const before = await find(params, context);
  checkMatch(context, before, 'registry');
  return answer(
    200,
    await save(before, { description: body.description ?? before.description }, context),
    context,
  );
}

/** Deletes a registry; automations in it are named, or switched off when it is forced. */
export async function deleteRegistry(
  { params, query }: RouteInput<'deleteRegistry'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const registry = await find(params, context);
  checkMatch(context, registry, 'registry');
  const teams = Object.keys(registry.roles);
  await freeFrom(registry, teams, query.force === 'true', context);
  if (!(await removeRegistry(context.table, registry, authorOf(context)))) throw stale('registry');
  await switchOff(registry.name, teams, context);
  return { status: 204 };
}

export async function putRegistryRole(
  { params, body, query }: RouteInput<'putRegistryRole'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const before = await find(params, context);
  checkMatch(context, before, 'registry');
  const team = params['team'] ?? '';
  await requireTeam(context, team);
  if (Object.keys(before.roles).length >= MAX_TEAMS && !roleOf(before, team)) {
    const detail = `${MAX_TEAMS} teams have a role in this registry, which is the limit`;
    throw new Problem({ code: 'conflict', detail, hint: 'take a role away first' });
  }
  const roles = { ...before.roles, [team]: body.role };
  return answer(
    200,
    await changeRole(before, roles, { team, isForced: query.force === 'true' }, context),
    context,
  );
}

export async function deleteRegistryRole(
  { params, query }: RouteInput<'deleteRegistryRole'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const before = await find(params, context);
  checkMatch(context, before, 'registry');
  const team = params['team'] ?? '';
  if (!roleOf(before, team)) {
    const detail = `team ${team} has no role in registry ${before.name}`;
    throw new Problem({ code: 'not_found', detail, hint: `see GET /v1/registries/${before.name}` });
  }
  const { [team]: _role, ...roles } = before.roles;
  await changeRole(before, roles, { team, isForced: query.force === 'true' }, context);
  return { status: 204 };
}

/**
 * Gives a team another role or none. What depends on the old one is switched off before, so that a crash leaves no
 * automation without its right, and once more after, for one that was made in between.
 */
async function changeRole(
  before: Registry,
  roles: Record<string, RegistryRole>,
  { team, isForced }: { team: string; isForced: boolean },
  context: AdminContext,
): Promise<Registry> {
  const loses = mayAutomate(before, team) && !mayAutomate({ roles }, team);
  if (loses) await freeFrom(before, [team], isForced, context);
  const after = await save(before, { roles }, context);
  if (loses) await switchOff(before.name, [team], context);
  return after;
}

async function freeFrom(
  { name }: Registry,
  teams: string[],
  isForced: boolean,
  context: AdminContext,
): Promise<void> {
  if (isForced) {
    await switchOff(name, teams, context);
    return;
  }
  const users = await dependOn(name, teams, context);
  if (users.length === 0) return;
  const names = users.map(({ head, revision }) => `${revision.definition.name} (${head.id})`);
  const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
  const detail = `automations in registry ${name} depend on it: ${names.slice(0, 20).join(', ')}${more}`;
  const hint = 'delete these automations first; with ?force=true they are disabled';
  throw new Problem({ code: 'conflict', detail, hint });
}

async function save(
  before: Registry,
  change: Partial<Pick<Registry, 'description' | 'roles'>>,
  context: AdminContext,
): Promise<Registry> {
  const after = { ...before, ...change, version: before.version + 1 };
  if (isSame(before, after)) return before;
  if (await storeChange(context.table, before, after, authorOf(context))) return after;
  throw stale('registry');
}

async function find(params: Record<string, string>, context: AdminContext): Promise<Registry> {
  const name = Name.safeParse(params['registry']).data ?? '';
  const registry = name === '' ? undefined : await findRegistry(context.table, name);
  if (registry && isVisible(registry, context)) return registry;
  const hint = 'GET /v1/registries lists what there is';
  throw new Problem({ code: 'not_found', detail: 'there is no such registry', hint });
}

function isVisible(registry: Registry, { caller }: AdminContext): boolean {
  return caller.role === 'org_admin' || roleOf(registry, caller.team ?? '') !== undefined;
}

function answer(status: number, registry: Registry, context: AdminContext): HttpAnswer {
  return { status, body: toJson(registry, context), headers: { etag: etagOf(registry) } };
}

/** A team sees its own role only. */
function toJson({ name, description, roles, createdAtMs }: Registry, { caller }: AdminContext) {
  const shown = Object.entries(roles)
    .filter(([team]) => caller.role === 'org_admin' || team === caller.team)
    .map(([team, role]) => ({ team, role }));
  return { name, description, roles: shown, created_at: new Date(createdAtMs).toISOString() };
}
