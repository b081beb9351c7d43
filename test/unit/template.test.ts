import type { JsonValue } from '../../core/json.ts';
import { MAX_RENDERED_BYTES, RenderedTooLargeError, renderTemplate } from '../../core/template.ts';
import { parseTemplate } from '../../core/template-check.ts';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: templates of ours are what is tested here.
const values: Record<string, JsonValue> = {
  run_name: 'amber-dawn-7',
  quote: 'a "quoted" \\ name\n\u2028',
  evil: '","admin":true,"x":"',
  nested: '${SECRET} ${run_name}',
  dollars: "$& $$ $1 $` $'",
  SECRET: 'hunter2',
  number: 0.25,
  whole: 3,
  zero: 0,
  no: false,
  nothing: null,
  list: [1, 'two', { three: 3 }],
  object: { a: { b: '"' } },
  'artifact_metadata.eval.top-1 acc': 0.9,
  nan: Number.NaN,
  infinite: [Number.POSITIVE_INFINITY],
};
const value = (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined);
const names = [...Object.keys(values), 'absent'];
const known = (name: string) => names.includes(name);
const rendered = (payload: JsonValue) => JSON.parse(renderTemplate(payload, value));
const problemsOf = (payload: unknown) => {
  const result = parseTemplate(payload, { known, names });
  return 'problems' in result ? result.problems.map(({ path, message }) => `${path}: ${message}`) : [];
};

describe('renderTemplate', () => {
  test.each<[string, JsonValue, JsonValue]>([
    ['text', { text: 'run ${run_name}!' }, { text: 'run amber-dawn-7!' }],
    ['two side by side', '${run_name}${whole}', 'amber-dawn-73'],
    ['the same twice', '${whole}/${whole}', '3/3'],
    ['in arrays and deep down', [{ a: ['${whole}'] }], [{ a: ['3'] }]],
    ['quotes and line ends', { a: '${quote}' }, { a: 'a "quoted" \\ name\n\u2028' }],
    ['a value that looks like JSON stays text', { a: '${evil}' }, { a: '","admin":true,"x":"' }],
    ['a value that looks like a variable stays text', '${nested}', '${SECRET} ${run_name}'],
    ['replacement patterns of String.replace stay text', '${dollars}', "$& $$ $1 $` $'"],
    ['a variable that does not apply is empty', { a: '[${absent}]', b: '${absent}' }, { a: '[]', b: '' }],
    ['so it is with :json', '${absent:json}', ''],
    ['a number in text', '${number} and ${zero}', '0.25 and 0'],
    ['a boolean in text', '${no}', 'false'],
    ['null in text', 'x${nothing}', 'x'],
    ['a list and an object in text', '${list} ${object}', '[1,"two",{"three":3}] {"a":{"b":"\\""}}'],
    ['a number alone is text without :json', '${number}', '0.25'],
    [':json keeps a number', { v: '${number:json}' }, { v: 0.25 }],
    [':json keeps zero and false', ['${zero:json}', '${no:json}'], [0, false]],
    [
      ':json keeps a list and an object',
      ['${list:json}', '${object:json}'],
      [values['list']!, values['object']!],
    ],
    [':json of a string is that string', '${evil:json}', '","admin":true,"x":"'],
    ['a path with dots, dashes and spaces', '${artifact_metadata.eval.top-1 acc:json}', 0.9],
    [
      'NaN and infinities are strings',
      ['${nan}', '${nan:json}', '${infinite:json}'],
      ['NaN', 'NaN', ['Infinity']],
    ],
    ['${$} is a dollar sign', '${$}{run_name} costs ${$}${whole}', '${run_name} costs $3'],
    ['a dollar sign before a variable', '$${whole}', '$3'],
    ['dollar signs and braces by themselves', '$5 {run_name} $run_name }', '$5 {run_name} $run_name }'],
    ['numbers, booleans and null of the payload', [1, true, null, 1.5e3], [1, true, null, 1500]],
    ['keys are left alone', { '${run_name}': 1 }, { '${run_name}': 1 }],
    ['an empty payload', {}, {}],
  ])('%s', (_what, payload, expected) => {
    expect(rendered(payload)).toEqual(expected);
  });

  test('keys keep their order, and __proto__ is a key like others', () => {
    const payload = JSON.parse('{"z":"${whole}","__proto__":{"polluted":"${whole}"},"a":1}');
    expect(renderTemplate(payload, value)).toBe('{"z":"3","__proto__":{"polluted":"3"},"a":1}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('half a surrogate pair is sent escaped', () => {
    expect(renderTemplate('${x}', () => '\ud800')).toBe('"\\ud800"');
  });

  test('makes up to 256 KiB, with its quotes', () => {
    const large = 'x'.repeat(MAX_RENDERED_BYTES - 2);
    expect(renderTemplate('${x}', () => large)).toHaveLength(262_144);
    expect(() => renderTemplate('${x}!', () => large)).toThrow(RenderedTooLargeError);
  });

  test.each<[string, JsonValue, JsonValue]>([
    ['one large value', '${x}', 'x'.repeat(MAX_RENDERED_BYTES + 1)],
    ['a value often repeated', '${x}'.repeat(10_000), 'x'.repeat(200_000)],
    ['a typed value often repeated', Array(5_000).fill('${x:json}'), Array(10_000).fill(12_345_678)],
    ['letters of three bytes', '${x}', '鍵'.repeat(100_000)],
    ['characters that are escaped', '${x}', '\u0001'.repeat(100_000)],
  ])('%s: stops at 256 KiB, in little time', (_what, payload, large) => {
    const startedAt = performance.now();
    expect(() => renderTemplate(payload, () => large)).toThrow(RenderedTooLargeError);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('parseTemplate', () => {
  test('takes a payload, and lists the variables it names once each', () => {
    const payload = {
      a: '${run_name} ${whole} ${$}',
      b: ['${run_name}', '${number:json}'],
      c: null,
      d: true,
    };
    expect(parseTemplate(payload, { known })).toEqual({
      template: { payload, variables: ['run_name', 'whole', 'number'] },
    });
  });

  test.each<[string, unknown, string]>([
    [
      'an unknown name, with what was meant',
      { text: 'see ${run_nmae}' },
      'text: unknown variable "run_nmae"; did you mean "run_name"? (at character 5)',
    ],
    [
      'a letter too many',
      '${rrun_name}',
      ': unknown variable "rrun_name"; did you mean "run_name"? (at character 1)',
    ],
    [
      'a letter too few',
      '${un_name}',
      ': unknown variable "un_name"; did you mean "run_name"? (at character 1)',
    ],
    [
      'a third of the letters wrong',
      '${rxx_nxme}',
      ': unknown variable "rxx_nxme"; did you mean "run_name"? (at character 1)',
    ],
    ['more than that', '${rxx_xxme}', ': unknown variable "rxx_xxme" (at character 1)'],
    [
      'an unknown name like no other',
      { a: [{ b: '${qqqqqqqqqqqq}' }] },
      'a.0.b: unknown variable "qqqqqqqqqqqq" (at character 1)',
    ],
    [
      'an unknown name with :json',
      '${numbr:json}',
      ': unknown variable "numbr"; did you mean "number"? (at character 1)',
    ],
    [
      'an open ${',
      { a: 'x ${run_name' },
      'a: "${" without its "}": a literal one is written ${$}{ (at character 3)',
    ],
    [
      'an open ${ before another',
      'x ${ ${run_name}',
      ': "${" without its "}": a literal one is written ${$}{ (at character 3)',
    ],
    ['a name with spaces around', '${ run_name }', ': " run_name " is not a variable name (at character 1)'],
    ['an empty name', '${}', ': "" is not a variable name (at character 1)'],
    ['an expression', '${1+1}', ': "1+1" is not a variable name (at character 1)'],
    ['an empty part of a path', '${a..b}', ': "a..b" is not a variable name (at character 1)'],
    ['a dollar with :json', '${$:json}', ': "$" is not a variable name (at character 1)'],
    [
      ':json inside of a text',
      'v=${number:json}',
      ': ${number:json} keeps its type only where it is the whole string (at character 3)',
    ],
    [
      'a variable in a key',
      { a: { 'x${run_name}': 1 } },
      'a.x${run_name}: a variable can stand in a value, not in a key',
    ],
    ['no JSON: undefined', { a: undefined }, 'a: this is not a JSON value'],
    ['no JSON: NaN', [Number.NaN], '0: this is not a JSON value'],
    ['no JSON: a date', { at: new Date(0) }, 'at: this is not a JSON value'],
    ['no JSON: a function', () => 1, ': this is not a JSON value'],
    ['more than 64 KiB', { a: 'x'.repeat(65_536) }, ': the payload is larger than 64 KiB'],
    ['more than 64 KiB of letters of two bytes', 'é'.repeat(32_768), ': the payload is larger than 64 KiB'],
  ])('refuses %s', (_what, payload, problem) => {
    expect(problemsOf(payload)).toEqual([problem]);
  });

  test('of texts says how a value that keeps its type is written there', () => {
    const message = '${number:json} is for payloads: in a text write ${number} (at character 3)';
    expect(parseTemplate({ title: 'a ${number:json}' }, { known, areTexts: true })).toEqual({
      problems: [{ path: 'title', message }],
    });
  });

  test('takes exactly 64 KiB and 32 levels, and no more', () => {
    expect(problemsOf('x'.repeat(65_534))).toEqual([]);
    expect(problemsOf('x'.repeat(65_535))).toHaveLength(1);
    expect(problemsOf(JSON.parse('['.repeat(32) + ']'.repeat(32)))).toEqual([]);
    expect(problemsOf(JSON.parse('['.repeat(33) + ']'.repeat(33)))).toEqual([
      expect.stringContaining('nested deeper than 32 levels'),
    ]);
  });

  test('reports every problem of an ordinary payload, and at most ten', () => {
    expect(problemsOf({ a: '${x1}${y1}', b: '${' })).toHaveLength(3);
    expect(problemsOf(Array(500).fill('${x1}'))).toHaveLength(10);
  });

  test.each<[string, unknown]>([
    ['deep nesting', JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))],
    ['a million unknown names', '${run_nmae}'.repeat(1_000_000)],
    ['a million open ones', '${'.repeat(1_000_000)],
    ['one endless name', `\${${'a.'.repeat(500_000)}}`],
  ])('is done soon with %s', (_what, payload) => {
    const startedAt = performance.now();
    expect(problemsOf(payload).length).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: templates of ours are what is tested here.
