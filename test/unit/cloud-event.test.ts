import {
  isBinaryCloudEvent,
  isCloudEvent,
  unwrapBinaryCloudEvent,
  unwrapCloudEvent,
} from '../../core/cloud-event.ts';
import type { Problem } from '../../core/problem.ts';

const headers = {
  'ce-specversion': '1.0',
  'ce-type': 'custom.a',
  'ce-source': '/a',
  'ce-id': '7',
  'content-type': 'application/json',
};
const envelope = { specversion: '1.0', type: 'custom.a', source: '/a', id: '7', data: { team: 'v' } };
const idOf = ({ input }: { input: unknown }) => (input as { id: string }).id;

function fieldOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return (error as Problem).details.field;
  }
  throw new Error('was not refused');
}

test('a CloudEvent is the same event in each mode', () => {
  expect(unwrapBinaryCloudEvent(headers, '{"team":"v"}').input).toEqual(unwrapCloudEvent(envelope).input);
});

test('source and id together make the id, and do not run into one another', () => {
  const id = (source: string, own: string) => idOf(unwrapCloudEvent({ ...envelope, source, id: own }));
  expect(new Set([id('a', 'bc'), id('ab', 'c'), id('a","b', 'c'), id('a', 'b","c')]).size).toBe(4);
});

// The example of CloudEvents' HTTP binding, 3.1.3.2, and what older versions of it wrote.
test.each([
  ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
  ['euro%e2%82%ac', 'euro€'],
  ['%2541', '%41'],
  ['"a b"', 'a b'],
  ['"a \\"b\\" %41"', 'a "b" A'],
  ['a"b', 'a"b'],
  [' "a b" ', 'a b'],
  ['x"a b"', 'x"a b"'],
  ['"a b"x', '"a b"x'],
  [' a ', 'a'],
])('a header %p says %p', (header, source) => {
  const binary = unwrapBinaryCloudEvent({ ...headers, 'ce-source': header }, '{"team":"v"}');
  expect(idOf(binary)).toBe(idOf(unwrapCloudEvent({ ...envelope, source })));
});

test('a field is called as the sender calls it', () => {
  expect(unwrapCloudEvent(envelope).nameOf('type')).toBe('type');
  expect(unwrapCloudEvent(envelope).nameOf('run.id')).toBe('data.run.id');
  const binary = unwrapBinaryCloudEvent(headers, '{}');
  expect([binary.nameOf('type'), binary.nameOf('run.id')]).toEqual(['ce-type', 'run.id']);
  expect(fieldOf(() => unwrapBinaryCloudEvent(headers, '{"id":"x"}'))).toBe('id');
});

test('data can not set a prototype, nor take the place of an attribute', () => {
  const { input } = unwrapCloudEvent(
    JSON.parse(
      '{"specversion":"1.0","type":"custom.a","source":"s","id":"i","data":{"__proto__":{"team":"v"}}}',
    ),
  );
  expect((input as { team?: string }).team).toBeUndefined();
  expect(fieldOf(() => unwrapCloudEvent({ ...envelope, data: { type: 'run.state' } }))).toBe('data.type');
});

test.each<[string, unknown, string | undefined]>([
  ['no object', 'x', undefined],
  ['another version', { ...envelope, specversion: '0.3' }, 'specversion'],
  ['no type', { ...envelope, type: undefined }, 'type'],
  ['an empty source', { ...envelope, source: '' }, 'source'],
  ['an id that is no text', { ...envelope, id: 7 }, 'id'],
  ['no data', { ...envelope, data: undefined }, 'data'],
  ['data that is a list', { ...envelope, data: [] }, 'data'],
  ['data with an id', { ...envelope, data: { id: 'x' } }, 'data.id'],
  ['data with a time', { ...envelope, data: { time: 'x' } }, 'data.time'],
  ['data twice', { ...envelope, data_base64: 'e30=' }, 'data_base64'],
  ['data in no base64', { ...envelope, data: undefined, data_base64: '***' }, 'data_base64'],
  ['data in base64 that is no text', { ...envelope, data: undefined, data_base64: 7 }, 'data_base64'],
  ['data in base64 of other bytes', { ...envelope, data: undefined, data_base64: '/w==' }, 'data_base64'],
  [
    'data in base64 of a text with a broken letter',
    { ...envelope, data: undefined, data_base64: 'eyJhIjoi/yJ9' },
    'data_base64',
  ],
  ['data in base64 of no JSON', { ...envelope, data: undefined, data_base64: 'eA==' }, 'data_base64'],
  ['data in base64 of no object', { ...envelope, data: undefined, data_base64: 'W10=' }, 'data_base64'],
  ['data of another type', { ...envelope, datacontenttype: 'text/plain' }, 'datacontenttype'],
])('a CloudEvent with %s is refused at its field', (_, input, field) => {
  expect(fieldOf(() => unwrapCloudEvent(input))).toBe(field);
});

test.each<[string, Record<string, string>, string, string | undefined]>([
  ['another version', { 'ce-specversion': '2.0' }, '{}', 'ce-specversion'],
  ['an empty id', { 'ce-id': '' }, '{}', 'ce-id'],
  ['a type that is no UTF-8', { 'ce-type': '%ff' }, '{}', 'ce-type'],
  ['data of another type', { 'content-type': 'text/plain' }, '{}', 'content-type'],
  ['data that is no object', {}, '[]', undefined],
])('a CloudEvent in headers with %s is refused at its field', (_, change, body, field) => {
  expect(fieldOf(() => unwrapBinaryCloudEvent({ ...headers, ...change }, body))).toBe(field);
});

test.each([
  'application/json',
  'application/cloudevents+json',
  'Text/JSON; charset=utf-8',
  'text/json ;x',
  '',
  null,
])('data of the type %j is JSON', (datacontenttype) => {
  expect(unwrapCloudEvent({ ...envelope, datacontenttype }).input).toMatchObject({ team: 'v' });
});

test.each(['json', 'application/jsonp', 'application/x/json', 'application/+json', 'text/plain+jsonx'])(
  'data of the type %j is not',
  (datacontenttype) => {
    expect(fieldOf(() => unwrapCloudEvent({ ...envelope, datacontenttype }))).toBe('datacontenttype');
  },
);

test('a body that is compressed can not say what is in it', () => {
  const compressed = { ...headers, 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' };
  expect(unwrapBinaryCloudEvent(compressed, '{"team":"v"}').input).toMatchObject({ team: 'v' });
});

test('the type loses our name before it, and the time comes along where there is one', () => {
  const time = '2026-11-23T12:00:00Z';
  const { input } = unwrapCloudEvent({ ...envelope, type: 'signalbox.run.state', time });
  expect(input).toEqual({ team: 'v', type: 'run.state', id: expect.stringMatching(/^evt_/), time });
  expect(unwrapCloudEvent({ ...envelope, time: null }).input).not.toHaveProperty('time');
  expect(unwrapCloudEvent({ ...envelope, type: 'a.signalbox.b' }).input).toMatchObject({
    type: 'a.signalbox.b',
  });
  expect(unwrapBinaryCloudEvent({ ...headers, 'ce-time': time }, '{}').input).toMatchObject({ time });
});

test('a CloudEvent is known by what only it has', () => {
  expect([envelope, { specversion: null }].map(isCloudEvent)).toEqual([true, true]);
  expect([{ type: 'run.state' }, [envelope], 'x', null].map(isCloudEvent)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(isBinaryCloudEvent({ 'ce-source': '' })).toBe(true);
  expect(isBinaryCloudEvent({ 'ce-time': '', source: 'x' })).toBe(false);
});

test('data may come in base64', () => {
  const data_base64 = Buffer.from('{"team":"v\u00e4"}').toString('base64');
  const { input, nameOf } = unwrapCloudEvent({ ...envelope, data: undefined, data_base64 });
  expect(input).toMatchObject({ team: 'v\u00e4' });
  expect(nameOf('team')).toBe('data_base64.team');
});
