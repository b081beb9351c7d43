import {
  type ArtifactEvent,
  type CollectionEvent,
  type CustomEvent,
  type EventType,
  isRunEvent,
  type RunHeartbeatEvent,
  type RunMetricsEvent,
  type RunState,
  type RunStateEvent,
  type SignalboxEvent,
} from './event.ts';
import { derivedId, digest } from './id.ts';
import { asciiJson } from './json.ts';
import { type Points, toPoints } from './metrics/points.ts';
import type { SilenceEvent } from './runs/silence.ts';
import type { Place } from './scope.ts';

/** A run, a collection or a type of custom event: its events keep their order, so they share a group of the queue. */
export interface Subject extends Place {
  kind: 'run' | 'collection' | 'custom';
  name: string;
}

/** An event as the matcher first sees it: what tells whether anybody watches, and where the rest of it stands. */
export interface Route {
  type: EventType;
  id: string;
  /** The line that holds what else the event carries. Events that differ in nothing else share it. */
  bodyLine: number;
  time?: string;
  /** Of run.metrics: the metrics that occur. */
  metrics?: string[];
  /** Of run.metrics: the line that holds its points. */
  pointsLine?: number;
  /** Of alias events, the alias; of tag events, the tag. */
  label?: string;
  /** Of run.state. */
  state?: RunState;
  rewindTo?: number;
  /** The attempt that a run.state names. */
  attempt?: number;
  /** Of a run.state that the sweeper made: when the run was last heard of, in ms since 1970. */
  silentSinceMs?: number;
}

export interface EventMessage {
  /** Of this message; the same events posted again make another one. */
  id: string;
  subject: Subject;
  /** When ingest took the events, in ms since 1970. */
  receivedAtMs: number;
  /** How many times this chain of events went through our own webhooks (see delivery depth). */
  depth: number;
  routes: Route[];
  /** JSON texts, opened one by one and only when somebody watches. */
  lines: string[];
}

export interface OutgoingMessage {
  groupId: string;
  /** Derived from the ids of its events: SQS drops what is posted again within five minutes. */
  dedupId: string;
  body: string;
}

/** SQS takes 256 KiB; the rest is room for the header line. */
const MAX_BODY_BYTES = 240 * 1024;

/** What travels: a client's event, or one that the sweeper made of a run's silence. */
export type TravellingEvent = SignalboxEvent | SilenceEvent;

/** What an event is about: its run, its artifact's collection, or for custom events its type. */
function subjectOf(event: TravellingEvent): Subject {
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
 * A body is lines of JSON: the first says who and what, the others hold what is opened only when it is needed.
 */
export function packMessages(
  events: TravellingEvent[],
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
    const fresh: Draft = { groupId, subject, routes: [], lines: new Map(), bytes: 0 };
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
  /** Each line, and its number. */
  lines: Map<string, number>;
  bytes: number;
}

/** A route without its lines' numbers — short, because it is parsed for every event whether watched or not. */
type WireRoute = [
  type: EventType,
  id: string,
  bodyLine: number,
  time: string | 0,
  detail?: string | MetricsDetail | StateDetail,
];
type MetricsDetail = [metrics: string[], pointsLine: number];
type StateDetail = [state: RunState, rewindTo: number | null, attempt: number | null, silentSinceMs?: number];

interface PackedEvent {
  event: TravellingEvent;
  body: string;
  points?: { metrics: string[]; line: string };
  bytes: number;
}

/** What a route and the line breaks take beside the texts: numbers, brackets, quotes. */
const ROUTE_OVERHEAD = 64;

function pack(event: TravellingEvent): PackedEvent {
  const { type, id, team: _team, project: _project, registry: _registry, time = '', ...rest } = event;
  const head = type.length + id.length + time.length + ROUTE_OVERHEAD;
  if (!('points' in rest)) {
    const body = asciiJson(rest);
    return { event, body, bytes: body.length + head + asciiJson(detailOf(event, 0) ?? '').length };
  }
  const { points, ...about } = rest;
  const { metrics, ...columns } = toPoints(points);
  const [body, line] = [asciiJson(about), asciiJson(columns)];
  const bytes = body.length + line.length + head + asciiJson(metrics).length;
  return { event, body, points: { metrics, line }, bytes };
}

/** What of an event stands in its route. */
function detailOf(event: TravellingEvent, pointsLine: number, metrics: string[] = []): WireRoute[4] {
  if (event.type === 'run.metrics') return [metrics, pointsLine];
  if ('alias' in event) return event.alias;
  if ('tag' in event) return event.tag;
  if (event.type !== 'run.state') return undefined;
  const { state, rewind_to: rewindTo = null, run } = event;
  const attempt = run.attempt ?? null;
  return 'silentSinceMs' in event
    ? [state, rewindTo, attempt, event.silentSinceMs]
    : [state, rewindTo, attempt];
}

function addTo(draft: Draft, { event, body, points, bytes }: PackedEvent): void {
  const bodyLine = lineOf(draft, body);
  const pointsLine = points ? lineOf(draft, points.line) : 0;
  const detail = detailOf(event, pointsLine, points?.metrics);
  const time = event.time ?? 0;
  const { type, id } = event;
  draft.routes.push(detail === undefined ? [type, id, bodyLine, time] : [type, id, bodyLine, time, detail]);
  draft.bytes += bytes;
}

/** The number of a line, which is added where it is new; a run's description is mostly the same from event to event. */
function lineOf(draft: Draft, line: string): number {
  const known = draft.lines.get(line);
  if (known !== undefined) {
    draft.bytes -= line.length;
    return known;
  }
  draft.lines.set(line, draft.lines.size);
  return draft.lines.size - 1;
}

/** What an event takes of a message, as ASCII JSON with its points as columns. */
export function messageBytes(event: SignalboxEvent): number {
  return pack(event).bytes;
}

function finish(draft: Draft, stamp: { receivedAtMs: number; depth: number }): OutgoingMessage {
  const { groupId, subject, routes } = draft;
  const eventIds = routes.map(([, eventId]) => eventId);
  const id = derivedId('msg', groupId, String(stamp.receivedAtMs), ...eventIds);
  const dedupId = derivedId('msg', groupId, ...eventIds);
  const header = { v: 2, id, group: groupId, subject, ...stamp, routes };
  return { groupId, dedupId, body: [asciiJson(header), ...draft.lines.keys()].join('\n') };
}

/** Reads a message's routing line; throws when the body is not one that packMessages made. */
export function unpackMessage(body: string): EventMessage & { groupId: string } {
  const end = body.indexOf('\n');
  const header = JSON.parse(body.slice(0, end));
  if (header.v !== 2) throw new Error('not an event message of version 2');
  const { id, subject, receivedAtMs, depth, group: groupId } = header;
  const routes = (header.routes as WireRoute[]).map(toRoute);
  return { id, subject, receivedAtMs, depth, groupId, routes, lines: body.slice(end + 1).split('\n') };
}

function toRoute([type, id, bodyLine, time, detail]: WireRoute): Route {
  const route: Route = { type, id, bodyLine };
  if (time !== 0) route.time = time;
  if (typeof detail === 'string') route.label = detail;
  else if (type === 'run.metrics') [route.metrics, route.pointsLine] = detail as MetricsDetail;
  else if (type === 'run.state') addState(route, detail as StateDetail);
  return route;
}

function addState(route: Route, [state, rewindTo, attempt, silentSinceMs]: StateDetail): void {
  route.state = state;
  if (rewindTo !== null) route.rewindTo = rewindTo;
  if (attempt !== null) route.attempt = attempt;
  if (silentSinceMs !== undefined) route.silentSinceMs = silentSinceMs;
}

/** A metrics event as the matcher works on it: its points apart, as columns. */
export type OpenedMetricsEvent = Omit<RunMetricsEvent, 'points'>;
export type OpenedEvent =
  | ArtifactEvent
  | CollectionEvent
  | CustomEvent
  | RunStateEvent
  | SilenceEvent
  | RunHeartbeatEvent
  | OpenedMetricsEvent;

/** Opens an event of a message, without its points. It was checked by parseEvent before it was packed. */
export function openEvent({ subject, lines }: EventMessage, route: Route): OpenedEvent {
  const { team, project, registry } = subject;
  const { type, id, bodyLine, time } = route;
  return {
    type,
    id,
    team,
    ...(project !== undefined && { project }),
    ...(registry !== undefined && { registry }),
    ...(time !== undefined && { time }),
    ...JSON.parse(lines[bodyLine] ?? ''),
  };
}

/** Opens the points of a metrics event. */
export function openPoints({ lines }: EventMessage, { metrics = [], pointsLine = 0 }: Route): Points {
  return { metrics, ...JSON.parse(lines[pointsLine] ?? '') };
}
