import type { Delivery } from '../../core/delivery.ts';
import { type EventMessage, openEvent, type Route } from '../../core/event-message.ts';
import { type PlainEvent, plainDelivery } from '../../core/firing.ts';
import type { JsonValue } from '../../core/json.ts';
import { type EventReader, readerOf } from '../../core/matching/event-reader.ts';
import type { ScopeIndex } from '../../core/matching/scope-index.ts';
import { writeDeliveries } from '../shared/outbox.ts';
import type { Watches } from '../shared/watch-cache.ts';
import type { ActivityLog } from './activity-log.ts';
import type { Matched } from './match-batch.ts';

export interface PlainDeps {
  watches: Watches;
  putDelivery: (delivery: Delivery) => Promise<boolean>;
  sendDeliveries: (deliveries: Delivery[]) => Promise<void>;
  activity: Pick<ActivityLog, 'note'>;
  now: () => number;
}

/** Matches artifact, collection and custom events. Nothing is remembered: each event decides by itself (W&B). */
export async function matchPlain(messages: EventMessage[], deps: PlainDeps): Promise<Matched[]> {
  const matched = await Promise.all(messages.map((message) => matchMessage(message, deps)));
  await writeDeliveries(
    matched.flatMap(({ deliveries }) => deliveries),
    deps,
  );
  for (const { message, deliveries } of matched) {
    for (const { automationId } of deliveries) {
      deps.activity.note(automationId, { fired: true, atMs: message.receivedAtMs });
    }
  }
  return matched;
}

async function matchMessage(message: EventMessage, deps: PlainDeps): Promise<Matched> {
  const events = [...new Set(message.routes.map(({ type }) => type))];
  const wants = events.map((event) => ({ event, metric: '' }));
  const indexes = await deps.watches.load(message.subject, wants);
  const deliveries = message.routes.flatMap((route) => matchRoute(message, route, indexes, deps));
  const sizes = events.map((event) =>
    indexes.reduce((sum, index) => sum + (index.plain(event)?.size ?? 0), 0),
  );
  return { message, watching: Math.max(0, ...sizes), deliveries, late: 0, heldBack: 0 };
}

function matchRoute(message: EventMessage, route: Route, indexes: ScopeIndex[], deps: PlainDeps): Delivery[] {
  const { receivedAtMs, depth } = message;
  const event = lazily(() => openEvent(message, route) as PlainEvent);
  const reader = routeReader(message, route, event);
  const watchers = indexes.flatMap((index) => index.plain(route.type)?.matching(reader) ?? []);
  return watchers
    .filter((watcher) => watcher.triggerSavedAtMs <= receivedAtMs)
    .map((watcher) => plainDelivery(watcher, event(), { receivedAtMs, depth, nowMs: deps.now() }));
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
