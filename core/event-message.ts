import {
  type ArtifactEvent,
  type CollectionEvent,
  type CustomEvent,
  type EventType,
  isRunEvent,
  type MetricValue,
  type RunHeartbeatEvent,
  type RunMetricsEvent,
  type RunState,
  type RunStateEvent,
  type SignalboxEvent,
} from './event.ts';
import { digest } from './id.ts';
import { asciiJson } from './json.ts';
import { type Header, readHeader, routeLine, subjectLine } from './message-header.ts';
import { messageId, repeatableId } from './message-ids.ts';
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
  /** Who caused it, where it says so: what filters ask for most. */
  user?: string;
  /** Of run.metrics: the metrics that occur. */
  metrics?: string[];
  /** Of run.metrics: the line that holds its points, where there are several. */
  pointsLine?: number;
  /** Of run.metrics: its one point, as the header holds it: the step, the time, the values. */
  point?: string[];
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
  /** Of all that this message holds; the same events posted again make another one. */
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
  /** SQS drops a message whose id it saw within five minutes (core/message-ids.ts). */
  dedupId: string;
  body: string;
}

/** SQS takes 256 KiB; the rest is room for the line about the subject. */
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
 * A body is a header (core/message-header.ts) and lines of JSON, which are opened only when they are needed.
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
    const fresh: Draft = {
      ...{ groupId, subject, routes: [], lines: new Map(), header: [], bytes: 0 },
      hasOnlySteps: true,
    };
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
  routes: Route[];
  /** A line for each route. */
  header: string[];
  /** Each line, and its number. */
  lines: Map<string, number>;
  bytes: number;
  /** Whether it holds nothing but points that name their steps. */
  hasOnlySteps: boolean;
}

interface PackedEvent {
  /** Without the numbers of its lines. */
  route: Route;
  body: string;
  points?: string;
  hasOnlySteps: boolean;
  /** What it takes by itself. */
  bytes: number;
}

/** A point of more metrics than this has its own line: most events with so many are not watched. */
const MAX_INLINE = 16;

/** As many lines as a message can have: for measuring. */
const MAX_LINE = 99_999;

function pack(event: TravellingEvent): PackedEvent {
  const { type: _type, id: _id, team: _team, project: _project, registry: _registry, ...rest } = event;
  const { time: _time, user: _user, ...more } = rest;
  if (!('points' in more)) {
    return measured({ route: routeOf(event), body: asciiJson(more), hasOnlySteps: false });
  }
  const { points, ...about } = more;
  const { metrics, ...columns } = toPoints(points);
  const hasOnlySteps = !columns.steps.includes(null);
  const packed = { route: { ...routeOf(event), metrics }, body: asciiJson(about), hasOnlySteps };
  const [point, ...others] = points;
  if (!point || others.length > 0 || metrics.length > MAX_INLINE) {
    return measured({ ...packed, points: asciiJson(columns) });
  }
  const { step = '', time = '' } = point;
  packed.route.point = [step, time, ...Object.values(point.metrics)].map(String);
  return measured(packed);
}

function measured(packed: Omit<PackedEvent, 'bytes'>): PackedEvent {
  const { route, body, points } = packed;
  const line = routeLine({
    ...route,
    bodyLine: MAX_LINE,
    ...(points !== undefined && { pointsLine: MAX_LINE }),
  });
  const bytes = [line, body, ...(points === undefined ? [] : [points])].reduce(
    (sum, { length }) => sum + length + 1,
    0,
  );
  return { ...packed, bytes };
}

function routeOf(event: TravellingEvent): Route {
  const { type, id, time, user } = event;
  const route: Route = { type, id, bodyLine: 0 };
  if (time !== undefined) route.time = time;
  if (user !== undefined) route.user = user;
  if ('alias' in event) route.label = event.alias;
  if ('tag' in event) route.label = event.tag;
  if (event.type !== 'run.state') return route;
  route.state = event.state;
  if (event.rewind_to !== undefined) route.rewindTo = event.rewind_to;
  if (event.run.attempt !== undefined) route.attempt = event.run.attempt;
  if ('silentSinceMs' in event) route.silentSinceMs = event.silentSinceMs;
  return route;
}

function addTo(draft: Draft, { route, body, points, hasOnlySteps }: PackedEvent): void {
  draft.hasOnlySteps &&= hasOnlySteps;
  route.bodyLine = lineOf(draft, body);
  if (points !== undefined) route.pointsLine = lineOf(draft, points);
  const line = routeLine(route, draft.routes.at(-1));
  draft.bytes += line.length + 1;
  draft.header.push(line);
  draft.routes.push(route);
}

/** The number of a line, which is added where it is new; a run's description is mostly the same from event to event. */
function lineOf(draft: Draft, line: string): number {
  const known = draft.lines.get(line);
  if (known !== undefined) return known;
  draft.bytes += line.length + 1;
  draft.lines.set(line, draft.lines.size);
  return draft.lines.size - 1;
}

/** What an event takes of a message, as ASCII JSON with its points as columns. */
export function messageBytes(event: SignalboxEvent): number {
  return pack(event).bytes;
}

function finish(draft: Draft, stamp: { receivedAtMs: number; depth: number }): OutgoingMessage {
  const { groupId, subject, routes, header } = draft;
  const lines = [...draft.lines.keys()];
  const first = subjectLine({ groupId, subject, ...stamp }, routes.length);
  const body = [first, ...header, ...lines].join('\n');
  // The steps of points tell repeats; and after a rewind the same points are no repeat.
  const dedupId = draft.hasOnlySteps ? messageId(body) : repeatableId({ groupId, routes, lines });
  return { groupId, dedupId, body };
}

/** Reads a message's header; throws when the body is not one that packMessages made. */
export function unpackMessage(body: string): EventMessage & { groupId: string } {
  return new ReceivedMessage(readHeader(body), body);
}

/** Makes its id and its lines only for those who ask: of most messages nobody watches anything. */
class ReceivedMessage implements EventMessage {
  readonly groupId: string;
  readonly subject: Subject;
  readonly receivedAtMs: number;
  readonly depth: number;
  readonly routes: Route[];
  readonly #body: string;
  readonly #headerEnd: number;
  #lines: string[] | undefined;

  constructor({ groupId, subject, receivedAtMs, depth, routes, end }: Header, body: string) {
    this.groupId = groupId;
    this.subject = subject;
    this.receivedAtMs = receivedAtMs;
    this.depth = depth;
    this.routes = routes;
    this.#body = body;
    this.#headerEnd = end;
  }

  get id(): string {
    return messageId(this.#body);
  }

  get lines(): string[] {
    this.#lines ??= this.#body.slice(this.#headerEnd + 1).split('\n');
    return this.#lines;
  }
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
  const { type, id, bodyLine, time, user } = route;
  return {
    type,
    id,
    team,
    ...(project !== undefined && { project }),
    ...(registry !== undefined && { registry }),
    ...(time !== undefined && { time }),
    ...(user !== undefined && { user }),
    ...JSON.parse(lines[bodyLine] ?? ''),
  };
}

/** Opens the points of a metrics event. */
export function openPoints(message: EventMessage, { metrics = [], pointsLine = 0, point }: Route): Points {
  if (point === undefined) return { metrics, ...JSON.parse(message.lines[pointsLine] ?? '') };
  const [step, time, ...values] = point;
  return {
    metrics,
    steps: [step ? Number(step) : null],
    ...(time && { times: [time] }),
    columns: values.map((value) => [toValue(value)]),
  };
}

/** What is no number is its name, as in JSON. */
function toValue(written: string): MetricValue {
  const value = Number(written);
  return Number.isFinite(value) ? value : (written as MetricValue);
}
