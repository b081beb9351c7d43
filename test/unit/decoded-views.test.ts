import { bytesOf, textOf, viewsOf } from '../../core/decoded-views.ts';

const readingsOf = (text: string, depth?: number) =>
  viewsOf(bytesOf(text), depth).map((view) => textOf(view.text));

test.each<[string, string, string]>([
  ['a percent', 'a%41%3D%c3%A4', 'aA=ä'],
  ['a plus as a space', 'a+b%2B', 'a b+'],
  ['a JSON escape', 'a\\u0041\\u00E4', 'aAä'],
  ['a JSON escape of a pair', '\\ud83d\\uDE00!', '😀!'],
  ['a JSON escape of one character', '\\"\\\\\\/\\n\\r\\t\\b\\f', '"\\/\n\r\t\b\f'],
  ['a byte in hex', '\\x41\\x42', 'AB'],
  ['an entity in decimal', '&#65;&#8364;', 'A€'],
  ['an entity in hex', '&#x41;&#XE4;&#x1F600;', 'Aä😀'],
  ['an entity with a name', '&amp;&lt;&gt;&quot;&apos;', `&<>"'`],
])('%s is decoded', (_, text, expected) => {
  expect(readingsOf(text)).toContain(expected);
});

test.each(['%4', '%zz', '\\u12', '\\x1', '&#;', '&#x;', '&nbsp;', '&#xABCDEF0;', '&amp', 'plain'])(
  '%s stands for nothing else',
  (text) => {
    expect(readingsOf(text)).toEqual([text]);
  },
);

test('an entity beyond all characters stays as it is', () => {
  expect(readingsOf('&#x110000;')).toEqual(['&#x110000;']);
  expect(readingsOf('&#1114111;')).toContain('\u{10ffff}');
});

test('a text is decoded in one way after another, up to so many times', () => {
  const twice = '%2541';
  expect(readingsOf(twice)).toEqual([twice, '%41', 'A']);
  expect(readingsOf(twice, 1)).toEqual([twice, '%41']);
  expect(readingsOf(twice, 0)).toEqual([twice]);
  const fiveTimes = '%2525252541';
  expect(readingsOf(fiveTimes).at(-1)).toBe('%41');
  expect(readingsOf('\\u0026lt;')).toContain('<');
});

test('each character of a view knows where it began', () => {
  const [first, decoded] = viewsOf(bytesOf('a%41bc%42'), 1);
  expect([...(first?.starts ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(decoded?.text).toBe('aAbcB');
  expect([...(decoded?.starts ?? [])].slice(0, 6)).toEqual([0, 1, 4, 5, 6, 9]);
});

test('where each began is known through all the ways it was decoded', () => {
  const view = viewsOf(bytesOf('x%2541y')).find(({ text }) => text === 'xAy');
  expect([...(view?.starts ?? [])].slice(0, 4)).toEqual([0, 1, 6, 7]);
});
