import { explain } from '../../core/filters/explain.ts';
import { describeExplanation } from '../../core/filters/explanation-text.ts';
import type { FilterSource } from '../../core/filters/filter.ts';
import type { JsonValue } from '../../core/json.ts';

const fields: Record<string, JsonValue> = { alias: 'staging', index: 3, tags: ['a', 'b'] };
const keyed = (names: string) => Object.fromEntries([...names].map((name) => [`k${name}`, name]));
const explained = (source: FilterSource) => explain(source, (root) => fields[root]);

test.each<[string, FilterSource, boolean, string]>([
  ['a clause that holds', { alias: 'staging' }, true, 'alias $eq "staging" holds, found "staging"'],
  ['a clause that does not', { alias: 'x' }, false, 'alias $eq "x" does not hold, found "staging"'],
  ['a field that is not there', { user: 'x' }, false, 'user $eq "x" does not hold, found nothing'],
  ['a list, with all that is in it', { tags: 'x' }, false, 'tags $eq "x" does not hold, found ["a","b"]'],
  [
    'of clauses that must all hold, those that do not',
    { alias: 'staging', index: { $gt: 5 } },
    false,
    'index $gt 5 does not hold, found 3',
  ],
  [
    'of clauses that all hold, each',
    { alias: 'staging', index: { $lt: 5 } },
    true,
    'alias $eq "staging" holds, found "staging"; index $lt 5 holds, found 3',
  ],
  [
    'of alternatives, the one that holds',
    { $or: [{ alias: 'x' }, { index: 3 }] },
    true,
    'index $eq 3 holds, found 3',
  ],
  [
    'of exclusions, the one that holds and must not',
    { $nor: [{ alias: 'x' }, { index: 3 }] },
    false,
    'index $eq 3 holds, found 3',
  ],
  [
    'of exclusions that exclude nothing, each',
    { $nor: [{ alias: 'x' }, { index: 4 }] },
    true,
    'alias $eq "x" does not hold, found "staging"; index $eq 4 does not hold, found 3',
  ],
  [
    'of a condition that is turned round, what it turns round',
    { index: { $not: { $gt: 2 } } },
    false,
    'index $gt 2 holds, found 3',
  ],
])('an explanation tells %s', (_, source, holds, text) => {
  const explanation = explained(source);
  expect(explanation.holds).toBe(holds);
  expect(describeExplanation(explanation)).toBe(text);
});

test.each([
  [3, 'alias $eq 2 does not hold, found "staging"'],
  [4, '1 more'],
  [9, '6 more'],
])('of %d clauses at most three are told, and then how many more', (count, last) => {
  const source = { $or: Array.from({ length: count }, (_, at) => ({ alias: at })) };
  const told = describeExplanation(explained(source)).split('; ');
  expect(told).toHaveLength(Math.min(count, 4));
  expect(told.at(-1)).toBe(last);
});

test.each<[string, JsonValue, JsonValue]>([
  ['a text of 200 characters', 'x'.repeat(200), 'x'.repeat(200)],
  ['a longer one', 'x'.repeat(201), `${'x'.repeat(199)}…`],
  ['a list of ten', [[...'0123456789']], [[...'0123456789']]],
  ['a list of twelve', [[...'0123456789ab']], [[...'0123456789', '… 2 more']]],
  ['an object of twelve', keyed('0123456789ab'), { ...keyed('0123456789'), '… 2 more': '…' }],
  ['a name of 201 characters', { ['x'.repeat(201)]: 1 }, { [`${'x'.repeat(199)}…`]: 1 }],
  ['what is nested', { a: { b: { c: { d: 1 } } } }, { a: { b: { c: '…' } } }],
])('an explanation shows as much of %s as is needed to know it', (_, value, shown) => {
  const { parts } = explain({ value: { $eq: value } }, () => value) as { parts: unknown[] };
  expect(parts).toEqual([expect.objectContaining({ operand: shown, found: [shown] })]);
});

test('an explanation shows ten of the values that a path leads to', () => {
  const runs = Array.from({ length: 12 }, (_, id) => ({ id }));
  const { parts } = explain({ 'metadata.runs.id': 5 }, () => ({ runs })) as { parts: unknown[] };
  expect(parts).toMatchObject([{ holds: true, found: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }]);
});
