import { changeOf } from '../../core/audit.ts';

const author = { by: 'key_1', atMs: 5 };
const team = { noun: 'team', target: 'vision', team: 'vision' } as const;

const fieldsOf = (before: object | undefined, after: object | undefined) =>
  changeOf(team, author, before, after).fields;

test.each([
  ['created', undefined, { a: 1 }, [{ field: 'a', after: 1 }]],
  ['deleted', { a: 1 }, undefined, [{ field: 'a', before: 1 }]],
  ['updated', { a: 1 }, { a: 2 }, [{ field: 'a', before: 1, after: 2 }]],
])('what was %s says what was there before and what is there now', (action, before, after, fields) => {
  const change = changeOf(team, author, before, after);
  expect(change).toEqual({ id: expect.stringMatching(/^chg_\w+$/), ...team, ...author, action, fields });
});

test.each([
  ['a field that stays is not listed', { a: 1, b: 2 }, { a: 1, b: 3 }, [{ field: 'b', before: 2, after: 3 }]],
  ['a field that comes has no before', { a: 1 }, { a: 1, b: 2 }, [{ field: 'b', after: 2 }]],
  ['a field that goes has no after', { a: 1, b: 2 }, { a: 1 }, [{ field: 'b', before: 2 }]],
  [
    'a field within a field has a path',
    { a: { b: { c: 1 } } },
    { a: { b: { c: 2 } } },
    [{ field: 'a.b.c', before: 1, after: 2 }],
  ],
  ['a list is one value', { a: [1, 2] }, { a: [1, 3] }, [{ field: 'a', before: [1, 2], after: [1, 3] }]],
  ['a list of the same values has not changed', { a: [1, 2] }, { a: [1, 2] }, []],
  [
    'a field that becomes another kind of thing is one change',
    { a: { b: 1 } },
    { a: 2 },
    [{ field: 'a', before: { b: 1 }, after: 2 }],
  ],
  [
    'a field that becomes null has null after it',
    { a: 1 },
    { a: null },
    [{ field: 'a', before: 1, after: null }],
  ],
])('%s', (_, before, after, fields) => {
  expect(fieldsOf(before, after)).toEqual(fields);
});

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, at]));

test('forty fields are listed, and of more it is said how many', () => {
  const [forty, more] = [40, 43].map((count) => changeOf(team, author, undefined, many(count)));
  expect(forty?.fields).toHaveLength(40);
  expect(forty).not.toHaveProperty('unlisted');
  expect(more?.fields).toHaveLength(40);
  expect(more?.unlisted).toBe(3);
});

test.each([
  ['a value of 400 characters stays', 398, 'x'.repeat(398)],
  ['a longer one is cut in its JSON text', 399, `"${'x'.repeat(399)}…`],
])('%s', (_, length, after) => {
  expect(fieldsOf({}, { a: 'x'.repeat(length) })).toEqual([{ field: 'a', after }]);
});

test('a cut never leaves half a character', () => {
  const [{ after } = { after: '' }] = fieldsOf({}, { a: `${'x'.repeat(398)}😀${'x'.repeat(9)}` });
  expect(String(after).isWellFormed()).toBe(true);
});

test('a name that is too long is cut', () => {
  expect(fieldsOf({}, { ['n'.repeat(401)]: 1 })).toEqual([{ field: 'n'.repeat(400), after: 1 }]);
});
