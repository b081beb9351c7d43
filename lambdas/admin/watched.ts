import type { RouteInput } from '../../core/api/routes.ts';
import { digest } from '../../core/id.ts';
import { isOfType, outsideOfPlaces } from '../../core/narrowing.ts';
import { Problem } from '../../core/problem.ts';
import { roleOf } from '../../core/registry.ts';
import { type Place, registryOf } from '../../core/scope.ts';
import { watchedBy } from '../../core/watched.ts';
import { readRegistry } from '../../store/registries.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { noSuchRegistry } from './automations.ts';
import { type AdminContext, permitTeam } from './context.ts';

/** What a client that sends events of this place need not leave at home; 304 while it is what the client knows. */
export async function readWatched(
  { query }: RouteInput<'readWatched'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { team } = query;
  await permitTeam(context, team);
  const place = placeOf(query);
  await checkPlace(place, query.registry === undefined ? 'project' : 'registry', context);
  const watchers = await context.watches.all(place);
  const { narrowing = {} } = context.caller;
  const definitions = watchers.map(({ definition }) => definition);
  const { eventTypes: event_types, ...watched } = watchedBy(definitions, (type) => isOfType(narrowing, type));
  const body = { ...watched, event_types };
  const etag = `"${digest(JSON.stringify(body)).slice(0, 16)}"`;
  if (knows(context.headers['if-none-match'], etag)) return { status: 304, headers: { etag } };
  return { status: 200, body, headers: { etag } };
}

/** On W&B's wire a registry is a project, as in the events themselves. */
function placeOf({
  team,
  project,
  registry = registryOf(project),
}: RouteInput<'readWatched'>['query']): Place {
  return registry === undefined ? { team, project } : { team, registry };
}

/** A key learns nothing of a place that is not its own: outside of its narrowing, or a registry without a role for its team. */
async function checkPlace(
  place: Place,
  field: 'project' | 'registry',
  { caller, table }: AdminContext,
): Promise<void> {
  const outside = caller.narrowing && outsideOfPlaces(caller.narrowing, place);
  if (outside) throw new Problem({ ...outside, field });
  const { team, registry: name } = place;
  if (name === undefined) return;
  const registry = await readRegistry(table, name);
  if (!registry) throw noSuchRegistry(name, field);
  if (roleOf(registry, team) !== undefined) return;
  const detail = `team ${team} has no role in registry ${name}`;
  const hint = `an org_admin gives it one: PUT /v1/registries/${name}/teams/${team} {"role": "viewer"}`;
  throw new Problem({ code: 'forbidden', field, detail, hint });
}

/** Proxies mark an ETag as weak when they compress an answer; it names the same content. */
function knows(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}
