import type { EventType, RunState } from '../core/event.ts';
import {
  type EventMessage,
  openEvent,
  openPoints,
  packMessages,
  type Route,
  unpackMessage,
} from '../core/event-message.ts';
import { parseFilter } from '../core/filters/filter.ts';
import type { PlainEvent } from '../core/firing.ts';
import { type EventReader, eventReader } from '../core/matching/event-reader.ts';
import type { MatchCounts } from '../core/matching/filter-index.ts';
import { MatchIndex } from '../core/matching/match-index.ts';
import type { MetricIndex } from '../core/matching/metric-index.ts';
import { routeReader } from '../core/matching/plain-events.ts';
import { ScopeIndex } from '../core/matching/scope-index.ts';
import { ScopeTable } from '../core/matching/scope-table.ts';
import { Watcher } from '../core/matching/watcher.ts';
import { valuesOf } from '../core/metrics/points.ts';
import { parseEvent } from '../core/received-event.ts';
import { type Place, scopeKey } from '../core/scope.ts';
import type { WireEvent } from './events.ts';
import type { Automation } from './workload.ts';

export interface Ours {
  name: string;
  /** Into an empty index. */
  load(automations: Automation[]): void;
  match(event: WireEvent): string[];
  /** Adds one, or replaces it. */
  put(automation: Automation): void;
  remove(id: string): void;
  /** How many events were matched and how many automations were tried for them, since it was made. */
  counts(): { events: number; candidates: number };
  /** From a message's body as SQS hands it over to the ids matched by its events. */
  matchBody(body: string): string[];
}

/**
 * The product's index as an engine. Conditions on metrics look at one value here, as the peers do, and no run is
 * remembered.
 */
export function openOurs(): Ours {
  const world = openWorld();
  const scopeOf = new Map<string, ScopeIndex>();
  /** One that is not there yet. */
  const add = ({ id, definition }: Automation) => {
    const scope = world.scopeOf(scopeKey(definition.scope));
    scopeOf.set(id, scope);
    scope.put(toWatcher(id, definition));
  };
  return {
    name: 'signalbox',
    load: (automations) => {
      for (const automation of automations) add(automation);
    },
    put: (automation) => {
      scopeOf.get(automation.id)?.remove(automation.id);
      add(automation);
    },
    remove: (id) => scopeOf.get(id)?.remove(id),
    counts: () => world.counts,
    match: (event) => {
      world.counts.events++;
      return matchOpened(event, world.scopes.covering(placeOf(event)), world);
    },
    matchBody: (body) => {
      const message = unpackMessage(body);
      const scopes = world.scopes.covering(message.subject);
      const ids: string[] = [];
      for (const route of message.routes) matchRoute(message, route, scopes, world, ids);
      return ids;
    },
  };
}

/** What the matcher remembers, and counts. */
interface World {
  index: MatchIndex;
  /** The numbers of the scopes that a place falls into. */
  scopes: ScopeTable<number>;
  counts: MatchCounts & { events: number };
}

function openWorld(): World & { scopeOf: (key: string) => ScopeIndex } {
  const index = new MatchIndex();
  const numbers = new Map<string, number>();
  const doors = new Map<string, ScopeIndex>();
  const numberOf = (key: string) => {
    const number = numbers.get(key) ?? index.addScope();
    numbers.set(key, number);
    return number;
  };
  const scopeOf = (key: string) => {
    const door = doors.get(key) ?? new ScopeIndex(index, numberOf(key));
    doors.set(key, door);
    return door;
  };
  return { index, scopes: new ScopeTable(numberOf), counts: { events: 0, candidates: 0 }, scopeOf };
}

/** As the store hands it to the matcher: checked when it was saved, with what the schema fills in. */
function toWatcher(id: string, definition: Automation['definition']): Watcher {
  const saved = definition as unknown as Watcher['definition'];
  return new Watcher({ id }, { revision: 1, definition: saved, triggerSavedAtMs: 0 });
}

function placeOf({ team, project, registry, collection }: WireEvent): Place {
  return { team, project, registry, collection: collection?.name };
}

function matchOpened(event: WireEvent, scopes: number[], world: World): string[] {
  const ids: string[] = [];
  const { type } = event;
  if (type === 'run.metrics') matchPoints(event, scopes, world, ids);
  else if (type === 'run.state') matchState(event.state ?? '', eventReader(event), scopes, world, ids);
  else matchPlain(type, eventReader(event), scopes, world, ids);
  return ids;
}

function matchPoints(event: WireEvent, scopes: number[], world: World, ids: string[]): void {
  const reader = eventReader(event);
  for (const { metrics } of event.points ?? []) {
    for (const name in metrics) {
      meet({ name, value: metrics[name] ?? Number.NaN, event: reader }, scopes, world, ids);
    }
  }
}

function matchPlain(
  type: EventType,
  event: EventReader,
  scopes: number[],
  world: World,
  ids: string[],
): void {
  for (const scope of scopes) addIds(world.index.matching(scope, type, event, world.counts), ids);
}

function matchState(state: string, event: EventReader, scopes: number[], world: World, ids: string[]): void {
  for (const scope of scopes) {
    addIds(world.index.matchingState(scope, state as RunState, event, world.counts), ids);
  }
}

function addIds(watchers: Watcher[], ids: string[]): void {
  for (const { automationId } of watchers) ids.push(automationId);
}

interface Value {
  name: string;
  value: number;
  event: EventReader;
}

/** Adds the automations with a condition on a metric that one value meets. */
function meet(met: Value, scopes: number[], { index, counts }: World, ids: string[]): void {
  for (const scope of scopes) {
    const near = index.metric(scope, met.name);
    if (near) counts.candidates += addMet(near, met, ids);
  }
}

/** Answers how many were tried. */
function addMet(near: MetricIndex, { value, event }: Value, ids: string[]): number {
  const met: Watcher[] = [];
  for (const { tables } of near.groupsFor(event)) for (const { bounds } of tables) bounds.collect(value, met);
  addIds(met, ids);
  return met.length;
}

/** As the matcher goes: from the route to the index, and to the event's own bytes only where something may match. */
function matchRoute(
  message: EventMessage,
  route: Route,
  scopes: number[],
  world: World,
  ids: string[],
): void {
  const event = routeReader(
    message,
    route,
    lazily(() => openEvent(message, route) as PlainEvent),
  );
  if (route.type === 'run.metrics') matchMetricsRoute(message, route, event, scopes, world, ids);
  else if (route.type === 'run.state') matchState(route.state ?? '', event, scopes, world, ids);
  else matchPlain(route.type, event, scopes, world, ids);
}

function matchMetricsRoute(
  message: EventMessage,
  route: Route,
  event: EventReader,
  scopes: number[],
  world: World,
  ids: string[],
): void {
  const { metrics = [], point } = route;
  if (point) {
    const values = point.slice(2);
    metrics.forEach((name, at) => {
      meet({ name, value: Number(values[at]), event }, scopes, world, ids);
    });
    return;
  }
  const watched = metrics.filter((name) => scopes.some((scope) => world.index.metric(scope, name)));
  const points = watched.length > 0 ? openPoints(message, route) : undefined;
  for (const name of watched) {
    for (const value of (points && valuesOf(points, name)) ?? []) {
      if (typeof value === 'number') meet({ name, value, event }, scopes, world, ids);
    }
  }
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The bodies of the messages that ingest makes of these events, in requests of 100. */
export function packBodies(lines: string[]): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < lines.length; at += 100) {
    const events = lines.slice(at, at + 100).map((line) => parseEvent(JSON.parse(line)).event);
    bodies.push(...packMessages(events, { receivedAtMs: 1.7e12, depth: 0 }).map(({ body }) => body));
  }
  return bodies;
}

/** What a user's regular expression becomes: a test, or the reason why it is refused. */
export function compilePattern(source: string): { matches: (text: string) => boolean } | { problem: string } {
  const parsed = parseFilter({ user: { $regex: source } }, ['user']);
  if ('problems' in parsed) return { problem: parsed.problems[0]?.message ?? 'refused' };
  return { matches: (text) => parsed.filter.test(() => text) };
}
