import type { RouteInput } from '../../core/api/routes.ts';
import type { Change } from '../../core/audit.ts';
import { listChanges } from '../../store/audit.ts';
import { pageOfAll } from '../../store/items.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, listAnswer, permit, requireTeam } from './context.ts';

/** Every change, newest first: an org_admin sees all, an admin those of the own team. */
export async function listAudit(
  { query }: RouteInput<'listAudit'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { caller, table } = context;
  const team = query.team ?? caller.team;
  if (team !== undefined) {
    permit(context, team);
    if (caller.role === 'org_admin') await requireTeam(context, team);
  }
  const { noun, target, key, since, until } = query;
  const span = { sinceMs: momentOf(since), untilMs: momentOf(until) };
  const page = await pageOfAll(query, (start) => listChanges(table, team, { ...start, ...span }), {
    takes: (change) =>
      (noun === undefined || change.noun === noun) &&
      (target === undefined || change.target === target) &&
      (key === undefined || change.by === key),
    cursorOf: ({ atMs, id }) => `${new Date(atMs).toISOString()}#${id}`,
  });
  return listAnswer('changes', page, toJson);
}

const momentOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

function toJson({ by, atMs, ...change }: Change) {
  return { ...change, key: by, at: new Date(atMs).toISOString() };
}
