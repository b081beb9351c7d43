import fc from 'fast-check';
import {
  compileFilter,
  type FieldReader,
  type Filter,
  type FilterProblem,
  type FilterSource,
  parseFilter,
} from '../../core/filters/filter.ts';
import { valuesAt } from '../../core/filters/path.ts';
import { hasRequirement, type Requirement } from '../../core/filters/requirements.ts';
import type { JsonValue } from '../../core/json.ts';

const known = ['alias', 'tags', 'collection', 'metadata', 'index'];
const event: FilterSource = {
  alias: 'production',
  tags: ['europe', 'nightly'],
  index: 12,
  collection: { name: 'detector' },
  metadata: {
    accuracy: 0.97,
    loss: 'NaN',
    bound: '-Infinity',
    notes: null,
    empty: [],
    shape: [3, 224],
    letters: [...'abcdefghijklm'],
    data: { source: 's3' },
    runs: [{ id: 'a', score: 1 }, { id: 'b' }],
    matrix: [[1, 2], [3]],
  },
};

const readerOf =
  (fields: FilterSource): FieldReader =>
  (root) =>
    Object.hasOwn(fields, root) ? fields[root] : undefined;

function parse(source: unknown) {
  const parsed = parseFilter(source, known);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.filter;
}

function problemsOf(source: unknown): FilterProblem[] {
  const parsed = parseFilter(source, known);
  return 'problems' in parsed ? parsed.problems : [];
}

const on = (field: string, condition: JsonValue): FilterSource => ({ [field]: condition });
const missing = 'metadata.nothing';

describe('a filter', () => {
  test.each<[FilterSource, boolean]>([
    [{}, true],
    [{ alias: 'production', 'collection.name': 'detector' }, true],
    [{ alias: 'production', 'collection.name': 'other' }, false],
    [{ alias: { $regex: '^p', $ne: 'preview' } }, true],
    // $eq, and its short form
    [on('alias', 'production'), true],
    [on('alias', 'prod'), false],
    [on('alias', { $eq: 'production' }), true],
    [on('index', '12'), false],
    [on('index', 12), true],
    [on('tags', 'europe'), true],
    [on('tags', ['europe', 'nightly']), true],
    [on('tags', ['nightly', 'europe']), false],
    [on('metadata.matrix', [3]), true],
    [on('metadata.matrix', 3), false],
    [on('metadata.data', { $eq: { source: 's3' } }), true],
    [on('metadata.data', { $eq: {} }), false],
    [on('metadata.shape', [3, 7]), false],
    [on('metadata.shape', [3, 224, 1]), false],
    [on('metadata.runs.0', { $eq: { score: 1, id: 'a' } }), true],
    [on('metadata.runs.0', { $eq: { id: 'a', score: 2 } }), false],
    [on('metadata.runs.0', { $eq: { id: 'a', other: 1 } }), false],
    [on('metadata.notes', null), true],
    [on(missing, null), true],
    [on(missing, 'x'), false],
    [on('alias', null), false],
    [on('metadata.loss', 'NaN'), true],
    // $ne
    [on('alias', { $ne: 'production' }), false],
    [on('alias', { $ne: 'x' }), true],
    [on(missing, { $ne: 'x' }), true],
    [on(missing, { $ne: null }), false],
    [on('index', { $ne: '12' }), true],
    [on('tags', { $ne: 'europe' }), false],
    // $gt and its like
    [on('index', { $gt: 11 }), true],
    [on('index', { $gt: 12 }), false],
    [on('index', { $gte: 12 }), true],
    [on('index', { $gte: 13 }), false],
    [on('index', { $lt: 13 }), true],
    [on('index', { $lt: 12 }), false],
    [on('index', { $lte: 12 }), true],
    [on('index', { $lte: 11 }), false],
    [on('index', { $gt: '1' }), false],
    [on('alias', { $gt: 1 }), false],
    [on('alias', { $gt: 'prod' }), true],
    [on('alias', { $lt: 'prod' }), false],
    [on(missing, { $lt: 5 }), false],
    [on('metadata.notes', { $lte: 0 }), false],
    [on('metadata.shape', { $gt: 200 }), true],
    [on('metadata.shape', { $gt: 300 }), false],
    [on('metadata.loss', { $gte: 0 }), false],
    [on('metadata.loss', { $lt: 0 }), false],
    [on('metadata.bound', { $lt: -1e300 }), true],
    // $in and $nin
    [on('alias', { $in: ['staging', 'production'] }), true],
    [on('alias', { $in: ['staging'] }), false],
    [on('alias', { $in: [] }), false],
    [on('index', { $in: ['12'] }), false],
    [on('tags', { $in: ['asia', 'nightly'] }), true],
    [on('tags', { $in: ['asia'] }), false],
    [on('tags', { $in: [['europe', 'nightly']] }), true],
    [on(missing, { $in: [1, null] }), true],
    [on(missing, { $in: [1] }), false],
    [on('alias', { $nin: ['staging', 'production'] }), false],
    [on('alias', { $nin: ['staging'] }), true],
    [on('alias', { $nin: [] }), true],
    [on('index', { $nin: ['12'] }), true],
    [on('tags', { $nin: ['europe'] }), false],
    [on(missing, { $nin: [1] }), true],
    [on(missing, { $nin: [null] }), false],
    // $exists
    [on('alias', { $exists: true }), true],
    [on('alias', { $exists: false }), false],
    [on(missing, { $exists: true }), false],
    [on(missing, { $exists: false }), true],
    [on('metadata.notes', { $exists: true }), true],
    [on('metadata.empty', { $exists: true }), true],
    // $regex
    [on('alias', { $regex: '^prod' }), true],
    [on('alias', { $regex: 'duct' }), true],
    [on('alias', { $regex: '^production$' }), true],
    [on('alias', { $regex: 'tion$' }), true],
    [on('alias', { $regex: '^Prod' }), false],
    [on('alias', { $regex: '(?i)^Prod' }), true],
    [on('alias', { $regex: '^p.*n$' }), true],
    [on('tags', { $regex: '^night' }), true],
    [on('tags', { $regex: '^n.*y$' }), true],
    [on('index', { $regex: '1' }), false],
    [on('index', { $regex: '[0-9]' }), false],
    [on(missing, { $regex: '' }), false],
    [on(missing, { $regex: '.*' }), false],
    // $contains
    [on('alias', { $contains: 'duct' }), true],
    [on('alias', { $contains: 'x' }), false],
    [on('alias', { $contains: '' }), true],
    [on('tags', { $contains: 'night' }), true],
    [on('tags', { $contains: 'asia' }), false],
    [on('index', { $contains: '1' }), false],
    [on(missing, { $contains: '' }), false],
    // $size
    [on('tags', { $size: 2 }), true],
    [on('tags', { $size: 1 }), false],
    [on('metadata.empty', { $size: 0 }), true],
    [on('alias', { $size: 10 }), false],
    [on(missing, { $size: 0 }), false],
    [on('metadata.matrix', { $size: 1 }), false],
    // $in of lists and objects
    [on('metadata.data', { $in: [{ source: 'gcs' }, { source: 's3' }] }), true],
    [on('metadata.data', { $in: [{ source: 'gcs' }, 's3'] }), false],
    [on('metadata.shape', { $in: [{ source: 's3' }, [3, 224]] }), true],
    [on('alias', { $in: [['staging'], 'production'] }), true],
    [on(missing, { $in: [[3, 224], 'x'] }), false],
    // $all
    [on('tags', { $all: ['nightly', 'europe'] }), true],
    [on('tags', { $all: ['nightly', 'asia'] }), false],
    [on('tags', { $all: [] }), false],
    [on('alias', { $all: ['production'] }), true],
    [on('index', { $all: ['12'] }), false],
    [on(missing, { $all: ['x'] }), false],
    // $not
    [on('alias', { $not: { $regex: '^prod' } }), false],
    [on('alias', { $not: { $regex: '^stag' } }), true],
    [on('index', { $not: { $gt: 5, $lt: 12 } }), true],
    [on('index', { $not: { $gt: 5, $lt: 13 } }), false],
    [on('index', { $not: { $not: { $gt: 5 } } }), true],
    [on(missing, { $not: { $gt: 5 } }), true],
    [on('alias', { $not: { $gt: 5 } }), true],
    [on('tags', { $not: { $eq: 'europe' } }), false],
    // $and, $or, $nor
    [{ $and: [{ alias: 'production' }, { index: 12 }] }, true],
    [{ $and: [{ alias: 'production' }, { index: 13 }] }, false],
    [{ $or: [{ alias: 'x' }, { index: 12 }] }, true],
    [{ $or: [{ alias: 'x' }, { index: 13 }] }, false],
    [{ $nor: [{ alias: 'x' }, { index: 13 }] }, true],
    [{ $nor: [{ alias: 'x' }, { index: 12 }] }, false],
    [{ $or: [{ $and: [{ alias: 'production' }, { $nor: [{ tags: 'asia' }] }] }, { index: 0 }] }, true],
    [{ $or: [{}] }, true],
    // paths
    [on('metadata.data.source', 's3'), true],
    [on('metadata.data.source.deeper', null), true],
    [on('metadata.runs.id', 'b'), true],
    [on('metadata.runs.1.id', 'b'), true],
    [on('metadata.runs.0.id', 'b'), false],
    [on('metadata.runs.score', null), true],
    [on('metadata.runs.score', { $exists: true }), true],
    [on('metadata.runs.5.id', null), false],
    [on('metadata.runs.2.id', null), false],
    [on('metadata.runs.5.id', { $exists: false }), true],
    [on('metadata.letters.10', 'k'), true],
    [on('metadata.shape.1', 224), true],
    [on('metadata.shape.01', 224), false],
    [on('metadata.shape.x', null), false],
    [on('metadata.matrix.0.1', 2), true],
    [on('tags.length', 2), false],
    [on('tags.0', 'europe'), true],
    [on('metadata.constructor', { $exists: true }), false],
    [on('metadata.__proto__', { $exists: true }), false],
    [on('alias.length', { $exists: true }), false],
  ])('%j → %p', (source, expected) => {
    const filter = parse(source);
    expect(filter.test(readerOf(event))).toBe(expected);
    expect(filter.explain(readerOf(event)).holds).toBe(expected);
  });

  test('looks at the first 1,000 elements of a list', () => {
    const tags = [...Array<string>(999).fill('x'), 'inside', 'outside'];
    expect(parse({ tags: 'inside' }).test(readerOf({ tags }))).toBe(true);
    expect(parse({ tags: 'outside' }).test(readerOf({ tags }))).toBe(false);
  });

  test('reads 8,192 characters of a list for a regular expression', () => {
    const tags = [...Array<string>(8).fill('a'.repeat(5_000)), 'needle'];
    expect(parse({ tags: { $regex: 'need[l]e' } }).test(readerOf({ tags }))).toBe(false);
    expect(parse({ tags: { $regex: 'need[l]e' } }).test(readerOf({ tags: tags.slice(1) }))).toBe(true);
  });
});

describe('a filter is refused', () => {
  const nested = (depth: number): JsonValue => (depth === 0 ? 'x' : { $not: nested(depth - 1) });
  test.each<[unknown, string, RegExp]>([
    ['alias', '', /JSON object/],
    [null, '', /JSON object/],
    [[], '', /JSON object/],
    [{ aliass: 'x' }, 'aliass', /no field "aliass".*alias, tags/],
    [{ toString: 'x' }, 'toString', /no field/],
    [{ ['x'.repeat(200)]: 1 }, 'x'.repeat(200), /x{79}…/],
    [{ '': 1 }, '', /each side of each dot/],
    [{ 'metadata..x': 1 }, 'metadata..x', /each side of each dot/],
    [{ 'metadata.': 1 }, 'metadata.', /each side of each dot/],
    [{ [`metadata${'.a'.repeat(32)}`]: 1 }, `metadata${'.a'.repeat(32)}`, /32 parts/],
    [{ alias: { $regx: 'x' } }, 'alias.$regx', /no operator "\$regx".*\$regex/],
    [{ alias: { toString: 'x' } }, 'alias.toString', /no operator.*\$eq/],
    [{ alias: { $regex: 'x', $options: 'i' } }, 'alias.$options', /\(\?i\)/],
    [{ alias: {} }, 'alias', /names no operator/],
    [{ $not: { alias: 'x' } }, '$not', /no operator "\$not" that joins/],
    [{ $or: [] }, '$or', /at least one/],
    [{ $or: { alias: 'x' } }, '$or', /at least one/],
    [{ $or: [{ alias: 'x' }, 3] }, '$or.1', /JSON object/],
    [{ $and: [{ $nor: [{ alias: { $in: 'x' } }] }] }, '$and.0.$nor.0.alias.$in', /takes a list/],
    [{ alias: { $and: [] } }, 'alias.$and', /no operator/],
    [{ alias: { $not: 'x' } }, 'alias.$not', /\$ne/],
    [{ alias: { $not: {} } }, 'alias.$not', /names no operator/],
    [{ alias: { $gt: null } }, 'alias.$gt', /number or a string/],
    [{ alias: { $gt: Number.POSITIVE_INFINITY } }, 'alias.$gt', /number or a string/],
    [{ alias: { $eq: Number.POSITIVE_INFINITY } }, 'alias.$eq', /finite/],
    [{ alias: { $exists: 1 } }, 'alias.$exists', /true or false/],
    [{ alias: { $size: -1 } }, 'alias.$size', /whole number/],
    [{ alias: { $size: 1.5 } }, 'alias.$size', /whole number/],
    [{ alias: { $all: 'x' } }, 'alias.$all', /list/],
    [{ alias: { $contains: 3 } }, 'alias.$contains', /string/],
    [{ alias: { $in: ['x', { $regex: 'y' }] } }, 'alias.$in.1.$regex', /no operator/],
    [{ alias: { $regex: 3 } }, 'alias.$regex', /string/],
    [{ alias: { $regex: 'x'.repeat(513) } }, 'alias.$regex', /512/],
    [{ alias: { $regex: '(?:.?){999}[yz]' } }, 'alias.$regex', /repeats too much/],
    [{ alias: nested(16) }, `alias${'.$not'.repeat(15)}`, /deeper than 16/],
  ])('%j at %s', (source, path, message) => {
    expect(problemsOf(source)).toContainEqual(
      expect.objectContaining({ path, message: expect.stringMatching(message) }),
    );
  });

  test.each<[string, number, string]>([
    ['(', 0, 'missing closing )'],
    ['a(b(c)d', 1, 'missing closing )'],
    ['a\\(b[(](c', 7, 'missing closing )'],
    ['\\Q(\\E(x', 5, 'missing closing )'],
    ['a)', 1, 'unexpected )'],
    ['(a)[)]b)c)', 7, 'unexpected )'],
    ['ab[cd', 2, 'missing closing ]'],
    ['\\Q(?=x)\\E(?=x)', 9, 'invalid or unsupported Perl syntax'],
    ['ab(?!c)', 2, 'invalid or unsupported Perl syntax'],
    ['ab\\', 2, 'trailing backslash'],
    ['ab*c**', 4, 'invalid nested repetition'],
    ['[**]b**[**]', 5, 'invalid nested repetition'],
    ['x|*a', 2, 'missing argument'],
    ['*a', 0, 'missing argument'],
    ['[a-c][z-a]', 6, 'invalid character class range'],
    ['a{2}b{1001}', 5, 'invalid repeat count'],
    ['\\d\\y', 2, 'invalid escape'],
  ])('with the place of the error: %s at %d', (pattern, position, reason) => {
    const [problem] = problemsOf({ alias: { $regex: pattern } });
    expect(problem).toMatchObject({ path: 'alias.$regex', position });
    expect(problem?.message).toContain(`${reason}`);
    expect(problem?.message).toContain(`at character ${position + 1}`);
  });

  test('with every problem, ten at most', () => {
    const clauses = Array.from({ length: 30 }, (_, n) => [`field${n}`, { $oops: n }]);
    const problems = problemsOf(Object.fromEntries(clauses));
    expect(problems).toHaveLength(10);
    expect(problems[1]).toMatchObject({ path: 'field0.$oops' });
  });

  test('beyond 256 clauses, once', () => {
    const filters = Array.from({ length: 300 }, () => ({ alias: 'x' }));
    expect(problemsOf({ $or: filters })).toEqual([
      { path: '$or.255.alias', message: 'a filter has at most 256 clauses' },
    ]);
    expect(problemsOf({ $or: filters.slice(0, 255) })).toEqual([]);
  });

  test('with a pattern of more than 300 instructions, or with 600 in all its patterns', () => {
    const patterns = (...counts: number[]) =>
      problemsOf({ $or: counts.map((count) => ({ alias: { $regex: `[ab]{${count}}` } })) });
    // Each holds two more than it repeats.
    expect(patterns(298)).toEqual([]);
    expect(patterns(299)).toMatchObject([{ path: '$or.0.alias.$regex' }]);
    expect(patterns(298, 295, 1)).toEqual([]);
    expect(patterns(298, 296, 1)).toMatchObject([{ path: '$or.2.alias.$regex' }]);
  });

  test('with patterns that are too large together', () => {
    const filters = ['a', 'b', 'c'].map((letter) => ({ alias: { $regex: `(?:${letter}?){120}[yz]` } }));
    expect(problemsOf({ $or: filters })).toMatchObject([{ path: '$or.2.alias.$regex' }]);
  });
});

describe('what a filter requires', () => {
  const whole = (requirement: object) => [{ path: 'alias', whole: true, ...requirement }];
  test.each<[FilterSource, object[]]>([
    [{}, []],
    [{ alias: 'x' }, whole({ kind: 'equals', values: ['x'] })],
    [{ alias: { $eq: true } }, whole({ kind: 'equals', values: [true] })],
    [{ alias: { $in: ['x', 1] } }, whole({ kind: 'equals', values: ['x', 1] })],
    [{ alias: { $all: ['x'] } }, whole({ kind: 'equals', values: ['x'] })],
    [{ alias: { $regex: '^x\\.y$' } }, whole({ kind: 'equals', values: ['x.y'] })],
    [{ alias: { $regex: '^x' } }, whole({ kind: 'prefix', text: 'x' })],
    [{ alias: { $regex: 'x$' } }, whole({ kind: 'suffix', text: 'x' })],
    [{ alias: { $regex: 'x' } }, whole({ kind: 'contains', text: 'x' })],
    [{ alias: { $contains: 'x' } }, whole({ kind: 'contains', text: 'x' })],
    [{ alias: { $regex: '^x+' } }, [{ path: 'alias', kind: 'pattern', source: '^x+', whole: false }]],
    [{ $and: [{ alias: 'x' }, {}] }, whole({ kind: 'equals', values: ['x'] })],
    [{ alias: null }, []],
    [{ alias: { $in: ['x', null] } }, []],
    [{ alias: { $regex: '' } }, []],
    [{ alias: { $ne: 'x' } }, []],
    [{ alias: { $not: { $ne: 'x' } } }, []],
    [{ $or: [{ alias: 'x' }] }, []],
    [
      { index: { $gt: 3 }, alias: { $regex: 'a.c' }, $and: [{ tags: { $all: ['x', 'y'] } }] },
      [
        { path: 'tags', kind: 'equals', values: ['x'], whole: false },
        { path: 'tags', kind: 'equals', values: ['y'], whole: false },
        { path: 'alias', kind: 'pattern', source: 'a.c', whole: false },
      ],
    ],
  ])('%j', (source, expected) => {
    expect(parse(source).requirements()).toEqual(expected);
  });

  test('is looked for in the values that a clause compares', () => {
    expect(valuesAt(readerOf(event), 'tags')).toEqual(['europe', 'nightly', ['europe', 'nightly']]);
    expect(valuesAt(readerOf(event), 'metadata.runs.id')).toEqual(['a', 'b']);
    expect(valuesAt(readerOf(event), missing)).toEqual([]);
  });
});

describe('an explanation', () => {
  test('tells for every clause where it stands, what was found, and whether it held', () => {
    const source = { alias: 'prod', $or: [{ index: { $not: { $gt: 5 } } }, { 'metadata.runs.id': 'b' }] };
    expect(parse(source).explain(readerOf(event))).toEqual({
      at: '',
      operator: '$and',
      holds: false,
      parts: [
        { at: 'alias', path: 'alias', operator: '$eq', operand: 'prod', found: ['production'], holds: false },
        {
          at: '$or',
          operator: '$or',
          holds: true,
          parts: [
            {
              at: '$or.0',
              operator: '$and',
              holds: false,
              parts: [
                {
                  at: '$or.0.index.$not',
                  operator: '$not',
                  holds: false,
                  parts: [
                    {
                      at: '$or.0.index.$not.$gt',
                      path: 'index',
                      operator: '$gt',
                      operand: 5,
                      found: [12],
                      holds: true,
                    },
                  ],
                },
              ],
            },
            {
              at: '$or.1',
              operator: '$and',
              holds: true,
              parts: [
                {
                  at: '$or.1.metadata.runs.id',
                  path: 'metadata.runs.id',
                  operator: '$eq',
                  operand: 'b',
                  found: ['a', 'b'],
                  holds: true,
                },
              ],
            },
          ],
        },
      ],
    });
  });

  test('stays small, whatever the event holds', () => {
    const deep = JSON.parse(`${'{"a":['.repeat(15)}${']}'.repeat(15)}`);
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`key${n}`, deep]));
    const metadata = { text: 'x'.repeat(100_000), list: Array(5_000).fill(wide), wide };
    const explanation = parse({ metadata: 1, 'metadata.text': '', 'metadata.list': [] }).explain(
      readerOf({ metadata }),
    );
    expect(JSON.stringify(explanation).length).toBeLessThan(8_000);
  });
});

// Few names and values, so that filters and events meet often.
const names = fc.constantFrom('alias', 'tags', 'metadata', 'a', 'b', '0', '1', '__proto__', 'constructor');
const texts = fc.constantFrom(
  '',
  'a',
  'ab',
  'abc',
  'b.c',
  'NaN',
  'Infinity',
  '-Infinity',
  '😀',
  '\ud83d',
  'a\n',
);
const scalars = fc.oneof(texts, fc.constantFrom(null, true, false, 0, -0, 1, 2, 1e300), fc.string());
const { value: jsonValues } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalars,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4 }),
  ),
}));
const few = fc.constantFrom('a', 'ab', 'b.c', '');
const events = fc.record(
  {
    alias: fc.oneof(few, few, jsonValues),
    tags: fc.oneof(fc.array(few, { maxLength: 4 }), jsonValues),
    metadata: jsonValues,
  },
  { requiredKeys: [] },
);
const paths = fc
  .tuple(
    fc.constantFrom('alias', 'tags', 'metadata'),
    fc.oneof(fc.constant([]), fc.array(names, { maxLength: 2 })),
  )
  .map(([root, rest]) => [root, ...rest].join('.'));
const patterns = fc.constantFrom(
  '',
  '^a',
  'b$',
  '^ab$',
  'a',
  '\\.',
  '^a+$',
  '[ab]',
  'a|b',
  '(?i)AB',
  '^.$',
  '$',
);
const operands: Record<string, fc.Arbitrary<JsonValue>> = {
  $eq: fc.oneof(few, jsonValues),
  $ne: jsonValues,
  $gt: scalars,
  $gte: scalars,
  $lt: scalars,
  $lte: scalars,
  $in: fc.array(fc.oneof(few, jsonValues), { maxLength: 3 }),
  $nin: fc.array(scalars, { maxLength: 3 }),
  $all: fc.array(scalars, { maxLength: 2 }),
  $exists: fc.boolean(),
  $size: fc.nat(3),
  $contains: texts,
  $regex: patterns,
};
const operations = fc.oneof(
  ...Object.entries(operands).map(([name, operand]) =>
    operand.map((value) => ({ [name]: value }) as JsonValue),
  ),
);
const conditions = fc.oneof(
  few,
  scalars,
  operations,
  operations,
  operations.map((condition) => ({ $not: condition })),
  jsonValues,
);
const clauses = fc.dictionary(paths, conditions, { minKeys: 1, maxKeys: 2 });
const joinedFilters = fc
  .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(clauses, { minLength: 1, maxLength: 3 }))
  .map(([join, filters]) => ({ [join]: filters }) as FilterSource);
const filters: fc.Arbitrary<FilterSource> = fc.oneof(
  clauses,
  joinedFilters,
  fc.tuple(clauses, joinedFilters).map(([left, right]) => ({ ...left, ...right })),
);

describe('whatever the filter and the event', () => {
  const roots = ['alias', 'tags', 'metadata'];

  /** Runs accepted filters against a few events each. */
  function judge(check: (filter: Filter, fields: FieldReader) => void): void {
    const several = fc.array(events, { minLength: 6, maxLength: 12 });
    const property = fc.property(filters, several, (source, those) => {
      const parsed = parseFilter(source, roots);
      if ('filter' in parsed) for (const fields of those) check(parsed.filter, readerOf(fields));
    });
    fc.assert(property, { numRuns: 3_000 });
  }

  test('the door at save time answers, for any JSON', () => {
    fc.assert(
      fc.property(fc.oneof(jsonValues, filters, fc.jsonValue()), (source) => {
        const parsed = parseFilter(source, roots);
        if ('problems' in parsed) expect(parsed.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  test('an accepted filter answers the same through both doors and when it explains', () => {
    let matched = 0;
    judge((filter, fields) => {
      const holds = filter.test(fields);
      if (holds) matched++;
      expect(compileFilter(filter.source).test(fields)).toBe(holds);
      expect(filter.explain(fields).holds).toBe(holds);
    });
    // The property says little where nothing matches.
    expect(matched).toBeGreaterThan(50);
  });

  test('what an accepted filter requires is necessary, and a whole requirement is enough', () => {
    let [required, whole] = [0, 0];
    const checkOne = (requirement: Requirement, fields: FieldReader, holds: boolean) => {
      const has = hasRequirement(requirement, fields);
      if (holds || requirement.whole) expect(has).toBe(holds);
      if (holds) required++;
      if (requirement.whole) whole++;
    };
    judge((filter, fields) => {
      const holds = filter.test(fields);
      for (const requirement of filter.requirements()) checkOne(requirement, fields, holds);
    });
    expect(Math.min(required, whole)).toBeGreaterThan(50);
  });

  test.each<[FilterSource]>([
    [on('alias', { $oops: 'production' })],
    [on('alias', { $in: 'production' })],
    [on('index', { $exists: 1 })],
  ])('%j, which no door would take, takes nothing', (source) => {
    expect(compileFilter(source).test(readerOf(event))).toBe(false);
  });

  test('a compiled filter answers, even one that no door would take', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.dictionary(
            fc.oneof(names, fc.constantFrom(...Object.keys(operands), '$and', '$not')),
            jsonValues,
          ),
          filters,
        ),
        events,
        (source, fields) => {
          expect(typeof compileFilter(source).test(readerOf(fields))).toBe('boolean');
          expect(Array.isArray(compileFilter(source).requirements())).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
