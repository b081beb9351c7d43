import type { Delivery } from '../../core/delivery.ts';
import type { EventMessage } from '../../core/event-message.ts';
import { matchRoute } from '../../core/matching/plain-events.ts';
import type { ScopeIndex } from '../../core/matching/scope-index.ts';
import { writeDeliveries } from '../shared/outbox.ts';
import type { Watches } from '../shared/watch-cache.ts';
import type { ActivityLog } from './activity-log.ts';
import { countingFirings } from './count-firings.ts';
import type { Matched } from './match-batch.ts';
import { noteSightings, type SightingLog } from './sighting-log.ts';

export interface PlainDeps {
  watches: Watches;
  putDelivery: (delivery: Delivery) => Promise<boolean>;
  sendDeliveries: (deliveries: Delivery[]) => Promise<void>;
  activity: Pick<ActivityLog, 'note'>;
  sightings: Pick<SightingLog, 'note'>;
  now: () => number;
}

/** Matches artifact, collection and custom events. Nothing is remembered: each event decides by itself (W&B). */
export async function matchPlain(messages: EventMessage[], deps: PlainDeps): Promise<Matched[]> {
  const matched = await Promise.all(messages.map((message) => matchMessage(message, deps)));
  await writeDeliveries(
    matched.flatMap(({ deliveries }) => deliveries),
    countingFirings(deps),
  );
  return matched;
}

async function matchMessage(message: EventMessage, deps: PlainDeps): Promise<Matched> {
  const events = [...new Set(message.routes.map(({ type }) => type))];
  const wants = events.map((event) => ({ event, metric: '' }));
  const indexes = await deps.watches.load(message.subject, wants);
  for (const want of wants) {
    const isWatched = (index: ScopeIndex) => index.plain(want.event) !== undefined;
    noteSightings(want, { place: message.subject, indexes, isWatched, atMs: message.receivedAtMs }, deps);
  }
  const deliveries = message.routes.flatMap((route) => matchRoute(message, route, indexes, deps.now()));
  const sizes = events.map((event) =>
    indexes.reduce((sum, index) => sum + (index.plain(event)?.size ?? 0), 0),
  );
  return { message, watching: Math.max(0, ...sizes), deliveries, late: 0, heldBack: 0 };
}
