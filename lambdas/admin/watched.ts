import type { RouteInput } from '../../core/api/routes.ts';
import { digest } from '../../core/id.ts';
import { watchedBy } from '../../core/watched.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, permit, requireTeam } from './context.ts';

/** What a client that sends events of this place need not leave at home; 304 while it is what the client knows. */
export async function readWatched(
  { query }: RouteInput<'readWatched'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { team } = query;
  permit(context, team);
  await requireTeam(context, team);
  const watchers = await context.watches.all(query);
  const { eventTypes: event_types, ...watched } = watchedBy(watchers.map(({ definition }) => definition));
  const body = { ...watched, event_types };
  const etag = `"${digest(JSON.stringify(body)).slice(0, 16)}"`;
  if (knows(context.headers['if-none-match'], etag)) return { status: 304, headers: { etag } };
  return { status: 200, body, headers: { etag } };
}

/** Proxies mark an ETag as weak when they compress an answer; it names the same content. */
function knows(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}
