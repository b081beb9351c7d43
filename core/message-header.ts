import type { EventType, RunState } from './event.ts';
import type { Route, Subject } from './event-message.ts';
import { asciiJson } from './json.ts';

/**
 * A message begins with a line about its subject and a line for each event. A line is fields with tabs between them,
 * each as in JSON but without the quotes, so that no tab or line break occurs inside; an empty one stands for what
 * there is not. These lines are read for every event, watched or not, and so they take half the time of JSON.
 */
export interface Header {
  groupId: string;
  subject: Subject;
  receivedAtMs: number;
  depth: number;
  routes: Route[];
  /** Where the header ends in the body. */
  end: number;
}

const VERSION = '3';

/** In the place of a field: as in the event before. No field is a backslash alone. */
const SAME = '\\';

const PLAIN = /^[ !#-[\]-~]*$/;

function written(text: string): string {
  return PLAIN.test(text) ? text : asciiJson(text).slice(1, -1);
}

function read(field: string): string {
  return field.includes('\\') ? JSON.parse(`"${field}"`) : field;
}

/** The line about a message's subject; so many routes follow. */
export function subjectLine(
  { groupId, subject, receivedAtMs, depth }: Omit<Header, 'routes' | 'end'>,
  routes: number,
): string {
  const { kind, name, team, project = '', registry = '' } = subject;
  const place = [name, team, project, registry].map(written);
  return [VERSION, groupId, receivedAtMs, depth, routes, kind, ...place].join('\t');
}

/** Reads the lines of a header; throws when they are none. */
export function readHeader(body: string): Header {
  let end = body.indexOf('\n');
  const fields = body.slice(0, end).split('\t');
  const [version, groupId = '', receivedAtMs, depth, count, kind, name = '', team = '', project, registry] =
    fields;
  const isWhole = isCount(receivedAtMs) && isCount(depth) && isCount(count) && count !== '0' && isKind(kind);
  if (version !== VERSION || registry === undefined || !isWhole) {
    throw new Error(`not an event message of version ${VERSION}`);
  }
  const subject: Subject = { kind: kind as Subject['kind'], name: read(name), team: read(team) };
  if (project) subject.project = read(project);
  if (registry) subject.registry = read(registry);
  if (kind === 'collection') subject.collection = subject.name;
  const routes: Route[] = [];
  for (let left = Number(count); left > 0; left--) {
    const begin = end + 1;
    end = body.indexOf('\n', begin);
    if (end < 0) throw new Error('an event message that is cut off');
    routes.push(readRoute(body.slice(begin, end).split('\t'), routes.at(-1)));
  }
  return { groupId, subject, receivedAtMs: Number(receivedAtMs), depth: Number(depth), routes, end };
}

/** Written out, because it is asked for each message and a pattern takes ten times as long. */
function isCount(text: string | undefined): boolean {
  if (!text || text.length > 15) return false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char < 48 || char > 57) return false;
  }
  return true;
}

const isKind = (text: string | undefined) => text === 'run' || text === 'collection' || text === 'custom';

/** The line of a route; what is as in the route before is said so, for events of one run are much alike. */
export function routeLine(route: Route, before?: Route): string {
  const { type, id, bodyLine, time = '', user = '' } = route;
  const isSame = user !== '' && user === before?.user;
  const fields = [written(type), written(id), bodyLine, time, isSame ? SAME : written(user)];
  return [...fields, ...detailOf(route, before)].join('\t');
}

function detailOf(route: Route, before: Route | undefined): (string | number | undefined)[] {
  const { metrics, label, state, rewindTo, attempt, silentSinceMs } = route;
  if (metrics) return metricsDetail(metrics, route, before?.metrics);
  if (label !== undefined) return [written(label)];
  return state === undefined ? [] : [state, rewindTo, attempt, silentSinceMs];
}

function metricsDetail(metrics: string[], { point, pointsLine }: Route, before: string[] | undefined) {
  const names = isSame(metrics, before) ? [SAME] : [metrics.length, ...metrics.map(written)];
  return point ? [...names, '', ...point] : [...names, pointsLine];
}

function isSame(one: string[], other: string[] | undefined): boolean {
  return other?.length === one.length && one.every((name, at) => name === other[at]);
}

function readRoute(fields: string[], before: Route | undefined): Route {
  const [type = '', id = '', bodyLine, time, user, first] = fields;
  if (user === undefined || !bodyLine) throw new Error('a route that is cut off');
  const route: Route = { type: read(type) as EventType, id: read(id), bodyLine: Number(bodyLine) };
  if (time) route.time = time;
  const who = user === SAME ? before?.user : user && read(user);
  if (who) route.user = who;
  if (first === undefined) return route;
  if (type === 'run.metrics') readMetrics(route, fields, before);
  else if (type === 'run.state') readState(route, fields);
  else route.label = read(first);
  return route;
}

/** Where in a route's fields those begin that not all types have. */
const DETAIL = 5;

function readState(route: Route, fields: string[]): void {
  const [state, rewindTo, attempt, silentSinceMs] = fields.slice(DETAIL);
  route.state = state as RunState;
  if (rewindTo) route.rewindTo = Number(rewindTo);
  if (attempt) route.attempt = Number(attempt);
  if (silentSinceMs) route.silentSinceMs = Number(silentSinceMs);
}

function readMetrics(route: Route, fields: string[], before: Route | undefined): void {
  let at = DETAIL + 1;
  const count = fields[DETAIL];
  if (count === SAME) route.metrics = before?.metrics ?? [];
  else {
    const end = at + Number(count);
    if (!(end >= at && end < fields.length)) throw new Error('a route with metrics that are cut off');
    route.metrics = fields.slice(at, end).map(read);
    at = end;
  }
  const pointsLine = fields[at];
  if (pointsLine) route.pointsLine = Number(pointsLine);
  else route.point = fields.slice(at + 1);
}
