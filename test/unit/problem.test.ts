import * as z from 'zod';
import { watchedRoutes } from '../../core/api/watched.ts';
import {
  detailsOfZod,
  Problem,
  type ProblemDetails,
  parseInput,
  renamedProblem,
} from '../../core/problem.ts';
import { Trigger } from '../../core/trigger.ts';

function problemOf(schema: z.ZodType, value: unknown): ProblemDetails | undefined {
  try {
    parseInput(schema, value);
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.details : undefined;
  }
}

const Place = z.strictObject({ name: z.string(), size: z.object({ width: z.number() }).optional() });
const Shape = z.union([
  z.strictObject({ circle: z.number() }),
  z.strictObject({ box: z.strictObject({ width: z.number() }) }),
]);

test('what fits is returned as the schema makes it', () => {
  expect(parseInput(z.string().default('x'), undefined)).toBe('x');
});

test.each<[string, z.ZodType, unknown, string | undefined]>([
  ['a field that is missing', Place, {}, 'name'],
  ['a field of another type', Place, { name: 1 }, 'name'],
  ['a field within a field', Place, { name: 'a', size: { width: 'b' } }, 'size.width'],
  ['a field that is not known', Place, { name: 'a', colour: 1 }, 'colour'],
  ['a field that no form has', Shape, { triangle: 1 }, 'circle'],
  ['a number that is too small', z.object({ list: z.array(z.int().min(1)) }), { list: [1, 0] }, 'list.1'],
  ['the whole', z.string(), 1, undefined],
])('a Problem names %s', (_, schema, value, field) => {
  const problem = problemOf(schema, value);
  expect(problem).toMatchObject({
    code: 'invalid_input',
    detail: expect.any(String),
    hint: expect.any(String),
  });
  expect(problem?.field || undefined).toBe(field);
});

test.each([
  ['missing', {}, 'this field is missing', 'give it as string'],
  ['unknown', { name: 'a', x: 1 }, 'this field is not known', 'remove it, or check its spelling'],
  [
    'unknown, beside others',
    { name: 'a', id: 1, team: 2, etag: 3 },
    'this field is not known, and neither are team and etag',
    'remove it, or check its spelling',
  ],
])('a field that is %s is said to be so', (_, value, detail, hint) => {
  expect(problemOf(Place, value)).toMatchObject({ detail, hint });
});

test('of many unknown fields some are named, and none at length', () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`${'x'.repeat(99)}${at}`, at]));
  expect(problemOf(Place, { name: 'a', ...many })?.detail).toMatch(/and 289 others$/);
  expect(problemOf(Place, { name: 'a', ...many })?.detail.length).toBeLessThan(1000);
});

test('where several forms together have a sentence of their own, that is said', () => {
  const Size = z.union([z.number(), z.enum(['small', 'large'])], {
    error: 'must be a number, small or large',
  });
  const Sized = z.strictObject({ size: Size });
  expect(problemOf(Sized, { size: 'huge' })).toMatchObject({
    field: 'size',
    detail: 'must be a number, small or large',
  });
});

const low = { metric: 'loss', comparison: '<', value: 'low' };

test.each<[string, object, string]>([
  ['a condition', { event: 'run.metrics', threshold: low }, 'threshold.value'],
  ['a state', { event: 'run.state', states: ['HAPPY'] }, 'states.0'],
  ['a custom event', { event: 'custom.deployed', states: [] }, 'states'],
  ['the filter of a custom event', { event: 'custom.deployed', filter: 5 }, 'filter'],
  ['the filter of another', { event: 'artifact.linked', filter: 5 }, 'filter'],
  ['no kind', { event: 'nonsense' }, 'event'],
  ['no event', { filter: {} }, 'event'],
])('of several kinds of trigger, the complaint is about the one that was meant: %s', (_, value, field) => {
  expect(problemOf(Trigger, value)?.field).toBe(field);
});

test.each([{ event: 'nonsense' }, { filter: {} }])('of %j it is said which triggers there are', (value) => {
  expect(problemOf(Trigger, value)?.detail).toMatch(/there are artifact\.created, .* and custom\.<name>$/);
});

const named = z.strictObject({ name: z.templateLiteral(['custom.', z.string()]) });
const sized = z.union([z.strictObject({ width: z.number() }), z.strictObject({ height: z.number() })]);

test.each<[string, z.ZodType, unknown, string]>([
  [
    'deeper in a form, a wrong name is what is wrong with it',
    z.union([z.strictObject({ of: named }), z.strictObject({ size: z.number() })]),
    { of: { name: 'x' } },
    'of.name',
  ],
  [
    'deeper in a form, a part that has no form is what is wrong with it',
    z.union([
      z.strictObject({ of: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a') })]) }),
      z.strictObject({ size: z.number() }),
    ]),
    { of: { kind: 'b' } },
    'of.kind',
  ],
  [
    'a text of another form is what is wrong with it',
    z.union([z.strictObject({ id: z.string().regex(/^a/) }), z.strictObject({ size: z.number() })]),
    { id: 'b' },
    'id',
  ],
  [
    'a part with forms of its own is wrong in the nearest of them',
    z.union([z.strictObject({ box: sized }), z.strictObject({ size: z.number() })]),
    { box: { width: 'wide' } },
    'box.width',
  ],
  [
    'a name of another form says nothing',
    z.union([named, z.strictObject({ name: z.null() })]),
    { name: 'x' },
    'name',
  ],
])('of several forms, %s', (_, schema, value, field) => {
  expect(problemOf(schema, value)?.field).toBe(field);
});

test('an input that is wrong as a whole is said to be', () => {
  expect(problemOf(z.string(), 1)).toMatchObject({ hint: 'correct the input and send it again' });
  expect(problemOf(Place, { name: 1 })).toMatchObject({ hint: 'correct name and send the request again' });
  expect(detailsOfZod(new z.ZodError([]))).toEqual({
    code: 'invalid_input',
    detail: 'the input is not valid',
  });
});

test('a part of an input is named by its place in the whole', () => {
  const { error } = Place.safeParse({ name: 'a', colour: 1 });
  expect(detailsOfZod(error as z.ZodError, ['places', '3']).field).toBe('places.3.colour');
});

test('a Problem with a part can be told as one with the whole, and another error stays', () => {
  const problem = new Problem({
    code: 'conflict',
    detail: 'is taken',
    field: 'name',
    hint: 'choose another',
  });
  const renamed = renamedProblem(problem, (field) => `data.${field}`) as Problem;
  expect(renamed.details).toEqual({ ...problem.details, field: 'data.name' });
  expect(renamed.cause).toBe(problem);
  expect(renamed.name).toBe('Problem');
  const bug = new TypeError('a bug');
  expect(renamedProblem(bug, () => 'x')).toBe(bug);
});

const place = watchedRoutes.readWatched.query;

test.each([
  ['a team', { team: 'vision' }],
  ['a project', { team: 'vision', project: 'mnist' }],
  ['a registry', { team: 'vision', registry: 'models' }],
  ['a registry by its project', { team: 'vision', project: 'wandb-registry-models' }],
])('what is watched can be asked of %s', (_, query) => {
  expect(place.parse(query)).toEqual(query);
});

test('what is watched is not asked of a project and a registry at once', () => {
  expect(problemOf(place, { team: 'vision', project: 'a', registry: 'b' })?.field).toBe('registry');
});
