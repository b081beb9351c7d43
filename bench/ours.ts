import type { EventType } from '../core/event.ts';
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
import type { MetricIndex } from '../core/matching/metric-index.ts';
import { ScopeIndex } from '../core/matching/scope-index.ts';
import { ScopeTable } from '../core/matching/scope-table.ts';
import { Shelves } from '../core/matching/shelves.ts';
import { Watcher } from '../core/matching/watcher.ts';
import { type Points, valuesOf } from '../core/metrics/points.ts';
import { parseEvent } from '../core/received-event.ts';
import { type Place, scopeKey } from '../core/scope.ts';
import { routeReader } from '../lambdas/matcher/match-plain.ts';
import type { WireEvent } from './events.ts';
import type { Automation } from './workload.ts';

export interface Ours {
  name: string;
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
 * The product's indexes as an engine: a ScopeIndex for each scope, as the matcher's cache keeps them. Conditions on
 * metrics look at one value here, as the peers do, and no run is remembered.
 */
export function openOurs(): Ours {
  const shelves = new Shelves();
  const byKey = new Map<string, ScopeIndex>();
  const indexOf = (key: string) => {
    const index = byKey.get(key) ?? new ScopeIndex(shelves);
    byKey.set(key, index);
    return index;
  };
  const scopes = new ScopeTable(indexOf);
  const scopeOf = new Map<string, ScopeIndex>();
  const counts: MatchCounts & { events: number } = { events: 0, candidates: 0 };
  const ours: Ours = {
    name: 'signalbox',
    load: (automations) => {
      for (const automation of automations) ours.put(automation);
    },
    put: ({ id, definition }) => {
      const index = indexOf(scopeKey(definition.scope));
      ours.remove(id);
      scopeOf.set(id, index);
      index.put(toWatcher(id, definition));
    },
    remove: (id) => scopeOf.get(id)?.remove(id),
    counts: () => counts,
    match: (event) => {
      counts.events++;
      return matchOpened(event, scopes.covering(placeOf(event)), counts);
    },
    matchBody: (body) => {
      const message = unpackMessage(body);
      const indexes = scopes.covering(message.subject);
      return message.routes.flatMap((route) => matchRoute(message, route, indexes, counts));
    },
  };
  return ours;
}

/** As the store hands it to the matcher: checked when it was saved, with what the schema fills in. */
function toWatcher(id: string, definition: Automation['definition']): Watcher {
  const saved = definition as unknown as Watcher['definition'];
  return new Watcher({ id }, { revision: 1, definition: saved, triggerSavedAtMs: 0 });
}

function placeOf(event: WireEvent): Place {
  const collection = 'collection' in event ? event.collection.name : undefined;
  return { team: event.team, project: event.project, registry: event.registry, collection };
}

function matchOpened(event: WireEvent, indexes: ScopeIndex[], counts: MatchCounts): string[] {
  if (event.type === 'run.metrics') return matchPoints(event, indexes, counts);
  if (event.type === 'run.state')
    return matchState(event.state ?? '', () => eventReader(event), indexes, counts);
  return matchPlain(event.type, eventReader(event), indexes, counts);
}

function matchPoints(event: WireEvent, indexes: ScopeIndex[], counts: MatchCounts): string[] {
  const ids: string[] = [];
  for (const { metrics } of event.points ?? []) {
    for (const metric of Object.keys(metrics)) {
      for (const index of indexes) {
        const value = metrics[metric] ?? Number.NaN;
        const watching = index.metricNear(metric, value);
        if (watching) meet(watching, value, () => eventReader(event), counts, ids);
      }
    }
  }
  return ids;
}

function matchPlain(
  type: EventType,
  reader: EventReader,
  indexes: ScopeIndex[],
  counts: MatchCounts,
): string[] {
  const ids: string[] = [];
  for (const index of indexes) {
    const found = index.matching(type, reader, counts);
    for (const { automationId } of found) ids.push(automationId);
  }
  return ids;
}

type State = Parameters<NonNullable<ReturnType<ScopeIndex['states']>>['matching']>[0];

function matchState(
  state: string,
  open: () => EventReader,
  indexes: ScopeIndex[],
  counts: MatchCounts,
): string[] {
  const ids: string[] = [];
  for (const index of indexes) {
    const states = index.states();
    if (!states) continue;
    for (const { automationId } of states.matching(state as State, open(), counts)) ids.push(automationId);
  }
  return ids;
}

/** Adds the automations with a condition on a metric that one value meets. */
function meet(
  index: MetricIndex,
  value: number,
  open: () => EventReader,
  counts: MatchCounts,
  ids: string[],
): void {
  const met: Watcher[] = [];
  for (const table of index.tables()) table.bounds.collect(value, met);
  if (met.length === 0) return;
  counts.candidates += met.length;
  const { field } = open();
  for (const watcher of met) {
    if (watcher.isDecided || watcher.filter.test(field)) ids.push(watcher.automationId);
  }
}

/** As the matcher goes: from the route to the index, and to the event's own bytes only where something may match. */
function matchRoute(
  message: EventMessage,
  route: Route,
  indexes: ScopeIndex[],
  counts: MatchCounts,
): string[] {
  const open = () => openEvent(message, route);
  if (route.type === 'run.metrics') return matchMetricsRoute(message, route, indexes, counts);
  if (route.type === 'run.state') {
    return matchState(route.state ?? '', () => eventReader(open()), indexes, counts);
  }
  return matchPlain(
    route.type,
    routeReader(message, route, () => open() as PlainEvent),
    indexes,
    counts,
  );
}

function matchMetricsRoute(
  message: EventMessage,
  route: Route,
  indexes: ScopeIndex[],
  counts: MatchCounts,
): string[] {
  const ids: string[] = [];
  const reader = () => eventReader(openEvent(message, route));
  let points: Points | undefined;
  for (const metric of route.metrics ?? []) {
    for (const index of indexes) {
      const watching = index.metric(metric);
      if (!watching) continue;
      points ??= openPoints(message, route);
      for (const value of valuesOf(points, metric) ?? []) {
        if (typeof value === 'number') meet(watching, value, reader, counts, ids);
      }
    }
  }
  return ids;
}

/** The bodies of the messages that ingest makes of these events, in requests of 100. */
export function packBodies(lines: string[]): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < lines.length; at += 100) {
    const events = lines.slice(at, at + 100).map((line) => parseEvent(JSON.parse(line)).event);
    bodies.push(...packMessages(events, { receivedAtMs: 0, depth: 0 }).map(({ body }) => body));
  }
  return bodies;
}

/** What a user's regular expression becomes: a test, or the reason why it is refused. */
export function compilePattern(source: string): { matches: (text: string) => boolean } | { problem: string } {
  const parsed = parseFilter({ user: { $regex: source } }, ['user']);
  if ('problems' in parsed) return { problem: parsed.problems[0]?.message ?? 'refused' };
  return { matches: (text) => parsed.filter.test(() => text) };
}
