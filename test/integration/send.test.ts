import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { signatureHeaders } from '../../core/signature.ts';
import {
  makeSender,
  type OutboundRequest,
  type SenderOptions,
  USER_AGENT,
} from '../../lambdas/dispatcher/send.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../support/receiver.ts';

const DEADLINE_MS = 500;
const LATEST_MS = DEADLINE_MS + 250;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const senderOf = (options: Partial<SenderOptions> = {}) =>
  makeSender({ allowedAddresses: '127.0.0.0/8', deadlineMs: DEADLINE_MS, ...options });

const outboundTo = (url: string, changes: Partial<OutboundRequest> = {}): OutboundRequest => ({
  integrationId: 'int_1',
  method: 'POST',
  url,
  headers: {},
  body: '{"a":1}',
  ...changes,
});

async function receiver(options?: ReceiverOptions): Promise<Receiver> {
  const started = await startReceiver(options);
  cleanups.push(started.stop);
  return started;
}

interface RawServer {
  port: number;
  url: string;
  connections: number;
  closed: number;
  bytesRead: number;
  bytesWritten: number;
}

/** A server that does with each connection what a receiver never should. */
function rawServer(onConnection: (socket: Socket) => void, tls?: TlsOptions): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const state: RawServer = { port: 0, url: '', connections: 0, closed: 0, bytesRead: 0, bytesWritten: 0 };
  const accept = (socket: Socket) => {
    sockets.add(socket);
    state.connections++;
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      state.bytesRead += data.length;
    });
    socket.on('close', () => {
      sockets.delete(socket);
      state.closed++;
      state.bytesWritten += socket.bytesWritten;
    });
    onConnection(socket);
  };
  const server: Server = tls ? createTlsServer(tls, accept) : createServer(accept);
  server.on('tlsClientError', () => undefined);
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      state.port = (server.address() as AddressInfo).port;
      state.url = `http://127.0.0.1:${state.port}/`;
      resolve(state);
    });
  });
}

const EMPTY = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

const afterRequest = (answer: (socket: Socket) => void) => (socket: Socket) => {
  socket.once('data', () => answer(socket));
};
const every = (milliseconds: number, socket: Socket, write: () => void) => {
  const timer = setInterval(write, milliseconds);
  socket.on('close', () => clearInterval(timer));
};
/** Writes as fast as the other side reads, forever. */
const flood = (socket: Socket, chunk: string) => {
  const more = () => {
    if (!socket.destroyed && socket.write(chunk)) setImmediate(more);
  };
  socket.on('drain', more);
  more();
};

describe('what is sent', () => {
  test('the exact bytes, signed headers and our own, and the result of the answer', async () => {
    const body = '{"text":"Zoë 🚀 \\" \u2028"}';
    const { url, requests } = await receiver({
      signingSecret: 's3cret',
      bearer: 'token',
      respond: () => ({ status: 201, body: 'made' }),
    });
    const signed = signatureHeaders({
      deliveryId: 'dlv_1',
      timestampSeconds: Math.floor(Date.now() / 1_000),
      body,
      secrets: ['s3cret', 'older'],
    });
    const headers = { ...signed, Authorization: 'Bearer token' };
    const result = await senderOf()(outboundTo(`${url}?a=b#part`, { headers, body }));
    expect(result).toEqual({
      outcome: { kind: 'delivered', status: 201 },
      status: 201,
      responseHead: 'made',
      durationMs: expect.any(Number),
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/hook?a=b', body, verified: true });
    expect(requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': USER_AGENT,
      'webhook-id': 'dlv_1',
    });
  });

  test("the user agent names this package's version", () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(USER_AGENT).toBe(`Signalbox/${version}`);
  });

  test.each(['PUT', 'PATCH'] as const)('%s, with a content type of its own', async (method) => {
    const { url, requests } = await receiver();
    await senderOf()(outboundTo(url, { method, headers: { 'Content-Type': 'text/plain' } }));
    expect(requests[0]).toMatchObject({ method, headers: { 'content-type': 'text/plain' } });
  });

  test('a proxy in the environment is not asked', async () => {
    const proxy = await rawServer((socket) => socket.end());
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    cleanups.push(() => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });
    for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url;
    const { url } = await receiver();
    expect(await senderOf()(outboundTo(url))).toMatchObject({ outcome: { kind: 'delivered' } });
    expect(proxy.connections).toBe(0);
  });

  test.each<[string, Record<string, string>]>([
    ['a line end in a value', { 'x-a': 'b\r\nx-c: d' }],
    ['a line end in a name', { 'x-a\r\nx-b': 'c' }],
    ['letters beyond ASCII', { 'x-a': 'Zoë' }],
    ['NUL', { 'x-a': 'a\0' }],
    ['an empty name', { '': 'a' }],
    ['host', { Host: 'metadata.google.internal' }],
    ['content-length', { 'Content-Length': '1' }],
    ['transfer-encoding', { 'transfer-encoding': 'chunked' }],
    ['connection', { connection: 'upgrade' }],
    ['proxy-authorization', { 'Proxy-Authorization': 'x' }],
    ['x-forwarded-for', { 'X-Forwarded-For': '127.0.0.1' }],
    ['the same name twice', { authorization: 'a', Authorization: 'b' }],
    ['more than 8 KiB', { 'x-a': 'a'.repeat(8_193) }],
  ])('a header with %s is refused before anything is sent', async (_what, headers) => {
    const { url, requests } = await receiver();
    expect(await senderOf()(outboundTo(url, { headers }))).toEqual({
      outcome: { kind: 'refused', code: 'bad_request' },
      errorCode: 'bad_request',
      durationMs: expect.any(Number),
    });
    expect(requests).toEqual([]);
  });
});

describe('what is answered', () => {
  test.each([
    [204, {}, { kind: 'delivered', status: 204 }],
    [404, {}, { kind: 'refused', code: 'http_status', status: 404 }],
    [410, {}, { kind: 'refused', code: 'gone', status: 410 }],
    [
      429,
      { 'retry-after': '77' },
      { kind: 'failed', code: 'http_status', status: 429, retryAfterSeconds: 77 },
    ],
    [500, {}, { kind: 'failed', code: 'http_status', status: 500 }],
  ])('%i is judged', async (status, headers, outcome) => {
    const { url } = await receiver({ respond: () => ({ status, headers }) });
    expect(await senderOf()(outboundTo(url))).toMatchObject({ outcome, status });
  });

  test.each([301, 302, 303, 307, 308])('%i is not followed, and its body not shown', async (status) => {
    const inner = await receiver();
    const { url } = await receiver({
      respond: () => ({ status, headers: { location: inner.url }, body: 'secret of the inside' }),
    });
    const result = await senderOf()(outboundTo(url));
    expect(result).toEqual({
      outcome: { kind: 'refused', code: 'redirect', status },
      status,
      durationMs: expect.any(Number),
    });
    expect(inner.requests).toEqual([]);
  });

  test('4 KiB of the body are kept, cut between letters', async () => {
    const { url } = await receiver({ respond: () => ({ status: 500, body: `${'鍵'.repeat(30_000)}` }) });
    const { responseHead } = await senderOf()(outboundTo(url));
    expect(responseHead).toBe('鍵'.repeat(1_365));
  });

  test('"100 Continue" is passed over, also where nobody asked for it, and the answer behind it stands', async () => {
    const { url } = await rawServer((socket) => {
      socket.on('data', async () => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        await sleep(20);
        socket.write('HTTP/1.1 100\r\nserver: old\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nHTTP');
      });
    });
    const send = senderOf();
    for (let n = 0; n < 2; n++) {
      expect(await send(outboundTo(url))).toMatchObject({ status: 200, responseHead: 'HTTP' });
    }
  });

  test('a compressed body is not inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    const server = await rawServer(
      afterRequest((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
        socket.end(bomb);
      }),
    );
    const { outcome, responseHead } = await senderOf()(outboundTo(server.url));
    expect(outcome.kind).toBe('delivered');
    expect(responseHead?.length).toBeLessThanOrEqual(4_096);
  });
});

describe('hostile receivers end within the deadline', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';
  const delivered = { outcome: { kind: 'delivered', status: 200 }, status: 200 };
  const failedBy = (code: string) => ({ outcome: { kind: 'failed', code }, errorCode: code });

  test.each<[string, (socket: Socket) => void, object]>([
    ['no answer', () => undefined, failedBy('timeout')],
    [
      'headers that drip',
      (socket) => {
        socket.write(head);
        every(20, socket, () => socket.write('x-drip: 1\r\n'));
      },
      failedBy('timeout'),
    ],
    [
      'a status line that drips',
      (socket) => {
        const letters = [...`HTTP/1.1 200 ${'O'.repeat(1_000)}`];
        every(20, socket, () => socket.write(letters.shift() ?? 'O'));
      },
      failedBy('timeout'),
    ],
    [
      'a body that drips',
      (socket) => {
        socket.write(`${head}content-length: 100000\r\n\r\n`);
        every(20, socket, () => socket.write('.'));
      },
      delivered,
    ],
    [
      'a body that stalls',
      (socket) => socket.write(`${head}content-length: 10\r\n\r\nabc`),
      {
        ...delivered,
        responseHead: 'abc',
      },
    ],
    [
      'chunks that drip',
      (socket) => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
        every(20, socket, () => socket.write('1\r\n.\r\n'));
      },
      delivered,
    ],
    [
      'a flood of 103',
      (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(200)),
      failedBy('response_too_large'),
    ],
    [
      '103 that drips',
      (socket) => every(20, socket, () => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')),
      failedBy('timeout'),
    ],
    [
      '101',
      (socket) => socket.write('HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      failedBy('reset'),
    ],
    [
      '100 KiB of headers',
      (socket) => socket.write(`${head}x-a: ${'a'.repeat(100_000)}\r\n\r\n`),
      failedBy('response_too_large'),
    ],
    [
      'headers without end',
      (socket) => {
        socket.write(head);
        flood(socket, 'x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(100));
      },
      failedBy('response_too_large'),
    ],
    ['a reset', (socket) => socket.resetAndDestroy(), failedBy('reset')],
    ['an end without an answer', (socket) => socket.end(), failedBy('reset')],
    ['an end amid the headers', (socket) => socket.end(head), failedBy('reset')],
    ['no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), failedBy('reset')],
    [
      'two content lengths',
      (socket) => socket.end(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
      failedBy('reset'),
    ],
    [
      'a reset amid the body',
      (socket) => {
        socket.write(`${head}content-length: 10\r\n\r\nabc`);
        setTimeout(() => socket.resetAndDestroy(), 50);
      },
      { ...delivered, responseHead: 'abc' },
    ],
  ])('%s', async (_what, answer, expected) => {
    const server = await rawServer(afterRequest(answer));
    const code = (expected as { errorCode?: string }).errorCode;
    // What ends by itself is not to be cut by a machine under load.
    const deadlineMs = code === undefined || code === 'timeout' ? DEADLINE_MS : 10 * DEADLINE_MS;
    const startedAt = performance.now();
    expect(await senderOf({ deadlineMs })(outboundTo(server.url))).toMatchObject(expected);
    expect(performance.now() - startedAt).toBeLessThan(deadlineMs + LATEST_MS - DEADLINE_MS);
  });

  test('an endless body is cut after 128 KiB, long before the deadline', async () => {
    const server = await rawServer(
      afterRequest((socket) => {
        socket.write(`${head}\r\n`);
        flood(socket, 'x'.repeat(65_536));
      }),
    );
    const result = await senderOf({ deadlineMs: 10_000 })(outboundTo(server.url));
    expect(result).toMatchObject({ ...delivered, responseHead: 'x'.repeat(4_096) });
    expect(result.durationMs).toBeLessThan(1_000);
    await eventually(() => server.bytesWritten > 0);
    expect(server.bytesWritten).toBeLessThan(16_000_000);
  });

  test('one that hangs does not delay another', async () => {
    const hanging = await rawServer(() => undefined);
    const { url } = await receiver();
    const send = senderOf();
    const [slow, quick] = await Promise.all([
      send(outboundTo(hanging.url)),
      send(outboundTo(url, { integrationId: 'int_2' })),
    ]);
    expect(slow.errorCode).toBe('timeout');
    expect(quick.durationMs).toBeLessThan(DEADLINE_MS / 2);
  });

  test('after a time-out the same integration can send again', async () => {
    let isHanging = true;
    const server = await rawServer(
      afterRequest((socket) => {
        if (!isHanging) socket.end(`${head}content-length: 0\r\n\r\n`);
      }),
    );
    const send = senderOf();
    expect((await send(outboundTo(server.url))).errorCode).toBe('timeout');
    isHanging = false;
    expect((await send(outboundTo(server.url))).outcome.kind).toBe('delivered');
  });
});

describe('before there is a connection', () => {
  test.each<[string, () => Promise<string[]>, string]>([
    ['an unknown name', () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })), 'dns'],
    ['a name without addresses', () => Promise.resolve([]), 'dns'],
    ['DNS that never answers', () => new Promise(() => undefined), 'timeout'],
  ])('%s', async (_what, resolve, code) => {
    const startedAt = performance.now();
    const result = await senderOf({ resolve })(outboundTo('https://example.com/'));
    expect(result).toMatchObject({ outcome: { kind: 'failed', code }, errorCode: code });
    expect(performance.now() - startedAt).toBeLessThan(LATEST_MS);
  });

  test('nobody listens', async () => {
    const { url, stop } = await startReceiver();
    await stop();
    expect(await senderOf()(outboundTo(url))).toMatchObject({ errorCode: 'connect' });
  });

  test('the deadline covers DNS, waiting and answer together', async () => {
    const { url } = await receiver({ respond: () => ({ status: 200, delayMs: 350 }) });
    const resolve = () => new Promise<string[]>((done) => setTimeout(() => done(['127.0.0.1']), 350));
    const result = await senderOf({ resolve })(outboundTo(url.replace('127.0.0.1', 'localhost')));
    expect(result.errorCode).toBe('timeout');
    expect(result.durationMs).toBeLessThan(LATEST_MS);
  });
});

describe('TLS', () => {
  // A key for this test only; its certificate, for the name localhost, is trusted nowhere else.
  const key = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIHyBACrNpj/aJ3lN87DYuX95n1mMPEQDidKYNBYV13TroAoGCCqGSM49
AwEHoUQDQgAEkBazsJjF4pWQOkk+bwwaIuNOKhgl9K2KE3wB59gXstvVVvHzqMCb
NeuE/1pGFTidipNxgsGOVoe89Dml+DYYZQ==
-----END EC PRIVATE KEY-----`;
  const cert = `-----BEGIN CERTIFICATE-----
MIIBYDCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJAWs7CYxeKVkDpJ
Pm8MGiLjTioYJfStihN8AefYF7Lb1Vbx86jAmzXrhP9aRhU4nYqTcYLBjlaHvPQ5
pfg2GGWjSDBGMA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0
MB0GA1UdDgQWBBR3Zzlqpq3vO2T75xFr/GqvOwNgDDAKBggqhkjOPQQDAgNHADBE
AiAT+iC8aT16oczyUEg/3YuEvEOhN3/R9NAbcjjRHo9gmgIgAMdtm44HfAxIyxyd
JnH/pky8Mr/HPNVlB0Kt8WYl3FA=
-----END CERTIFICATE-----`;
  const answer = afterRequest((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  const resolve = () => Promise.resolve(['127.0.0.1']);
  const trusting = { certificateAuthority: cert, resolve };

  test.each<[string, TlsOptions, Partial<SenderOptions>, string, string | undefined]>([
    ['a certificate that is trusted', {}, trusting, 'localhost', undefined],
    ['one that is not', {}, { resolve }, 'localhost', 'tls'],
    ['one of another name', {}, trusting, 'hooks.example.com', 'tls'],
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }, trusting, 'localhost', 'tls'],
  ])('%s', async (_what, tls, options, host, errorCode) => {
    const server = await rawServer(answer, { key, cert, ...tls });
    const result = await senderOf(options)(outboundTo(`https://${host}:${server.port}/`));
    expect(result.errorCode).toBe(errorCode);
    expect(result.outcome.kind).toBe(errorCode ? 'failed' : 'delivered');
    expect(server.bytesRead > 0).toBe(errorCode === undefined);
  });

  test('the environment cannot switch the check off', async () => {
    const server = await rawServer(answer, { key, cert });
    // A process of its own: Node reads this variable from the real environment, which Jest hides.
    const script = `
      import { makeSender } from ${JSON.stringify(pathToFileURL('lambdas/dispatcher/send.ts').href)};
      const send = makeSender({ allowedAddresses: '127.0.0.0/8' });
      const outbound = ${JSON.stringify(outboundTo(`https://localhost:${server.port}/`))};
      console.log(JSON.stringify(await send(outbound)));
      process.exit(0);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    });
    expect(JSON.parse(stdout)).toMatchObject({ errorCode: 'tls' });
    expect(server.connections).toBe(0);
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ['a handshake that never ends', () => undefined, 'timeout'],
    ['a receiver without TLS', (socket) => void socket.write('HTTP/1.1 400 Bad\r\n\r\n'), 'tls'],
    ['a reset in the handshake', afterRequest((socket) => socket.resetAndDestroy()), 'tls'],
  ])('%s', async (_what, onConnection, code) => {
    const server = await rawServer(onConnection);
    const startedAt = performance.now();
    const result = await senderOf({ resolve })(outboundTo(`https://localhost:${server.port}/`));
    expect(result).toMatchObject({ outcome: { kind: 'failed', code }, errorCode: code });
    expect(performance.now() - startedAt).toBeLessThan(LATEST_MS);
  });
});

describe('forbidden addresses', () => {
  const blocked = { outcome: { kind: 'refused', code: 'blocked' }, errorCode: 'blocked' };
  const PUBLIC = '93.184.216.34';

  type Found = (error: unknown, found: { address: string }[]) => void;
  type LookupAll = (host: string, options: { all: true }, callback: Found) => void;

  /** A network in which nothing is reached, and which notes where a socket would have gone. */
  function spy() {
    const reached: string[] = [];
    const openSocket = ((options: { host: string; lookup: LookupAll }) => {
      options.lookup(options.host, { all: true }, (_error, found) => {
        reached.push(...found.map(({ address }) => address));
      });
      return connect({ host: '127.0.0.1', port: 1 });
    }) as unknown as typeof connect;
    return { reached, openSocket };
  }

  test.each([
    ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '0'],
    ...['[::1]', '[::]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]'],
    ...['[2002:7f00:1::]', '[fe80::1]', '[fd00:ec2::254]', '[2606:4700:4700::1111]'],
    ...['127。0。0。1', '①②⑦.0.0.1', '127%2e0%2e0%2e1', '127.0.0.1.'],
    ...['169.254.169.254', '169.254.100.1', '2852039166', '10.0.0.1', '100.64.0.1', '168.63.129.16'],
    ...['localhost', 'LOCALHOST.', 'a.localhost', 'metadata.google.internal', 'router'],
    ...['user@8.8.8.8', 'example.com@127.0.0.1'],
  ])('https://%s/ opens no socket', async (host) => {
    const { reached, openSocket } = spy();
    const resolve = jest.fn(() => Promise.resolve(['127.0.0.1']));
    const send = senderOf({ allowedAddresses: '', resolve, openSocket });
    expect(await send(outboundTo(`https://${host}/`))).toMatchObject(blocked);
    expect({ reached, lookups: resolve.mock.calls }).toEqual({ reached: [], lookups: [] });
  });

  test.each<[string, string[], string, string]>([
    ['a private address', ['10.0.0.1'], 'https://a.example.com/', ''],
    ['metadata', ['169.254.169.254'], 'https://a.example.com/', ''],
    ['a private address among public ones', [PUBLIC, '10.0.0.1'], 'https://a.example.com/', ''],
    ['a private one first', ['127.0.0.1', PUBLIC], 'https://a.example.com/', ''],
    ['loopback in IPv6', ['::1'], 'https://a.example.com/', ''],
    ['IPv4 inside IPv6', ['::ffff:169.254.169.254'], 'https://a.example.com/', ''],
    ['public IPv6 alone', ['2606:4700:4700::1111'], 'https://a.example.com/', ''],
    ['no address at all but text', ['localhost'], 'https://a.example.com/', ''],
    ['a private range next to the listed one', ['10.2.0.1'], 'https://a.example.com/', '10.1.0.0/16'],
    ['a public address behind plain http', [PUBLIC], 'http://a.example.com/', '127.0.0.0/8'],
    ['a public address behind another port', [PUBLIC], 'https://a.example.com:22/', '127.0.0.0/8'],
    ['a public address behind localhost', [PUBLIC], 'http://localhost:8080/', '127.0.0.0/8'],
    ['a listed and a public one behind http', ['127.0.0.1', PUBLIC], 'http://a.example.com/', '127.0.0.0/8'],
    ['metadata, whatever is listed', ['169.254.169.254'], 'http://a.example.com/', '0.0.0.0/0,::/0'],
  ])('a name that leads to %s opens no socket', async (_what, addresses, url, allowedAddresses) => {
    const { reached, openSocket } = spy();
    const send = senderOf({ allowedAddresses, resolve: async () => addresses, openSocket });
    expect(await send(outboundTo(url))).toMatchObject(blocked);
    expect(reached).toEqual([]);
  });

  test('a name that changes its mind is called at the address that was judged', async () => {
    const { reached, openSocket } = spy();
    const answers = [[PUBLIC], ['127.0.0.1']];
    const send = senderOf({ allowedAddresses: '', resolve: async () => answers.shift() ?? [], openSocket });
    await send(outboundTo('https://rebind.example.com/'));
    expect(reached).toEqual([PUBLIC]);
    expect(await send(outboundTo('https://rebind.example.com/'))).toMatchObject(blocked);
    expect(reached).toEqual([PUBLIC]);
  });

  test('public IPv6 beside public IPv4 is left aside', async () => {
    const { reached, openSocket } = spy();
    const resolve = async () => ['2606:4700:4700::1111', PUBLIC];
    await senderOf({ allowedAddresses: '', resolve, openSocket })(outboundTo('https://a.example.com/'));
    expect(reached).toEqual([PUBLIC]);
  });

  test('a connection that ends elsewhere is cut before the first byte, of TLS too', async () => {
    const inside = await rawServer(() => undefined);
    const openSocket = (() => connect({ host: '127.0.0.1', port: inside.port })) as unknown as typeof connect;
    const send = senderOf({ allowedAddresses: '', resolve: async () => [PUBLIC], openSocket });
    expect(await send(outboundTo('https://a.example.com/'))).toMatchObject(blocked);
    await eventually(() => inside.connections === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(inside.bytesRead).toBe(0);
  });

  test('a connection that is reset at once has no peer, which is no reason to give up for good', async () => {
    const { url } = await receiver();
    const openSocket = ((...args: Parameters<typeof connect>) => {
      const socket = connect(...args);
      Object.defineProperty(socket, 'remoteAddress', { value: undefined });
      return socket;
    }) as typeof connect;
    const failed = { outcome: { kind: 'failed', code: 'connect' }, errorCode: 'connect' };
    expect(await senderOf({ openSocket })(outboundTo(url))).toMatchObject(failed);
  });

  test('localhost by name, with IPv4 loopback listed, is reached on IPv4', async () => {
    const { url } = await receiver();
    const resolve = async () => ['::1', '127.0.0.1'];
    const result = await senderOf({ resolve })(outboundTo(url.replace('127.0.0.1', 'localhost')));
    expect(result.outcome.kind).toBe('delivered');
  });

  test('localhost by name, by the resolver of this machine', async () => {
    const { url } = await receiver();
    const result = await senderOf()(outboundTo(url.replace('127.0.0.1', 'localhost')));
    expect(result.outcome.kind).toBe('delivered');
  });
});

describe('connections', () => {
  const answer = (socket: Socket) =>
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));

  test('are used again within an integration, never by another', async () => {
    const server = await rawServer(answer);
    const send = senderOf();
    for (let n = 0; n < 5; n++) {
      await send(outboundTo(server.url));
      await connectionIsFree();
    }
    expect(server.connections).toBe(1);
    await send(outboundTo(server.url, { integrationId: 'int_2' }));
    expect(server.connections).toBe(2);
  });

  test('idle for over 3 s by the wall clock are not used again', async () => {
    const server = await rawServer(answer);
    const send = senderOf();
    await send(outboundTo(server.url));
    await connectionIsFree();
    const thawedAt = Date.now() + 3_500;
    jest.spyOn(Date, 'now').mockReturnValue(thawedAt);
    expect((await send(outboundTo(server.url))).outcome.kind).toBe('delivered');
    expect(server.connections).toBe(2);
  });

  test('are kept for 100 integrations, those used last', async () => {
    const server = await rawServer(answer);
    const send = senderOf({ deadlineMs: 5_000 });
    const sendAs = async (n: number) => {
      await send(outboundTo(server.url, { integrationId: `int_${n}` }));
      await connectionIsFree();
    };
    for (let n = 0; n < 100; n++) await sendAs(n);
    await sendAs(0);
    expect(server.connections).toBe(100);
    await sendAs(100);
    await sendAs(0);
    await sendAs(2);
    expect(server.connections).toBe(101);
    await sendAs(1);
    expect(server.connections).toBe(102);
  });

  test('of another origin are not used, though the integration is the same', async () => {
    const [one, other] = [await rawServer(answer), await rawServer(answer)];
    const send = senderOf();
    for (const { url } of [one, other, one, other]) {
      expect((await send(outboundTo(url))).outcome.kind).toBe('delivered');
      await connectionIsFree();
    }
    expect([one.connections, other.connections]).toEqual([1, 1]);
  });

  test('are used again however much came over them, as long as each answer is small', async () => {
    const body = 'x'.repeat(20_000);
    const answered = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const server = await rawServer((socket) => socket.on('data', () => socket.write(answered)));
    const send = senderOf({ deadlineMs: 5_000 });
    for (let n = 0; n < 20; n++) {
      const { outcome, responseHead } = await send(outboundTo(server.url));
      expect([outcome.kind, responseHead?.length]).toEqual(['delivered', 4_096]);
      await connectionIsFree();
    }
    expect(server.connections).toBe(1);
  });

  test('are not used again when an answer was longer than the 128 KiB that are read', async () => {
    const answered = (length: number) =>
      `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${'x'.repeat(length)}`;
    for (const [length, connections] of [
      [60_000, 1],
      [200_000, 2],
    ] as const) {
      const server = await rawServer((socket) => socket.on('data', () => socket.write(answered(length))));
      const send = senderOf({ deadlineMs: 5_000 });
      for (let n = 0; n < 2; n++) {
        expect((await send(outboundTo(server.url))).outcome.kind).toBe('delivered');
        await connectionIsFree();
      }
      expect(server.connections).toBe(connections);
    }
  });

  test('in use are not shared: two requests at once have two', async () => {
    const server = await rawServer(afterRequest((socket) => setTimeout(() => socket.end(EMPTY), 50)));
    const send = senderOf();
    await Promise.all([send(outboundTo(server.url)), send(outboundTo(server.url))]);
    expect(server.connections).toBe(2);
  });

  test('that hung are gone at the deadline, and the next request has a fresh one', async () => {
    let isHanging = true;
    const server = await rawServer((socket) => {
      if (!isHanging) socket.once('data', () => socket.resetAndDestroy());
    });
    const send = senderOf({ resolve: async () => ['127.0.0.1'] });
    const url = `https://localhost:${server.port}/`;
    expect((await send(outboundTo(url))).errorCode).toBe('timeout');
    await eventually(() => server.closed === 1);
    isHanging = false;
    expect((await send(outboundTo(url))).errorCode).toBe('tls');
    expect(server.connections).toBe(2);
  });
});

describe('the test receiver', () => {
  const body = '{"a":1}';
  const signed = (secrets: string[], ageSeconds = 0) =>
    signatureHeaders({
      deliveryId: 'dlv_1',
      timestampSeconds: Math.floor(Date.now() / 1_000) - ageSeconds,
      body,
      secrets,
    });
  const right = { ...signed(['s3cret']), authorization: 'Bearer token' };

  test.each<[string, ReceiverOptions, Record<string, string>, boolean]>([
    ['all is right', { signingSecret: 's3cret', bearer: 'token' }, right, true],
    ['the secret is another', { signingSecret: 'other' }, right, false],
    ['the token is another', { bearer: 'other' }, right, false],
    ['the token is missing', { signingSecret: 's3cret', bearer: 'token' }, signed(['s3cret']), false],
    ['it is not signed', { signingSecret: 's3cret' }, signed([]), false],
    ['W&B header is wrong', { signingSecret: 's3cret' }, { ...right, 'X-Wandb-Signature': '0' }, false],
    [
      'the standard one is wrong',
      { signingSecret: 's3cret' },
      { ...right, 'webhook-signature': 'v1,0' },
      false,
    ],
    ['it is an hour old', { signingSecret: 's3cret' }, signed(['s3cret'], 3_600), false],
    ['there is nothing to check', {}, right, false],
  ])('when %s', async (_what, options, headers, verified) => {
    const { url, waitFor } = await receiver(options);
    await senderOf()(outboundTo(url, { headers, body }));
    expect((await waitFor(1))[0]).toMatchObject({ verified, json: { a: 1 } });
  });

  test('says how many came when it waits in vain', async () => {
    const { waitFor } = await receiver();
    await expect(waitFor(2, 50)).rejects.toThrow('waited 50 ms for 2 requests and got 0');
  });
});

/** undici notes that a connection is free just after it hands out the end of the body. */
const connectionIsFree = () => new Promise((resolve) => setImmediate(resolve));

async function eventually(condition: () => boolean): Promise<void> {
  const end = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come true within 2 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
