import * as z from 'zod';
import { eventSchema, eventTypes } from '../../core/event.ts';
import { endOfFirstValue, parseJson, splitArray } from '../../core/json.ts';
import { Problem, type ProblemDetails } from '../../core/problem.ts';
import { parseEvent } from '../../core/received-event.ts';

const link = {
  type: 'artifact.linked',
  team: 'v',
  registry: 'models',
  collection: { name: 'c' },
  version: 'v3',
};
const metrics = { type: 'run.metrics', team: 'v', project: 'p', run: { id: 'r' } };
const at = (points: unknown) => ({ ...metrics, points });
const heartbeat = (change: object) => ({ ...metrics, type: 'run.heartbeat', ...change });

function refusalOf(input: unknown): ProblemDetails {
  try {
    parseEvent(input);
  } catch (error) {
    if (error instanceof Problem) return error.details;
    throw error;
  }
  throw new Error('was not refused');
}

describe('an event', () => {
  test.each<[string, unknown, string | undefined, RegExp]>([
    ['is an object', 3, undefined, /JSON object/],
    ['has a type', {}, 'type', /missing/],
    ['has a known type', { type: 'artifact.linkd' }, 'type', /no event type "artifact.linkd"/],
    ['has a type that is not a property of every object', { type: 'toString' }, 'type', /no event type/],
    ['names its team', { ...link, team: undefined }, 'team', /missing/],
    ['has a team that fits into a URL', { ...link, team: 'a/b' }, 'team', /letters, digits/],
    ['names a place', { ...link, registry: undefined }, 'project', /place/],
    [
      'was created in a project',
      { ...link, type: 'artifact.created' },
      'registry',
      /do not happen in a registry/,
    ],
    ['names one place only', { ...link, project: 'p' }, 'registry', /exclude/],
    [
      'has a run in a project',
      { ...at([{ metrics: {} }]), project: undefined, registry: 'm' },
      'registry',
      /do not happen in a registry/,
    ],
    ['has no unknown fields', { ...link, aliass: [] }, 'aliass', /not known/],
    ['has a URL of the web', { ...link, url: 'httpx://a.example' }, 'url', /http or https/],
    ['has a URL of the web alone', { ...link, url: 'xhttps://a.example' }, 'url', /http or https/],
    ['has whole steps', at([{ step: 1.5, metrics: {} }]), 'points.0.step', /whole/],
    ['has steps from 0 on', at([{ step: -1, metrics: {} }]), 'points.0.step', /negative/],
    ['has metrics by name', at([{ metrics: [1] }]), 'points.0.metrics', /object of metric names/],
    ['has metrics with a name', at([{ metrics: { '': 1 } }]), 'points.0.metrics.', /empty/],
    [
      'has metrics with names of 256 characters at most',
      at([{ metrics: { ['x'.repeat(257)]: 1 } }]),
      `points.0.metrics.${'x'.repeat(257)}`,
      /longer than 256/,
    ],
    ['has numbers as metrics', at([{ metrics: { loss: '0.3' } }]), 'points.0.metrics.loss', /number/],
    ['has at least one point', at([]), 'points', /at least one/],
    ['has an alias when one was added', { ...link, type: 'artifact.alias_added' }, 'alias', /missing/],
    ['has a time with a zone', { ...link, time: '2026-11-23 12:00' }, 'time', /zone/],
    ['has a time with seconds', { ...link, time: '2026-11-23T12:00Z' }, 'time', /seconds/],
    ['has a zone of hours and minutes', { ...link, time: '2026-11-23T12:00:00+02' }, 'time', /zone/],
    ['has a time of this form', { ...link, time: 1_700_000_000 }, 'time', /zone/],
    ['has an interval', heartbeat({}), 'interval', /^this field is missing$/],
    ['has an interval in seconds', heartbeat({ interval: '30s' }), 'interval', /number of seconds/],
    ['has an interval that is a number', heartbeat({ interval: null }), 'interval', /number of seconds/],
    ['has whole surrogate pairs', { ...link, user: 'a\ud800' }, 'user', /surrogate/],
    [
      'has steps that can be counted on from',
      at([{ step: 2 ** 53 - 1, metrics: {} }]),
      'points.0.step',
      /power of 52/,
    ],
    [
      'has a registry with a name',
      { ...link, registry: undefined, project: 'wandb-registry-' },
      'project',
      /empty/,
    ],
    ['has an id without spaces', { ...link, id: 'a b' }, 'id', /printable/],
  ])('%s', (_name, input, field, detail) => {
    const refusal = refusalOf(input);
    expect(refusal.field).toBe(field);
    expect(refusal.detail).toMatch(detail);
  });

  test.each([1, 256])('may have a metric whose name has %d characters', (length) => {
    const input = at([{ metrics: { ['x'.repeat(length)]: 1 } }]);
    expect(parseEvent(input).event).toMatchObject(input);
  });

  test('may have a URL without TLS', () => {
    expect(parseEvent({ ...link, url: 'http://a.example' }).event.url).toBe('http://a.example');
  });

  test('of an unknown type is refused with the list of types', () => {
    expect(refusalOf({ type: 'x' }).hint).toMatch(
      /artifact\.created, artifact\.linked, .*run\.heartbeat and custom\.<name>/,
    );
  });

  test.each<[string, string]>([
    ['CREATE_ARTIFACT', 'artifact.created'],
    ['LINK_ARTIFACT', 'artifact.linked'],
    ['LINK_MODEL', 'artifact.linked'],
    ['UNLINK_ARTIFACT', 'artifact.unlinked'],
    ['ADD_ARTIFACT_ALIAS', 'artifact.alias_added'],
    ['UPDATE_ARTIFACT_ALIAS', 'artifact.alias_added'],
    ['ADD_ARTIFACT_TAG', 'artifact.tag_added'],
    ['REMOVE_ARTIFACT_TAG', 'artifact.tag_removed'],
    ['ADD_COLLECTION_TAG', 'collection.tag_added'],
    ['REMOVE_COLLECTION_TAG', 'collection.tag_removed'],
    ['RUN_METRIC', 'run.metrics'],
    ['RUN_METRIC_CHANGE', 'run.metrics'],
    ['RUN_METRIC_ZSCORE', 'run.metrics'],
    ['run_state', 'run.state'],
  ])('of W&B’s type %s is refused with ours', (theirs, ours) => {
    expect(refusalOf({ type: theirs }).hint).toBe(`W&B's ${theirs.toUpperCase()} is ${ours} here`);
  });

  test('is refused with no more than 300 characters of what it said', () => {
    const long = 'x'.repeat(299);
    expect(refusalOf({ type: long.slice(1) }).detail).toBe(`there is no event type "${long.slice(1)}"`);
    expect(refusalOf({ type: long }).detail).toBe(`there is no event type "${'x'.repeat(298)}…`);
    const short = `points.0.metrics.${'x'.repeat(282)}…`;
    const refusal = refusalOf(at([{ metrics: { [long]: 1 } }]));
    expect(refusal).toMatchObject({ field: short, hint: `correct ${short} and send the request again` });
  });

  test('in a project that is a registry on W&B’s wire is in that registry', () => {
    const { event } = parseEvent({ ...link, registry: undefined, project: 'wandb-registry-models' });
    expect(event).toMatchObject({ registry: 'models' });
    expect(event).not.toHaveProperty('project');
  });

  test('keeps the values that are no finite numbers', () => {
    const input = parseJson(`{"type":"run.metrics","team":"v","project":"p","run":{"id":"r"},
      "points":[{"step":0,"metrics":{"a":NaN,"b":Infinity,"c":-Infinity,"d":1e400,"e":"NaN: NaN"}}]}`);
    expect(refusalOf(input).field).toBe('points.0.metrics.e');
    const points = (input as { points: { metrics: Record<string, unknown> }[] }).points;
    delete points[0]!.metrics['e'];
    const { event } = parseEvent(input);
    expect(event).toMatchObject({
      points: [{ metrics: { a: 'NaN', b: 'Infinity', c: '-Infinity', d: 'Infinity' } }],
    });
  });
});

describe('the id of an event', () => {
  const id = (input: unknown) => parseEvent(input, () => 'evt_random');

  test('of the client does not make points without steps the same again', () => {
    expect(id({ ...at([{ metrics: {} }]), id: 'mine-2', time: '2026-11-23T12:00:00Z' })).toMatchObject({
      event: { id: 'mine-2' },
      deduplicated: false,
    });
  });

  test('is the client’s, where it gives one', () => {
    expect(id({ ...link, id: 'mine-1' })).toMatchObject({ event: { id: 'mine-1' }, deduplicated: true });
  });

  test('is the same for the same content that has a time', () => {
    const timed = { ...link, time: '2026-11-23T12:00:00Z' };
    expect(id(timed)).toEqual(id({ ...timed }));
    expect(id(timed).event.id).not.toBe(id({ ...timed, version: 'v4' }).event.id);
  });

  test('is the same, however the time is written', () => {
    const ids = ['T12:00:00Z', 't12:00:00z'].map(
      (time) => id({ ...link, time: `2026-11-23${time}` }).event.id,
    );
    expect(ids[0]).toBe(ids[1]);
  });

  test('is the same for the same points when each has a step', () => {
    const points = [{ step: 1, metrics: { loss: 1 } }];
    expect(id(at(points)).deduplicated).toBe(true);
    expect(id(at(points)).event.id).toBe(id(at(structuredClone(points))).event.id);
  });

  test.each([
    ['an artifact event without a time', link],
    ['points of which one has no step', at([{ step: 1, metrics: {} }, { metrics: {} }])],
  ])('is random for %s, and the answer says so', (_name, input) => {
    expect(id(input)).toMatchObject({ event: { id: 'evt_random' }, deduplicated: false });
  });
});

describe('JSON', () => {
  test('that is malformed is not quoted: it may be a secret', () => {
    for (const text of ['hunter2hunter2', `{"value":'hunter2'}`, '{"value":"hunter2']) {
      expect(() => parseJson(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('hunter') }),
      );
    }
  });

  test('nested 32 deep is taken, 33 deep is refused before it is parsed', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(32))).toBeDefined();
    expect(() => parseJson(nested(33))).toThrow(/deeper than 32/);
    expect(() => parseJson(`"${'['.repeat(99)}\\"${'['.repeat(99)}"`)).not.toThrow();
  });

  test.each(['{"a":', '{a:1}', 'NaNa', '[1,]', ''])('%p is refused as malformed', (text) => {
    expect(() => parseJson(text)).toThrow(/not JSON/);
  });

  test.each<[string, string]>([
    ['{"a":NaN,"b":x}', 'character 13'],
    ['{"a":-Infinity,"b":[1,2,}', 'character 24'],
    ['{"a":NaN,"b":', 'too early'],
    ['{"a":1} {', 'character 8'],
    ['{"a":1,"bcdef":2 x}', 'character 17'],
  ])('%p is refused with the place in the text as it was sent', (text, place) => {
    let detail = '';
    try {
      parseJson(text);
    } catch (error) {
      detail = (error as Problem).details.detail;
    }
    // V8 does not say where an unexpected character is.
    expect(detail).toMatch(new RegExp(`${place}|^the text is not JSON$`));
  });

  test('of an array is cut into its elements without parsing them', () => {
    const cut = (text: string) => splitArray(text, 100);
    expect([cut('[]'), cut('[ ,1]')]).toEqual([[], [' ', '1']]);
    expect(cut('[ 1, {"a":[1,"],\\","\\"]"]} ,x]')).toEqual([' 1', ' {"a":[1,"],\\","\\"]"]} ', 'x']);
    expect(splitArray(`[${'1,'.repeat(9)}1]`, 4)).toEqual(['1', '1', '1', '1']);
    for (const broken of ['[', '[1', '["]', '[[]', '[1}', '[1]]', '[1] 2']) {
      expect(() => cut(broken)).toThrow(/array/);
    }
  });

  test('ends where its first bracket closes', () => {
    expect(endOfFirstValue('{"a":"}"}\n{}')).toBe(9);
    expect(endOfFirstValue('{"a":[}')).toBe(7);
    expect(endOfFirstValue('{}')).toBe(2);
  });
});

describe('the schema of an event type', () => {
  test.each([...eventTypes, 'custom.deploy'])('%s can be told as JSON Schema', (type) => {
    const schema = z.toJSONSchema(eventSchema(type)!, { io: 'input' });
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(schema.required).toContain('team');
  });

  test('says what a metric may be', () => {
    const schema = z.toJSONSchema(eventSchema('run.metrics')!, { io: 'input' });
    expect(schema.properties).toMatchObject({
      points: {
        items: {
          properties: {
            metrics: {
              type: 'object',
              additionalProperties: {
                anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }],
              },
            },
          },
        },
      },
    });
  });
});

test('ten thousand points are checked in a moment', () => {
  const input = at(
    Array.from({ length: 10_000 }, (_, step) => ({ step, metrics: { a: 1, b: Infinity, c: 'NaN' } })),
  );
  const startedAt = performance.now();
  expect(parseEvent(input).deduplicated).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test.each([
  ['2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z'],
  ['2026-11-23T14:00:00.5+02:00', '2026-11-23T14:00:00.5+02:00'],
  // As Python's strftime writes it with %z.
  ['2026-11-23T12:00:00+0000', '2026-11-23T12:00:00+00:00'],
  ['2026-11-23T06:30:00.123456-0530', '2026-11-23T06:30:00.123456-05:30'],
  // As RFC 3339 allows, and so CloudEvents.
  ['2026-11-23t12:00:00z', '2026-11-23T12:00:00Z'],
  ['2026-11-23t14:00:00+02:00', '2026-11-23T14:00:00+02:00'],
])('the time %s is kept as %s', (time, kept) => {
  expect(parseEvent({ ...link, time }).event.time).toBe(kept);
  const points = [{ time, step: 1, metrics: { loss: 1 } }];
  expect(parseEvent(at(points)).event).toMatchObject({ points: [{ time: kept }] });
});
