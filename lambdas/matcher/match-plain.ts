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
  /** When this invocation should come to its end, in ms since 1970. */
  stopAtMs: number;
}

/** So many deliveries are written before it is asked whether there is time for more. */
const HANDFUL = 200;

/**
 * Matches artifact, collection and custom events. Nothing is remembered: each event decides by itself (W&B). Thousands
 * that fire may be more than one invocation can write: answers only the first of the messages then, which are done.
 */
export async function matchPlain(messages: EventMessage[], deps: PlainDeps): Promise<Matched[]> {
  const matched = await Promise.all(messages.map((message) => matchMessage(message, deps)));
  const done: Matched[] = [];
  for (const handful of handfulsOf(matched)) {
    if (done.length > 0 && deps.now() >= deps.stopAtMs) break;
    await writeDeliveries(
      handful.flatMap(({ deliveries }) => deliveries),
      countingFirings(deps),
    );
    done.push(...handful);
  }
  return done;
}

function handfulsOf(matched: Matched[]): Matched[][] {
  const handfuls: Matched[][] = [];
  let count = HANDFUL;
  for (const one of matched) {
    if (count >= HANDFUL) {
      handfuls.push([]);
      count = 0;
    }
    handfuls.at(-1)?.push(one);
    count += one.deliveries.length;
  }
  return handfuls;
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
