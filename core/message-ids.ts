import type { EventMessage } from './event-message.ts';
import { derivedId, digest } from './id.ts';

/** Of all that a message holds, also when it was received: the same events posted again make another one. */
export function messageId(body: string): string {
  return derivedId('msg', digest(body));
}

/**
 * The same for the same events posted again: by their ids, and for metrics by their points as well, since a client may
 * give all of them one id. Where points name no steps nothing else tells a repeat.
 */
export function repeatableId({
  groupId,
  routes,
  lines,
}: Pick<EventMessage, 'routes' | 'lines'> & { groupId: string }): string {
  const parts = routes.flatMap(({ id, metrics, point, pointsLine = -1 }) =>
    metrics === undefined ? [id] : [id, digest(JSON.stringify([metrics, point ?? lines[pointsLine]]))],
  );
  return derivedId('msg', groupId, ...parts);
}
