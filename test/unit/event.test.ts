import { parseJson } from '../../core/json.ts';
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
    ['names one place only', { ...link, project: 'p' }, 'registry', /exclude/],
    [
      'has a run in a project',
      { ...at([{ metrics: {} }]), project: undefined, registry: 'm' },
      'registry',
      /place/,
    ],
    ['has no unknown fields', { ...link, aliass: [] }, 'aliass', /not known/],
    ['has whole steps', at([{ step: 1.5, metrics: {} }]), 'points.0.step', /whole/],
    ['has steps from 0 on', at([{ step: -1, metrics: {} }]), 'points.0.step', /negative/],
    ['has numbers as metrics', at([{ metrics: { loss: '0.3' } }]), 'points.0.metrics.loss', /number/],
    ['has at least one point', at([]), 'points', /at least one/],
    ['has an alias when one was added', { ...link, type: 'artifact.alias_added' }, 'alias', /missing/],
    ['has a time with a zone', { ...link, time: '2026-11-23 12:00' }, 'time', /zone/],
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

  test('of an unknown type is refused with the list of types', () => {
    expect(refusalOf({ type: 'x' }).hint).toContain('artifact.linked, artifact.alias_added, run.metrics');
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
});
