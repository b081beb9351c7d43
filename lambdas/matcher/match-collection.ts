import type { Delivery } from '../../core/delivery.ts';
import { type EventMessage, openEvent } from '../../core/event-message.ts';
import { scopeKeysCovering } from '../../core/scope.ts';
import { matchArtifact, type Watcher } from '../../core/watcher.ts';
import { writeDeliveries } from '../shared/outbox.ts';
import type { Matched } from './match-batch.ts';
import type { WatchCache } from './watch-cache.ts';

export interface CollectionDeps {
  watchersOf: WatchCache['watchersOf'];
  putDelivery: (delivery: Delivery) => Promise<boolean>;
  sendDeliveries: (deliveries: Delivery[]) => Promise<void>;
  now: () => number;
}

/** Matches the events of one artifact collection. Nothing is remembered: each event decides by itself. */
export async function matchCollection(messages: EventMessage[], deps: CollectionDeps): Promise<Matched[]> {
  const matched = await Promise.all(messages.map((message) => matchMessage(message, deps)));
  await writeDeliveries(
    matched.flatMap(({ deliveries }) => deliveries),
    deps,
  );
  return matched;
}

async function matchMessage(message: EventMessage, deps: CollectionDeps) {
  const { receivedAtMs, depth } = message;
  const arrival = { receivedAtMs, depth, nowMs: deps.now() };
  const scopes = scopeKeysCovering(message.subject);
  const deliveries: Delivery[] = [];
  let watching = 0;
  for (const [at, route] of message.routes.entries()) {
    const found = await Promise.all(scopes.map((scope) => deps.watchersOf(scope, route.type, [''])));
    const watchers: Watcher[] = found.flatMap((byMetric) => byMetric.get('') ?? []);
    watching = Math.max(watching, watchers.length);
    if (watchers.length === 0) continue;
    const event = openEvent(message.events[at] ?? '');
    if (event.type !== 'run.metrics') deliveries.push(...matchArtifact(event, watchers, arrival));
  }
  return { message, watching, deliveries, late: 0 };
}
