import type { Delivery } from '../delivery.ts';
import { type EventMessage, openEvent, type Route } from '../event-message.ts';
import { type PlainEvent, plainDelivery } from '../firing.ts';
import type { JsonValue } from '../json.ts';
import { type EventReader, readerOf } from './event-reader.ts';
import type { ScopeIndex } from './scope-index.ts';

/** The deliveries of the automations in these scopes that an artifact, collection or custom event fires. */
export function matchRoute(
  message: EventMessage,
  route: Route,
  indexes: ScopeIndex[],
  nowMs: number,
): Delivery[] {
  const { receivedAtMs, depth } = message;
  const event = lazily(() => openEvent(message, route) as PlainEvent);
  const reader = routeReader(message, route, event);
  const watchers = indexes.flatMap((index) => index.plain(route.type)?.matching(reader) ?? []);
  return watchers
    .filter((watcher) => watcher.triggerSavedAtMs <= receivedAtMs)
    .map((watcher) => plainDelivery(watcher, event(), { receivedAtMs, depth, nowMs }));
}

/** Reads what the route knows, and opens the event for the rest. */
export function routeReader({ subject }: EventMessage, route: Route, event: () => PlainEvent): EventReader {
  const { team, project, registry, collection } = subject;
  const known: { [path: string]: JsonValue | undefined } = {
    team,
    project,
    registry,
    user: route.user,
    'collection.name': collection,
  };
  if (route.label !== undefined) known[route.type.includes('alias') ? 'alias' : 'tag'] = route.label;
  const field = (root: string): JsonValue | undefined => {
    if (root !== 'collection' && Object.hasOwn(known, root)) return known[root];
    const fields = event() as unknown as { [field: string]: JsonValue };
    return Object.hasOwn(fields, root) ? fields[root] : undefined;
  };
  return readerOf(field, known);
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
