import fc from 'fast-check';
import {
  asciiJson,
  endOfFirstValue,
  faultOfKey,
  findJsonFault,
  isObject,
  parseJson,
  splitArray,
} from '../../core/json.ts';
import { Problem } from '../../core/problem.ts';

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error.details.detail;
  }
  throw new Error('was not refused with a Problem');
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

test.each<[string, unknown]>([
  ['{"a":NaN}', { a: 'NaN' }],
  ['[Infinity,-Infinity]', ['Infinity', '-Infinity']],
  ['{"a":"NaN, \\"NaN","b":NaN}', { a: 'NaN, "NaN', b: 'NaN' }],
  ['{"\\\\":NaN}', { '\\': 'NaN' }],
  [nested(2), [[]]],
  ['"[[["', '[[['],
])('%s is read', (text, expected) => {
  expect(parseJson(text)).toEqual(expected);
});

test.each<[string, string]>([
  [nested(33), 'nested deeper than 32 levels'],
  ['{"a":1', 'the text is not JSON'],
  ['{"a":1,}', ': see character 7'],
  ['{"a":NaN,}', ': see character 9'],
  ['{NaN:1}', ': see character 1'],
  ['{"a":NaN,"b":x}', ': see character 13'],
  ['{"a":x,"position 99":1}', ': see character 5'],
  ['undefined', ': see character 0'],
  ['{"a":1} {', ': see character 8'],
  ['', 'it ends too early'],
])('%s is refused', (text, detail) => {
  expect(refusal(() => parseJson(text))).toContain(detail);
});

/** Where the parser gives up over what is no value, found by having it read ever longer beginnings; -1 where it does not. */
function wrongAt(text: string): number {
  const isWrong = (length: number) => {
    try {
      JSON.parse(text.slice(0, length));
      return false;
    } catch (error) {
      return / is not valid JSON$/.test((error as Error).message);
    }
  };
  return Array.from({ length: text.length }, (_, at) => at).find((at) => isWrong(at + 1)) ?? -1;
}

test('what stands where a value is expected is told with its place, in any text', () => {
  const tokens = [...'[ ] { } : , "a" "\\"" 1 -2.5e+3 true nul x \u00a0'.split(' '), ' ', '\n'];
  const token = fc.constantFrom(...tokens);
  const someJson = fc.tuple(fc.json({ maxDepth: 4 }), fc.nat(), token, fc.nat({ max: 2 }));
  let told = 0;
  fc.assert(
    fc.property(someJson, ([json, where, inserted, removed]) => {
      const at = where % (json.length + 1);
      const text = json.slice(0, at) + inserted + json.slice(at + removed);
      const expected = wrongAt(text);
      // Of what else is wrong the parser itself tells the place.
      if (expected < 0) return;
      told++;
      expect(refusal(() => parseJson(text))).toBe(`the text is not JSON: see character ${expected}`);
    }),
    { numRuns: 3_000, seed: 1 },
  );
  expect(told).toBeGreaterThan(300);
});

test('32 levels are taken, of objects and lists', () => {
  expect(parseJson(nested(32))).toBeInstanceOf(Array);
  expect(refusal(() => parseJson('{"a":'.repeat(33)))).toContain('nested deeper');
});

test.each<[string, number, string[]]>([
  ['[]', 9, []],
  ['[ ]', 9, []],
  ['[1]', 9, ['1']],
  ['[1, {"a":[2,3]},"x,]"]', 9, ['1', ' {"a":[2,3]}', '"x,]"']],
  ['[1,2,3]', 2, ['1', '2']],
  ['[1,2]', 2, ['1', '2']],
  ['[1,"\\"]",2]  ', 9, ['1', '"\\"]"', '2']],
  ['[1,2', 1, ['1']],
])('%s, at most %i, has the elements %j', (text, atMost, elements) => {
  expect(splitArray(text, atMost)).toEqual(elements);
});

test.each<[string, string]>([
  ['[1,2', 'the array does not end'],
  ['[1,"2]', 'the array does not end'],
  ['[1,[2]', 'the array does not end'],
  ['[1}', 'not one array: see character 2'],
  ['[1] [2]', 'not one array: see character 2'],
  ['[1]x', 'not one array'],
])('%s is no array', (text, detail) => {
  expect(refusal(() => splitArray(text, 9))).toContain(detail);
});

test.each([
  ['{"a":1} {"b":2}', 7],
  ['{"a":"}"}x', 9],
  ['[1,[2],3]', 9],
  ['{"a":1', 6],
])('the first value of %s ends at %i', (text, end) => {
  expect(endOfFirstValue(text)).toBe(end);
});

test.each<[unknown, string[] | undefined]>([
  [{ a: [1, { b: 'x' }], c: null, d: true }, undefined],
  ['\ud800', []],
  [Number.POSITIVE_INFINITY, []],
  [{ a: [0, Number.NaN] }, ['a', '1']],
  [{ a: { '\udc00': 1 } }, ['a', '\udc00']],
  [JSON.parse('{"a":{"__proto__":1}}'), ['a', '__proto__']],
])('the fault in %j is at %j', (value, path) => {
  expect(findJsonFault(value)?.path).toEqual(path);
});

test('a key is any text but one', () => {
  expect(['a', '', 'ä'].map(faultOfKey)).toEqual([undefined, undefined, undefined]);
  expect(faultOfKey('__proto__')).toContain('__proto__');
});

test('JSON is in ASCII, and says the same', () => {
  const value = { a: 'ä\u007f\ufffe😀' };
  expect(asciiJson(value)).toBe('{"a":"\\u00e4\\u007f\\ufffe\\ud83d\\ude00"}');
  expect(JSON.parse(asciiJson(value))).toEqual(value);
});

test('an object has keys', () => {
  expect([{}, [], null, 'a', undefined].map(isObject)).toEqual([true, false, false, false, false]);
});
