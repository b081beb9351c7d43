import type { AutomationDefinition } from '../automation.ts';
import type { Delivery } from '../delivery.ts';
import { isRunEvent, type SignalboxEvent } from '../event.ts';
import { type EventMessage, packMessages, type TravellingEvent, unpackMessage } from '../event-message.ts';
import type { PlainEvent } from '../firing.ts';
import { eventReader } from '../matching/event-reader.ts';
import { MatchIndex } from '../matching/match-index.ts';
import { matchRoute } from '../matching/plain-events.ts';
import { ScopeIndex } from '../matching/scope-index.ts';
import { ScopeTable } from '../matching/scope-table.ts';
import { Watcher } from '../matching/watcher.ts';
import { scopeKey } from '../scope.ts';
import { lengthen, type Miss, type MissReason, type Stretch, stretchOf } from './miss.ts';
import { RunReplay, type Taken } from './run-replay.ts';
import type { Found } from './witness.ts';

/** An event, and when it is taken to have been received. */
export interface DryEvent {
  event: SignalboxEvent;
  receivedAtMs: number;
}

/** A firing: the delivery that would be written. */
export interface DryFiring {
  event: number | undefined;
  delivery: Delivery;
  /** Of metrics. */
  attempt?: number;
}

export interface DryRun {
  firings: DryFiring[];
  /** Everything that does not fire, in the order in which it came. */
  misses: Stretch[];
  /** How often each came, over events and values. */
  counts: Map<'fired' | MissReason, number>;
}

/** Which automation is tried; of one that is not saved the id is made up. */
export interface Tried {
  id: string;
  revision: number;
  definition: AutomationDefinition;
}

/**
 * Lets an automation see events that came to nobody else, by the matcher's own code: when would it have fired, and why
 * not. It is taken to have been there before them all, alone, in runs of which nothing was known. Nothing is kept.
 */
export function dryRun(tried: Tried, events: DryEvent[], nowMs: number): DryRun {
  const replay = new Replay(tried, nowMs);
  for (const [at, { event, receivedAtMs }] of events.entries()) replay.take(at, event, receivedAtMs);
  return replay.outcome;
}

/** The number of the event; undefined for a silence. */
type Place = number | undefined;

class Replay {
  readonly outcome: DryRun = { firings: [], misses: [], counts: new Map() };
  readonly #watcher: Watcher;
  readonly #scopes: ScopeTable<ScopeIndex>;
  readonly #nowMs: number;
  readonly #runs: RunReplay;
  readonly #deliveries = new Set<string>();
  /** What the next miss may belong to. */
  #stretch: Stretch | undefined;

  constructor({ id, revision, definition }: Tried, nowMs: number) {
    const watcher = new Watcher({ id }, { revision, definition, triggerSavedAtMs: 0 });
    const all = new MatchIndex();
    const own = scopeKey(definition.scope);
    this.#watcher = watcher;
    this.#nowMs = nowMs;
    this.#scopes = new ScopeTable((key) => {
      const index = new ScopeIndex(all);
      if (key === own) index.put(watcher);
      return index;
    });
    this.#runs = new RunReplay(watcher, nowMs);
  }

  take(at: number, event: SignalboxEvent, receivedAtMs: number): void {
    for (const silence of this.#runs.silencesBefore(receivedAtMs)) {
      this.#takeOne(undefined, silence.event, silence.atMs);
    }
    this.#takeOne(at, event, receivedAtMs);
  }

  #takeOne(at: Place, event: TravellingEvent, receivedAtMs: number): void {
    this.#stretch = undefined;
    const message = messageOf(event, receivedAtMs);
    const indexes = this.#scopes.covering(message.subject);
    const taken = isRunEvent(event)
      ? this.#runs.take(message, event, indexes)
      : this.#takePlain(event, message, indexes);
    const known = this.#whyNot(event, indexes);
    const deliveries = [...taken.deliveries];
    for (const one of known ? [{ miss: known }] : taken.found) {
      if (one.miss) this.#miss(at, one.miss, one);
      else this.#fire(at, deliveries.shift(), taken.attempt, one);
    }
  }

  #takePlain(event: PlainEvent, message: EventMessage, indexes: ScopeIndex[]): Taken {
    const deliveries = message.routes.flatMap((route) => matchRoute(message, route, indexes, this.#nowMs));
    if (deliveries.length > 0) return { deliveries, found: [{}] };
    const clauses = this.#watcher.filter.explain(eventReader(event).field);
    return { deliveries, found: [{ miss: { reason: 'filter', clauses } }] };
  }

  /** What needs no look at the event's content, nor at what came before. */
  #whyNot({ type }: TravellingEvent, indexes: ScopeIndex[]): Miss | undefined {
    const { event } = this.#watcher.definition.trigger;
    if (type === 'run.heartbeat' && event === 'run.state') return { reason: 'sign_of_life' };
    if (type !== event) return { reason: 'other_event' };
    return indexes.some((index) => index.size > 0) ? undefined : { reason: 'other_scope' };
  }

  #fire(event: Place, delivery: Delivery | undefined, attempt: number | undefined, of: Found): void {
    if (!delivery) throw new Error('a firing has a delivery');
    if (this.#deliveries.has(delivery.id)) {
      this.#miss(event, { reason: 'same_occurrence' }, of);
      return;
    }
    this.#stretch = undefined;
    this.#deliveries.add(delivery.id);
    this.#count('fired', 1);
    this.outcome.firings.push({ event, delivery, ...(attempt !== undefined && { attempt }) });
  }

  #miss(event: Place, miss: Miss, { step, count = 1 }: { step?: number; count?: number }): void {
    this.#count(miss.reason, count);
    if (this.#stretch?.miss.reason === miss.reason && step !== undefined) {
      lengthen(this.#stretch, miss, step);
      return;
    }
    this.#stretch = stretchOf({ event, miss, count }, step);
    this.outcome.misses.push(this.#stretch);
  }

  #count(what: 'fired' | MissReason, times: number): void {
    const { counts } = this.outcome;
    counts.set(what, (counts.get(what) ?? 0) + times);
  }
}

/** As the queue hands it to the matcher. */
function messageOf(event: TravellingEvent, receivedAtMs: number): EventMessage {
  const [packed] = packMessages([event], { receivedAtMs, depth: 0 });
  if (!packed) throw new Error('an event makes a message');
  return unpackMessage(packed.body);
}
