import fc from 'fast-check';
import type { MetricValue, Point, SignalboxEvent } from '../../core/event.ts';
import {
  messageBytes,
  openEvent,
  openPoints,
  packMessages,
  type TravellingEvent,
  unpackMessage,
} from '../../core/event-message.ts';
import { type Points, toPoints, valuesOf } from '../../core/metrics/points.ts';
import { silenceEvent } from '../../core/runs/silence.ts';
import {
  aCustomEvent,
  aHeartbeat,
  aLinkedEvent,
  aMetricsEvent,
  anAliasEvent,
  aStateEvent,
  losses,
  pointsOf,
} from '../support/builders.ts';

const stamp = { receivedAtMs: 1_700_000_000_000, depth: 0 };
const unpacked = (events: TravellingEvent[]) =>
  packMessages(events, stamp).map(({ body }) => unpackMessage(body));

const aPoint = (point: object) => aMetricsEvent({ points: [point] });
const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, at]));

/** Points as a client sent them, from their columns. */
function rowsOf(points: Points): Point[] {
  return points.steps.map((step, at) => {
    const time = points.times?.[at];
    const metrics: [string, MetricValue][] = points.metrics.flatMap((metric) => {
      const value = valuesOf(points, metric)?.[at];
      return value === null || value === undefined ? [] : [[metric, value]];
    });
    return { ...(step !== null && { step }), ...(time && { time }), metrics: Object.fromEntries(metrics) };
  });
}

/** The events of a message, whole again. */
const eventsOf = (message: ReturnType<typeof unpackMessage>) =>
  message.routes.map((route) => {
    const event = openEvent(message, route);
    return event.type === 'run.metrics' ? { ...event, points: rowsOf(openPoints(message, route)) } : event;
  });

describe('packing events into messages', () => {
  test('puts the events of a run together, in order, and those of others apart', () => {
    const events = [
      aMetricsEvent({ id: 'a1' }),
      aLinkedEvent({ id: 'l1' }),
      aMetricsEvent({ id: 'b1', run: { id: 'other' } }),
      aStateEvent('RUNNING', { id: 'a2' }),
      aHeartbeat(60, { id: 'a3' }),
    ];
    const messages = unpacked(events);
    expect(messages.map(({ routes }) => routes.map(({ id }) => id))).toEqual([
      ['a1', 'a2', 'a3'],
      ['l1'],
      ['b1'],
    ]);
    expect(new Set(messages.map(({ groupId }) => groupId)).size).toBe(3);
  });

  test.each<[string, SignalboxEvent, SignalboxEvent]>([
    ['runs of two projects', aMetricsEvent(), aMetricsEvent({ project: 'other' })],
    ['runs of two teams', aMetricsEvent(), aMetricsEvent({ team: 'audio' })],
    [
      'a registry’s collection and a project’s',
      aLinkedEvent(),
      aLinkedEvent({ registry: undefined, project: 'models' }),
    ],
    [
      'a collection and a run of the same name',
      aLinkedEvent({ registry: undefined, project: 'mnist' }),
      aMetricsEvent({ run: { id: 'detector' } }),
    ],
    ['collections of two registries', aLinkedEvent(), aLinkedEvent({ registry: 'other' })],
    ['two types of custom events', aCustomEvent(), aCustomEvent({ type: 'custom.other' })],
  ])('keeps %s apart', (_name, one, other) => {
    expect(unpacked([one, other]).map(({ routes }) => routes.length)).toEqual([1, 1]);
  });

  test('names the group by the subject alone, so that it is the same for every request', () => {
    const groupOf = (event: TravellingEvent) => packMessages([event], stamp)[0]!.groupId;
    expect(groupOf(aMetricsEvent())).toBe(groupOf(aStateEvent('FAILED')));
    expect(groupOf(aLinkedEvent())).toBe(groupOf(anAliasEvent({ version: 'v9' })));
    expect(groupOf(aMetricsEvent())).toMatch(/^[0-9a-f]{32}$/);
  });

  test('gives back what was put in, whatever characters it holds', () => {
    const event = aLinkedEvent({
      metadata: { text: 'é\n"\\ \uffff 🚂' },
      time: '2026-01-02T03:04:05Z',
    });
    const [message] = packMessages([event], { receivedAtMs: 5, depth: 2 });
    expect(message!.body).toMatch(/^[\t\n\x20-\x7e]*$/);
    const read = unpackMessage(message!.body);
    expect(openEvent(read, read.routes[0]!)).toEqual(event);
    expect(read).toMatchObject({
      receivedAtMs: 5,
      depth: 2,
      groupId: message!.groupId,
      subject: { kind: 'collection', name: 'detector', registry: 'models', team: 'vision' },
    });
  });

  test.each<[string, TravellingEvent]>([
    ['an artifact event', aLinkedEvent()],
    ['an alias event', anAliasEvent()],
    ['a state', aStateEvent('KILLED', { rewind_to: 0, time: '2026-01-02T03:04:05Z' })],
    ['a heartbeat', aHeartbeat(7, { user: 'ada' })],
    ['a custom event', aCustomEvent({ data: [1, { a: null }] })],
    ['a custom event of no place', aCustomEvent({ project: undefined })],
    [
      'a silence',
      silenceEvent(
        { team: 't', project: 'p', run: 'r' },
        { intervalMs: 1, lastAtMs: 9, run: { id: 'r' }, user: 'u' },
      ),
    ],
    ['metrics', losses([1, 'NaN', '-Infinity', 1e-300], 7)],
    ['one point, with its time', aPoint({ step: 3, time: '2026-01-02T03:04:05Z', metrics: { a: 1 } })],
    ['one point at step 0', aPoint({ step: 0, metrics: { a: 1, b: 'NaN' } })],
    ['one point without a step', aPoint({ metrics: { a: 1 } })],
    ['one point of many metrics', aPoint({ step: 3, metrics: named(17) })],
    ['one point of nothing', aPoint({ step: 3, metrics: {} })],
  ])('gives back %s', (_name, event) => {
    expect(unpacked([event]).flatMap(eventsOf)).toEqual([JSON.parse(JSON.stringify(event))]);
  });

  test('says what tells whether anybody watches without opening the event', () => {
    const points = [...pointsOf('loss', [1, 2]), ...pointsOf('accuracy', [3], 2)];
    const silence = silenceEvent(
      { team: 'vision', project: 'mnist', run: 'run-1' },
      { intervalMs: 1, lastAtMs: 9, run: { id: 'run-1' } },
    );
    const [run, alias, tag] = unpacked([
      aMetricsEvent({ points }),
      aStateEvent('FAILED', { rewind_to: 4, run: { id: 'run-1', attempt: 2 } }),
      silence,
      anAliasEvent(),
      aLinkedEvent({ type: 'artifact.tag_added', tag: 'gold', collection: { name: 'x' } }),
    ]);
    expect(run!.routes).toMatchObject([
      { type: 'run.metrics', metrics: ['loss', 'accuracy'] },
      { type: 'run.state', state: 'FAILED', rewindTo: 4, attempt: 2 },
      { type: 'run.state', state: 'CRASHED', silentSinceMs: 9 },
    ]);
    expect(run!.routes[1]).not.toHaveProperty('silentSinceMs');
    expect(run!.routes[2]).not.toHaveProperty('rewindTo');
    expect(run!.routes[2]).not.toHaveProperty('attempt');
    expect(alias!.routes).toMatchObject([{ type: 'artifact.alias_added', label: 'production' }]);
    expect(tag!.routes).toMatchObject([{ type: 'artifact.tag_added', label: 'gold' }]);
  });

  test('writes what events have in common once', () => {
    const config = { text: 'x'.repeat(10_000) };
    const events = Array.from({ length: 20 }, (_, at) => losses([at], at, { run: { id: 'run-1', config } }));
    const [message, ...others] = packMessages(events, stamp);
    expect(others).toEqual([]);
    expect(message!.body.length).toBeLessThan(20_000);
    expect(eventsOf(unpackMessage(message!.body))).toEqual(events);
  });

  test('begins a new message before 240 KiB, and loses and reorders nothing', () => {
    const events = Array.from({ length: 40 }, (_, at) =>
      aMetricsEvent({ id: `e${at}`, run: { id: 'r', config: { text: `${at}`.repeat(10_000) } } }),
    );
    const messages = packMessages(events, stamp);
    expect(messages.length).toBeGreaterThan(2);
    for (const { body } of messages) expect(body.length).toBeLessThan(256 * 1024);
    expect(messages.slice(0, -1).every(({ body }) => body.length > 200 * 1024)).toBe(true);
    expect(messages.flatMap(({ body }) => eventsOf(unpackMessage(body)))).toEqual(events);
    expect(new Set(messages.map(({ dedupId }) => dedupId)).size).toBe(messages.length);
  });

  test('keeps to 256 KiB with many small events and long names as well', () => {
    const events = Array.from({ length: 5_000 }, (_, at) =>
      losses([at], at, {
        id: `${at}`.padStart(128, 'i'),
        run: { id: 'ä'.repeat(128) },
        project: '🚂'.repeat(64),
      }),
    );
    const messages = packMessages(events, stamp);
    for (const { body } of messages) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(256 * 1024);
    expect(messages.flatMap(({ body }) => eventsOf(unpackMessage(body)))).toEqual(events);
  });

  test('knows what an event takes', () => {
    const event = losses(new Array(2_000).fill(1 / 3));
    const { body } = packMessages([event], stamp)[0]!;
    expect(messageBytes(event)).toBeGreaterThan(body.length - 1_000);
    expect(messageBytes(event)).toBeLessThan(body.length);
  });

  describe('the deduplication id, by which SQS drops a message within five minutes,', () => {
    const dedupId = (events: TravellingEvent[], receivedAtMs = 1) =>
      packMessages(events, { receivedAtMs, depth: 0 })[0]!.dedupId;
    const withoutSteps =
      (...values: number[]) =>
      (change: object) =>
        losses([], 0, { points: values.map((loss) => ({ metrics: { loss } })), ...change });

    test.each<[string, (change: object) => TravellingEvent]>([
      ['a state', (change) => aStateEvent('RUNNING', change)],
      ['an artifact', aLinkedEvent],
      ['a point without a step', withoutSteps(1)],
      ['points without steps', withoutSteps(1, 2)],
    ])('is the same where %s is posted again, and of another event another one', (_name, make) => {
      const again = dedupId([make({ id: 'one' })], 2);
      expect(again).toBe(dedupId([make({ id: 'one' })]));
      expect(again).not.toBe(dedupId([make({ id: 'other' })]));
      expect(again).not.toBe(dedupId([make({ id: 'one', team: 'audio' })]));
    });

    test('is another one where points with steps are posted again: after a rewind they count', () => {
      const again = [1, 2, 1].map((receivedAtMs) =>
        dedupId([losses([1, 2], 6, { id: 'same' })], receivedAtMs),
      );
      expect(again[1]).not.toBe(again[0]);
      expect(again[2]).toBe(again[0]);
    });

    test.each<[string, TravellingEvent, TravellingEvent]>([
      ['values', losses([1], 6, { id: 'r1' }), losses([2], 6, { id: 'r1' })],
      ['steps', losses([1, 2], 6, { id: 'r1' }), losses([1, 2], 7, { id: 'r1' })],
      ['a value without a step', withoutSteps(1)({ id: 'r1' }), withoutSteps(2)({ id: 'r1' })],
      ['values without steps', withoutSteps(1, 2)({ id: 'r1' }), withoutSteps(1, 3)({ id: 'r1' })],
      [
        'metrics',
        losses([], 0, { id: 'r1', points: [{ metrics: { loss: 1 } }] }),
        losses([], 0, { id: 'r1', points: [{ metrics: { accuracy: 1 } }] }),
      ],
    ])('is another one of other %s, though the client gives all of them one id', (_what, one, other) => {
      expect(dedupId([one])).not.toBe(dedupId([other]));
      const id = ([event]: TravellingEvent[]) => unpacked([event!])[0]!.id;
      expect(id([one])).not.toBe(id([other]));
    });

    test('is the same for a request posted again that holds more than points with steps', () => {
      const request = [
        losses([1], 6, { id: 'a' }),
        withoutSteps(3)({ id: 'b' }),
        aStateEvent('RUNNING', { id: 'c', rewind_to: 5 }),
      ];
      expect(dedupId(request, 2)).toBe(dedupId(request));
      expect(dedupId([request[0]!, request[2]!], 2)).toBe(dedupId([request[0]!, request[2]!]));
    });
  });

  test('makes another message of events that are posted again, and the same one of a message that comes again', () => {
    const ids = [1, 2, 1].map((receivedAtMs) => {
      const [message] = packMessages([aMetricsEvent()], { receivedAtMs, depth: 0 });
      return unpackMessage(message!.body).id;
    });
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[0]).toBe(ids[2]);
  });

  test.each([
    '',
    '{}',
    '{"v":2,"routes":[]}',
    'nonsense',
    '{"v":1,"routes":[["run.metrics","x"]]}\n{}',
    '3\tg\t0\t0\t1\trun\tr\tt\tp\t\nrun.metrics\n{}',
  ])('refuses a body that it did not make: %p', (body) => {
    expect(() => unpackMessage(body)).toThrow();
  });
});

describe('points on their side', () => {
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.constantFrom<MetricValue>('NaN', 'Infinity', '-Infinity', 0),
  );
  const metricName = fc.constantFrom('loss', 'a', 'b', 'toString', '');
  const point: fc.Arbitrary<Point> = fc.record(
    {
      step: fc.nat(100),
      time: fc.constantFrom('2026-01-02T03:04:05Z', '2027-01-02T03:04:05Z'),
      metrics: fc.dictionary(metricName, value, { noNullPrototype: true, maxKeys: 4 }),
    },
    { requiredKeys: ['metrics'], noNullPrototype: true },
  );

  test('are the same points again', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), (points) => {
        // -0 is 0 on the wire.
        const sent: Point[] = JSON.parse(JSON.stringify(points));
        expect(rowsOf(JSON.parse(JSON.stringify(toPoints(sent))))).toEqual(sent);
      }),
      { numRuns: 500 },
    );
  });

  test('hold a column for each metric, and say undefined for another', () => {
    const points = toPoints([
      { metrics: { a: 1, b: 2 } },
      { metrics: { a: 3 } },
      { metrics: { a: 4 } },
      { metrics: { a: 5, c: 'NaN' } },
      { metrics: { c: 1 } },
    ]);
    expect(points.metrics).toEqual(['a', 'b', 'c']);
    expect(valuesOf(points, 'a')).toEqual([1, 3, 4, 5, null]);
    expect(valuesOf(points, 'b')).toEqual([2, null, null, null, null]);
    expect(valuesOf(points, 'c')).toEqual([null, null, null, 'NaN', 1]);
    expect(valuesOf(points, 'd')).toBeUndefined();
    expect(points).not.toHaveProperty('times');
  });

  test('write a rare metric as its places', () => {
    const rows = Array.from({ length: 100 }, (_, at) => ({
      metrics: at === 70 ? { a: 1, rare: 7 } : { a: 1 },
    }));
    expect(JSON.stringify(toPoints(rows)).length).toBeLessThan(900);
    expect(valuesOf(toPoints(rows), 'rare')!.indexOf(7)).toBe(70);
  });
});
