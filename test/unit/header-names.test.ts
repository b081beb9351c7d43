import { AuthHeaderName, CustomHeaders } from '../../core/header-name.ts';

const isTaken = (name: string) => CustomHeaders.safeParse({ [name]: 'v' }).success;

test.each([
  ...['x-forwarded', 'x-forwarded-for', 'X-Forwarded-Host', 'x-real-ip', 'x-client-ip', 'x-true-client-ip'],
  ...['x-cluster-client-ip', 'x-originating-ip', 'x-remote-user', 'x-host', 'x-proxy', 'x-proxy-user'],
  ...['x-original-url', 'x-rewrite-url', 'x-http-method', 'x-method-override', 'x-accel-redirect'],
  ...[
    'x-amz-date',
    'x-amzn-trace-id',
    'x-aws-token',
    'x-google-id',
    'x-goog-user',
    'x-ms-date',
    'x-azure-ref',
  ],
  ...['x-envoy-attempt', 'x-wandb-signature', 'x-signalbox-depth', 'authorization', 'host', 'content-length'],
])('a header %s, which others would take for theirs, can not be set', (name) => {
  expect(isTaken(name)).toBe(false);
});

test.each(['x-env', 'x-hostname', 'x-my-forwarded', 'x-real-ip-2', 'x-forwardeds', 'x-amazing', 'prefer'])(
  'a header %s can be set',
  (name) => {
    expect(isTaken(name)).toBe(true);
  },
);

test.each([
  ['64 letters', `x-${'a'.repeat(62)}`, true],
  ['65 letters', `x-${'a'.repeat(63)}`, false],
  ['a digit first', '1-a', false],
  ['a blank', 'x-a b', false],
  ['a letter whose small one is ASCII', 'x-\u212A', false],
])('the name of a header may have %s, or not', (_, name, expected) => {
  expect(isTaken(name)).toBe(expected);
});

test.each([
  ['one character', '!', true],
  ['1,024 characters', 'v'.repeat(1_024), true],
  ['1,025 characters', 'v'.repeat(1_025), false],
  ['a blank within', 'a b', true],
  ['a blank first', ' a', false],
  ['a blank last', 'a ', false],
  ['a line break', 'a\nb', false],
  ['a letter beyond ASCII', 'ä', false],
  ['a variable', `\${run_name}`, false],
  ['nothing', '', false],
])('the value of a header may be %s, or not', (_, value, expected) => {
  expect(CustomHeaders.safeParse({ 'x-env': value }).success).toBe(expected);
});

test('twenty headers can be set, each once', () => {
  const headers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, 'v']));
  expect(CustomHeaders.safeParse(headers(20)).success).toBe(true);
  expect(CustomHeaders.safeParse(headers(21)).success).toBe(false);
  expect(CustomHeaders.safeParse({ 'x-a': 'v', 'X-A': 'w' }).success).toBe(false);
  expect(CustomHeaders.parse({ 'X-Env': 'v' })).toEqual({ 'x-env': 'v' });
});

test('a secret may go into authorization, but into no other header that is refused', () => {
  expect(AuthHeaderName.parse('Authorization')).toBe('authorization');
  expect(AuthHeaderName.parse('X-Api-Key')).toBe('x-api-key');
  expect(AuthHeaderName.safeParse('x-forwarded-for').success).toBe(false);
});
