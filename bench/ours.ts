import type { EventType, RunState } from '../core/event.ts';
import {
  type EventMessage,
  openPoints,
  packMessages,
  type Route,
  unpackMessage,
} from '../core/event-message.ts';
import { parseFilter } from '../core/filters/filter.ts';
import { type EventReader, eventReader } from '../core/matching/event-reader.ts';
import type { MatchCounts } from '../core/matching/filter-index.ts';
import { MatchIndex } from '../core/matching/match-index.ts';
import { RouteReader } from '../core/matching/plain-events.ts';
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
      const found: Watcher[] = [];
      for (const route of message.routes) matchRoute(message, route, scopes, world, found);
      return idsOf(found);
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
  const found: Watcher[] = [];
  const { type } = event;
  const reader = eventReader(event);
  if (type === 'run.metrics') matchPoints(event, reader, scopes, world, found);
  else if (type === 'run.state') matchState(event.state ?? '', reader, scopes, world, found);
  else matchPlain(type, reader, scopes, world, found);
  return idsOf(found);
}

function matchPoints(
  { points = [] }: WireEvent,
  event: EventReader,
  scopes: number[],
  world: World,
  into: Watcher[],
): void {
  for (const { metrics } of points) {
    for (const name in metrics) meet(name, metrics[name] as number, event, scopes, world, into);
  }
}

function matchPlain(
  type: EventType,
  event: EventReader,
  scopes: number[],
  { index, counts }: World,
  into: Watcher[],
): void {
  for (const scope of scopes) index.collect(scope, type, event, into, counts);
}

function matchState(
  state: string,
  event: EventReader,
  scopes: number[],
  { index, counts }: World,
  into: Watcher[],
): void {
  for (const scope of scopes) index.collectState(scope, state as RunState, event, into, counts);
}

function idsOf(watchers: Watcher[]): string[] {
  const ids: string[] = [];
  for (const { automationId } of watchers) ids.push(automationId);
  return ids;
}

/** Adds the automations with a condition on a metric that one value meets. */
function meet(
  name: string,
  value: number,
  event: EventReader,
  scopes: number[],
  { index, counts }: World,
  into: Watcher[],
): void {
  const before = into.length;
  for (const near of index.metricsNear(scopes, name, value)) {
    for (const { first } of near.groupsFor(event)) {
      for (let table = first; table !== undefined; table = table.next) table.collect(value, into);
    }
  }
  counts.candidates += into.length - before;
}

/** As the matcher goes: from the route to the index, and to the event's own bytes only where something may match. */
function matchRoute(
  message: EventMessage,
  route: Route,
  scopes: number[],
  world: World,
  into: Watcher[],
): void {
  const event = new RouteReader(message, route);
  if (route.point) matchPoint(route, event, scopes, world, into);
  else if (route.type === 'run.metrics') matchColumns(message, route, event, scopes, world, into);
  else if (route.type === 'run.state') matchState(route.state ?? '', event, scopes, world, into);
  else matchPlain(route.type, event, scopes, world, into);
}

function matchPoint(
  { metrics = [], point = [] }: Route,
  event: EventReader,
  scopes: number[],
  world: World,
  into: Watcher[],
): void {
  for (let at = 0; at < metrics.length; at++) {
    meet(metrics[at] as string, Number(point[at + 2]), event, scopes, world, into);
  }
}

function matchColumns(
  message: EventMessage,
  route: Route,
  event: EventReader,
  scopes: number[],
  world: World,
  into: Watcher[],
): void {
  const { metrics = [] } = route;
  const watched = metrics.filter((name) => scopes.some((scope) => world.index.metric(scope, name)));
  const points = watched.length > 0 ? openPoints(message, route) : undefined;
  for (const name of watched) {
    for (const value of (points && valuesOf(points, name)) ?? []) {
      if (typeof value === 'number') meet(name, value, event, scopes, world, into);
    }
  }
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
