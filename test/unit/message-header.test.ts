import type { Route } from '../../core/event-message.ts';
import { readHeader, routeLine, subjectLine } from '../../core/message-header.ts';

const subject = {
  kind: 'run',
  name: 'run-1',
  team: 'vision',
  project: 'mnist',
  registry: undefined,
} as const;
const route: Route = { type: 'run.heartbeat', id: 'beat-1', bodyLine: 1, user: 'ada' };
const FIELDS = ['3', 'group', '5', '2', '1', 'run', 'run-1', 'vision', 'mnist', ''];

/** A body whose first line has one field changed, and whose route is this line. */
const body = (change: Record<number, string | undefined> = {}, line = routeLine(route)) => {
  const fields = FIELDS.map((field, at) => (at in change ? change[at] : field));
  return `${fields.filter((field) => field !== undefined).join('\t')}\n${line}\n{}`;
};

/** Writes routes and reads them back. */
function readBack(...routes: Route[]): Route[] {
  const first = subjectLine({ groupId: 'g', subject, receivedAtMs: 5, depth: 2 }, routes.length);
  const lines = routes.map((one, at) => routeLine(one, routes[at - 1]));
  return readHeader([first, ...lines, '{}'].join('\n')).routes;
}

test('a header says what its message is about', () => {
  const text = body();
  const { end, ...header } = readHeader(text);
  expect(header).toEqual({
    groupId: 'group',
    subject: { kind: 'run', name: 'run-1', team: 'vision', project: 'mnist' },
    receivedAtMs: 5,
    depth: 2,
    routes: [route],
  });
  expect(text.slice(end)).toBe('\n{}');
});

test('a collection is named, in its registry', () => {
  const text = body({ 5: 'collection', 6: 'detector', 8: '', 9: 'models' });
  expect(readHeader(text).subject).toEqual({
    kind: 'collection',
    name: 'detector',
    collection: 'detector',
    team: 'vision',
    registry: 'models',
  });
});

test.each<[string, Record<number, string | undefined>]>([
  ['another version', { 0: '2' }],
  ['no time', { 2: '' }],
  ['a time that is no number', { 2: '5x' }],
  ['a time that is too long', { 2: '1234567890123456' }],
  ['a negative depth', { 3: '-1' }],
  ['a depth that is no number', { 3: '/' }],
  ['no events', { 4: '0' }],
  ['a number of events that is none', { 4: 'one' }],
  ['another kind', { 5: 'team' }],
  ['a field too few', { 9: undefined }],
])('a header with %s is refused', (_, change) => {
  expect(() => readHeader(body(change))).toThrow('not an event message of version 3');
});

test.each<[string, string, string]>([
  ['fewer routes than it says', body({ 4: '3' }), 'cut off'],
  ['a route without a user', body({}, 'run.heartbeat\tb\t1\t'), 'a route that is cut off'],
  ['a route without a line', body({}, 'run.heartbeat\tb\t\t\tada'), 'a route that is cut off'],
  ['fewer metrics than it says', body({}, 'run.metrics\tm\t1\t\tada\t2\tloss'), 'metrics that are cut off'],
  [
    'a number of metrics that is none',
    body({}, 'run.metrics\tm\t1\t\tada\tx\tloss\t1'),
    'metrics that are cut off',
  ],
])('a message with %s is refused', (_, text, why) => {
  expect(() => readHeader(text)).toThrow(why);
});

test.each<[string, Route[]]>([
  ['what is as before', [route, { ...route, id: 'beat-2' }, { ...route, user: 'bob' }]],
  ['no user', [{ type: 'run.heartbeat', id: 'b', bodyLine: 1 }]],
  ['no user behind one', [route, { type: 'run.heartbeat', id: 'b', bodyLine: 1 }]],
  ['a time', [{ ...route, time: '2026-01-01T00:00:00Z' }]],
  ['letters that a line can not hold', [{ ...route, id: 'a\tb\n"\\ä', user: '\\' }]],
  ['a label', [{ type: 'artifact.alias_added', id: 'a', bodyLine: 1, label: 'prod\tuction' }]],
  ['a label that is empty', [{ type: 'artifact.alias_added', id: 'a', bodyLine: 1, label: '' }]],
  ['a state', [{ type: 'run.state', id: 's', bodyLine: 1, state: 'FAILED' }]],
  [
    'a state with all there is to it',
    [
      {
        type: 'run.state',
        id: 's',
        bodyLine: 1,
        state: 'CRASHED',
        rewindTo: 7,
        attempt: 2,
        silentSinceMs: 9,
      },
    ],
  ],
  [
    'a point',
    [{ type: 'run.metrics', id: 'm', bodyLine: 1, metrics: ['a', 'b\t'], point: ['1', '', '0.5', '2'] }],
  ],
  ['no metric', [{ type: 'run.metrics', id: 'm', bodyLine: 1, metrics: [], point: ['1', ''] }]],
  [
    'points on a line of their own',
    [{ type: 'run.metrics', id: 'm', bodyLine: 1, metrics: ['a'], pointsLine: 2 }],
  ],
  [
    'the same metrics, other ones, and fewer',
    [['a', 'b'], ['a', 'b'], ['a', 'c'], ['a']].map((metrics, at) => ({
      ...{ type: 'run.metrics', id: `m${at}`, bodyLine: 1, metrics, pointsLine: 3 },
    })) as Route[],
  ],
])('routes are read as they were written: %s', (_, routes) => {
  expect(readBack(...routes)).toEqual(routes);
});

test('what is as in the route before is not written again', () => {
  const metrics: Route = {
    type: 'run.metrics',
    id: 'm',
    bodyLine: 1,
    user: 'ada',
    metrics: ['loss'],
    pointsLine: 2,
  };
  expect(routeLine(metrics).split('\t')).toEqual(['run.metrics', 'm', '1', '', 'ada', '1', 'loss', '2']);
  expect(routeLine(metrics, metrics).split('\t')).toEqual(['run.metrics', 'm', '1', '', '\\', '\\', '2']);
});
