import fc from 'fast-check';
import { RE2JS } from 're2js';
import { parseFilter } from '../../core/filters/filter.ts';
import { classify } from '../../core/filters/pattern.ts';
import { matchesRegex } from '../../core/filters/regex.ts';
import { hostilePatterns, textOf } from '../support/hostile-patterns.ts';

describe('hostile patterns', () => {
  const cases = hostilePatterns;

  test('are many', () => {
    expect(cases.length).toBeGreaterThanOrEqual(120);
    expect(cases.filter(({ expect }) => expect === 'refused').length).toBeGreaterThanOrEqual(40);
  });

  test.each(
    cases.map((hostile, index) => ({ ...hostile, name: `${index} ${hostile.pattern.slice(0, 40)}` })),
  )('$name: $expect, $reason', (hostile) => {
    const parsed = parseFilter({ alias: { $regex: hostile.pattern } }, ['alias']);
    const text = textOf(hostile);
    const outcome =
      'problems' in parsed ? 'refused' : parsed.filter.test(() => text) ? 'matches' : 'no match';
    expect(outcome).toBe(hostile.expect);
    if ('problems' in parsed) expect(parsed.problems).toMatchObject([{ path: 'alias.$regex' }]);
  });
});

describe('a pattern', () => {
  test.each([
    ['^abc$', { kind: 'equals', text: 'abc' }],
    ['^abc', { kind: 'prefix', text: 'abc' }],
    ['abc$', { kind: 'suffix', text: 'abc' }],
    ['abc', { kind: 'contains', text: 'abc' }],
    ['', { kind: 'contains', text: '' }],
    ['^$', { kind: 'equals', text: '' }],
    ['^v1\\.2\\$\\\\$', { kind: 'equals', text: 'v1.2$\\' }],
    ['a-b_c/d "e"\n', { kind: 'contains', text: 'a-b_c/d "e"\n' }],
    ['😀$', { kind: 'suffix', text: '😀' }],
    ...[
      'a.c',
      'a*',
      '\\d',
      '\\n',
      '\\',
      '^^a',
      'a$$',
      'a|b',
      '(a)',
      '[a]',
      'a{',
      'a}',
      '$a',
      '(?i)a',
      '\\é',
    ].map((source) => [source, { kind: 'pattern', source }] as const),
    ['\ud83d', { kind: 'pattern', source: '\ud83d' }],
  ] as const)('%j is %j', (source, expected) => {
    expect(classify(source)).toEqual(expected);
  });

  test('means the same with and without the engine', () => {
    const units = fc.constantFrom(
      'a',
      'b',
      '.',
      '\\.',
      '\\$',
      '^',
      '$',
      '\\\\',
      '-',
      '\n',
      '\\_',
      '😀',
      '\ud83d',
      ']',
      '\\ ',
    );
    const source = fc.array(units, { maxLength: 5 }).map((parts) => parts.join(''));
    const text = fc
      .array(
        fc.constantFrom('a', 'b', '.', '$', '^', '\\', '-', '\n', '_', '😀', '\ud83d', '\ude00', ']', ' '),
        {
          maxLength: 6,
        },
      )
      .map((parts) => parts.join(''));
    let classified = 0;
    fc.assert(
      fc.property(source, text, (pattern, value) => {
        const parsed = parseFilter({ alias: { $regex: pattern } }, ['alias']);
        if ('problems' in parsed) return;
        if (classify(pattern).kind !== 'pattern') classified++;
        expect(parsed.filter.test(() => value)).toBe(RE2JS.compile(pattern).matcher(value).find());
      }),
      { numRuns: 5_000 },
    );
    expect(classified).toBeGreaterThan(1_000);
  });

  test('is forgotten when many others came, and answers the same', () => {
    const answers = () => Array.from({ length: 1_200 }, (_, n) => matchesRegex(`^v${n}[ab]$`, `v${n}a`));
    expect(answers()).not.toContain(false);
    expect(answers()).not.toContain(false);
  });

  test('that does not compile matches nothing', () => {
    expect(matchesRegex('(?=a)', 'a')).toBe(false);
  });
});
