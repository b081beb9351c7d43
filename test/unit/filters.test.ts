import { type FilterSource, parseFilter } from '../../core/filters/filter.ts';
import type { JsonValue } from '../../core/json.ts';

const known = ['alias', 'tags', 'collection', 'metadata'];
const fields = {
  alias: 'production',
  tags: ['europe', 'nightly'],
  collection: { name: 'detector' },
  metadata: { accuracy: 0.97, data: { source: 's3' } },
};

function matches(source: FilterSource): boolean {
  const parsed = parseFilter(source, known);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.filter(fields);
}

describe('a filter', () => {
  test.each<[FilterSource, boolean]>([
    [{}, true],
    [{ alias: 'production' }, true],
    [{ alias: 'prod' }, false],
    [{ alias: { $eq: 'production' } }, true],
    [{ alias: { $ne: 'production' } }, false],
    [{ alias: { $regex: '^prod' } }, true],
    [{ alias: { $regex: 'duct' } }, true],
    [{ alias: { $regex: '^Prod' } }, false],
    [{ alias: { $regex: '(?i)^Prod' } }, true],
    [{ alias: { $contains: 'duct' } }, true],
    [{ alias: { $contains: 'x' } }, false],
    [{ alias: { $in: ['staging', 'production'] } }, true],
    [{ alias: { $nin: ['staging', 'production'] } }, false],
    [{ tags: 'europe' }, true],
    [{ tags: { $regex: '^night' } }, true],
    [{ tags: { $in: ['asia'] } }, false],
    [{ 'collection.name': 'detector' }, true],
    [{ 'metadata.data.source': 's3' }, true],
    [{ 'metadata.accuracy': 0.97 }, true],
    [{ 'metadata.nothing.there': null }, true],
    [{ 'metadata.accuracy': { $regex: '0' } }, false],
    [{ alias: 'production', 'collection.name': 'other' }, false],
    [{ alias: { $regex: '^p', $ne: 'preview' } }, true],
  ])('%j → %p', (source, expected) => {
    expect(matches(source)).toBe(expected);
  });

  test.each<[FilterSource, string, RegExp]>([
    [{ aliass: 'x' }, 'aliass', /no field "aliass".*alias, tags/],
    [{ alias: { $regx: 'x' } }, 'alias.$regx', /no operator \$regx/],
    [{ alias: { toString: 'x' } }, 'alias.toString', /no operator/],
    [{ alias: { $regex: '(' } }, 'alias.$regex', /RE2.*missing closing/],
    [{ alias: { $regex: '(?=x)' } }, 'alias.$regex', /RE2/],
    [{ alias: { $regex: 'x'.repeat(513) } }, 'alias.$regex', /512/],
    [{ alias: { $regex: '(?:.?){999}[yz]' } }, 'alias.$regex', /repeats too much/],
    [{ alias: { $regex: 3 } as unknown as JsonValue }, 'alias.$regex', /string/],
    [{ alias: { $in: 'x' } }, 'alias.$in', /list/],
  ])('%j is refused at %s', (source, path, message) => {
    const parsed = parseFilter(source, known);
    expect(parsed).toMatchObject({ problems: [{ path, message: expect.stringMatching(message) }] });
  });

  test('runs a pattern that would hold V8 for minutes in a moment', () => {
    const parsed = parseFilter({ alias: { $regex: '^(a+)+$' } }, known);
    if ('problems' in parsed) throw new Error('refused');
    expect(parsed.filter({ alias: `${'a'.repeat(40)}!` })).toBe(false);
  });
});
