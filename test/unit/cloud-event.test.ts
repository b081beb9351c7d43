import { unwrapBinaryCloudEvent, unwrapCloudEvent } from '../../core/cloud-event.ts';
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
