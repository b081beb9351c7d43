import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllowedRanges } from '../../core/address.ts';
import { makeResolve } from '../../lambdas/dispatcher/resolve.ts';
import { makeSender } from '../../lambdas/dispatcher/send.ts';
import { type NameAnswer, startNameServer } from '../prove/name-server.ts';
import { startReceiver } from '../support/receiver.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function nameServer(answers: Record<string, NameAnswer>) {
  const started = await startNameServer((name) => answers[name]);
  cleanups.push(started.stop);
  return started;
}

function hostsFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-hosts-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'hosts');
  writeFileSync(path, text);
  return path;
}

const never = new AbortController().signal;

describe('names', () => {
  const silent: NameAnswer = { isSilent: true };
  const lookUp = async (
    name: string,
    answers: Record<string, NameAnswer>,
    { allowed = '', hosts = '/nonexistent' } = {},
  ) => {
    const { address, queries } = await nameServer(answers);
    const resolve = makeResolve({
      allowed: parseAllowedRanges(allowed),
      servers: [address],
      hostsFile: hosts,
    });
    const found = await resolve(name, never).catch((error) => error.code as string);
    return { found, asked: queries.map(({ type }) => type) };
  };

  test.each<[string, string, NameAnswer, string, { found: unknown; asked: string[] }]>([
    [
      'IPv4',
      '',
      { a: ['1.1.1.1', '8.8.8.8'] },
      'a.example.com',
      { found: ['1.1.1.1', '8.8.8.8'], asked: ['A'] },
    ],
    ['a trailing dot', '', { a: ['1.1.1.1'] }, 'A.example.com.', { found: ['1.1.1.1'], asked: ['A'] }],
    [
      'IPv6 alone, to tell it from nothing',
      '',
      { aaaa: ['::1'] },
      'a.example.com',
      { found: ['::1'], asked: ['A', 'AAAA'] },
    ],
    ['no such name', '', { code: 3 }, 'a.example.com', { found: 'ENOTFOUND', asked: ['A'] }],
    ['no address', '', {}, 'a.example.com', { found: 'ENODATA', asked: ['A', 'AAAA'] }],
    [
      'TCP',
      '',
      { isTruncated: true, a: ['1.1.1.1'] },
      'a.example.com',
      { found: ['1.1.1.1'], asked: ['A', 'A'] },
    ],
    ['localhost, which nobody is asked for', '', {}, 'LOCALHOST', { found: ['127.0.0.1', '::1'], asked: [] }],
    ['what is below localhost', '', {}, 'app.localhost', { found: ['127.0.0.1', '::1'], asked: [] }],
  ])('%s', async (_what, allowed, answer, name, expected) => {
    expect(await lookUp(name, { 'a.example.com': answer }, { allowed })).toEqual(expected);
  });

  test('IPv6 is asked for beside IPv4 where the operator lists some of it', async () => {
    const answers = { 'a.example.com': { a: ['1.1.1.1'], aaaa: ['fd00::1'] } };
    const { found } = await lookUp('a.example.com', answers, { allowed: 'fd00::/8' });
    expect(found).toEqual(['1.1.1.1', 'fd00::1']);
  });

  test('the hosts file counts where ranges are listed, and only there', async () => {
    const hosts = hostsFile('10.0.0.7 db.example.com DB # the database\n#10.0.0.8 old\n::1 six db\n');
    const answers = { 'db.example.com': { a: ['1.1.1.1'] } };
    const listed = { hosts, allowed: '10.0.0.0/8' };
    expect(await lookUp('db.example.com', answers, listed)).toEqual({ found: ['10.0.0.7'], asked: [] });
    expect(await lookUp('db', answers, listed)).toEqual({ found: ['10.0.0.7', '::1'], asked: [] });
    expect((await lookUp('old', answers, listed)).found).toBe('ENOTFOUND');
    expect((await lookUp('db.example.com', answers, { hosts })).found).toEqual(['1.1.1.1']);
  });

  test('a wait that is over ends at once', async () => {
    const { address } = await nameServer({ 'a.example.com': silent });
    const resolve = makeResolve({ allowed: [], servers: [address] });
    const waiting = new AbortController();
    setTimeout(() => waiting.abort(), 50);
    const startedAt = performance.now();
    await expect(resolve('a.example.com', waiting.signal)).rejects.toMatchObject({ code: 'ECANCELLED' });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await expect(resolve('a.example.com', waiting.signal)).rejects.toThrow();
  });
});

test('100 names whose servers are silent do not delay another send', async () => {
  const answers: Record<string, NameAnswer> = { 'quick.example.com': { a: ['127.0.0.1'] } };
  for (let n = 0; n < 100; n++) answers[`slow-${n}.example.com`] = { isSilent: true };
  const { address } = await nameServer(answers);
  const { url, stop } = await startReceiver();
  cleanups.push(stop);
  const resolve = makeResolve({ allowed: parseAllowedRanges('127.0.0.0/8'), servers: [address] });
  const send = makeSender({ allowedAddresses: '127.0.0.0/8', deadlineMs: 2_000, resolve });
  const sendTo = (host: string) =>
    send({
      integrationId: host,
      method: 'POST',
      url: url.replace('127.0.0.1', host),
      headers: {},
      body: '{}',
    });
  const slow = Promise.all(Array.from({ length: 100 }, (_, n) => sendTo(`slow-${n}.example.com`)));
  const quick = await sendTo('quick.example.com');
  expect(quick.outcome.kind).toBe('delivered');
  expect(quick.durationMs).toBeLessThan(1_000);
  const codes = (await slow).map(({ errorCode }) => errorCode);
  expect(new Set(codes)).toEqual(new Set(['timeout']));
});

test('of a name with many addresses four are tried, not the whole network behind it', async () => {
  const dead = createServer();
  await new Promise<void>((done) => dead.listen(0, '127.0.0.1', done));
  const { port } = dead.address() as AddressInfo;
  dead.close();
  const many = Array.from({ length: 200 }, (_, n) => `127.1.0.${n + 1}`);
  const attempted: Socket[] = [];
  const openSocket = ((...args: Parameters<typeof connect>) => {
    const socket = connect(...args);
    attempted.push(socket);
    return socket;
  }) as typeof connect;
  const send = makeSender({
    allowedAddresses: '127.0.0.0/8',
    deadlineMs: 5_000,
    resolve: async () => many,
    openSocket,
  });
  const { errorCode } = await send({
    integrationId: 'int_1',
    method: 'POST',
    url: `http://a.example.com:${port}/`,
    headers: {},
    body: '{}',
  });
  expect(errorCode).toBe('connect');
  expect(attempted.flatMap((socket) => socket.autoSelectFamilyAttemptedAddresses ?? [])).toHaveLength(4);
});
