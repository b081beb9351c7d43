import {
  type ArtifactEvent,
  type EventType,
  isRunEvent,
  type RunMetricsEvent,
  type SignalboxEvent,
} from './event.ts';
import { derivedId, digest } from './id.ts';
import { asciiJson } from './json.ts';
import type { Place } from './scope.ts';

/** A run, a collection or a type of custom event: its events keep their order, so they share a group of the events queue. */
export interface Subject extends Place {
  kind: 'run' | 'collection' | 'custom';
  name: string;
}

/** What the matcher must know of an event to see whether anybody watches it. */
export interface Route {
  type: EventType;
  id: string;
  metrics: string[];
}

export interface EventMessage {
  /** Derived from the ids of its events: the same events make the same message. */
  id: string;
  subject: Subject;
  /** When ingest took the events, in ms since 1970. */
  receivedAtMs: number;
  /** How many times this chain of events went through our own webhooks (see delivery depth). */
  depth: number;
  routes: Route[];
  /** The events' own JSON, opened one by one and only when somebody watches them. */
  events: string[];
}

export interface OutgoingMessage {
  groupId: string;
  dedupId: string;
  body: string;
}

/** SQS takes 256 KiB; the rest is room for the header line. */
const MAX_BODY_BYTES = 240 * 1024;

/** What an event is about: the run, or the artifact's collection. */
function subjectOf(event: SignalboxEvent): Subject {
  const place = { team: event.team, project: event.project, registry: event.registry };
  if (isRunEvent(event)) return { ...place, kind: 'run', name: event.run.id };
  if ('collection' in event) {
    return { ...place, kind: 'collection', name: event.collection.name, collection: event.collection.name };
  }
  return { ...place, kind: 'custom', name: event.type };
}

/** Group ids refuse spaces, and some emulators drop the attribute: so it is a hash, repeated in the body. */
function groupIdOf({ kind, team, project, registry, name }: Subject): string {
  return digest(JSON.stringify([kind, team, project ?? null, registry ?? null, name])).slice(0, 32);
}

/**
 * Packs the events of a request into as few messages as fit, each of one subject, in the order they came.
 * A body is lines: the first says who and what (JSON), each further line is one event's own JSON.
 */
export function packMessages(
  events: SignalboxEvent[],
  stamp: { receivedAtMs: number; depth: number },
): OutgoingMessage[] {
  const open = new Map<string, Draft>();
  const closed: Draft[] = [];
  for (const event of events) {
    const subject = subjectOf(event);
    const groupId = groupIdOf(subject);
    const packed = pack(event);
    const draft = open.get(groupId);
    if (draft && draft.bytes + packed.bytes <= MAX_BODY_BYTES) {
      addTo(draft, packed);
      continue;
    }
    if (draft) closed.push(draft);
    const fresh: Draft = { groupId, subject, routes: [], lines: [], bytes: 0 };
    addTo(fresh, packed);
    // Deleted first, so that the drafts stay in the order in which they were begun.
    open.delete(groupId);
    open.set(groupId, fresh);
  }
  return [...closed, ...open.values()].map((draft) => finish(draft, stamp));
}

interface Draft {
  groupId: string;
  subject: Subject;
  routes: WireRoute[];
  lines: string[];
  bytes: number;
}

/** [type, event id, metrics] — short, because it is parsed for every event whether watched or not. */
type WireRoute = [EventType, string, string[]?];

interface PackedEvent {
  route: WireRoute;
  line: string;
  bytes: number;
}

function pack(event: SignalboxEvent): PackedEvent {
  const route: WireRoute =
    event.type === 'run.metrics' ? [event.type, event.id, metricsOf(event)] : [event.type, event.id];
  const line = asciiJson(event);
  // A line break behind the line, a comma behind the route.
  return { route, line, bytes: line.length + asciiJson(route).length + 2 };
}

function addTo(draft: Draft, { route, line, bytes }: PackedEvent): void {
  draft.routes.push(route);
  draft.lines.push(line);
  draft.bytes += bytes;
}

/** What an event takes of a message, as ASCII JSON: its own text, and its metrics' names once more for the routing. */
export function messageBytes(event: SignalboxEvent): number {
  return pack(event).bytes;
}

function metricsOf(event: RunMetricsEvent): string[] {
  const names = new Set<string>();
  for (const point of event.points) for (const name of Object.keys(point.metrics)) names.add(name);
  return [...names];
}

function finish(draft: Draft, stamp: { receivedAtMs: number; depth: number }): OutgoingMessage {
  const id = derivedId('msg', draft.groupId, ...draft.routes.map(([, eventId]) => eventId));
  const header = { v: 1, id, group: draft.groupId, subject: draft.subject, ...stamp, routes: draft.routes };
  return { groupId: draft.groupId, dedupId: id, body: [asciiJson(header), ...draft.lines].join('\n') };
}

/** Reads a message's routing line; throws when the body is not one that packMessages made. */
export function unpackMessage(body: string): EventMessage & { groupId: string } {
  const [first = '', ...events] = body.split('\n');
  const header = JSON.parse(first);
  if (header.v !== 1 || header.routes.length !== events.length)
    throw new Error('not an event message of version 1');
  const routes = (header.routes as WireRoute[]).map(([type, id, metrics = []]) => ({ type, id, metrics }));
  const { id, subject, receivedAtMs, depth, group: groupId } = header;
  return { id, subject, receivedAtMs, depth, groupId, routes, events };
}

/** Opens one event of a message. It was checked by parseEvent before it was packed. */
export function openEvent(line: string): ArtifactEvent | RunMetricsEvent {
  return JSON.parse(line);
}
