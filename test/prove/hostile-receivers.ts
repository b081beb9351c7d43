/** A process of its own with one receiver for each hostile case, so that their floods cost the sender no time. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { makeCertificate } from './certificate.ts';
import { BOMB, type HostileCase, hostileCases, type Step, type TlsKind, TRAP } from './hostile-cases.ts';
import { startNameServer } from './name-server.ts';

/** What this process says once it is ready. */
export interface ReceiversReady {
  ports: number[];
  nameServer: string;
  /** PEM of the certificates that a sender may trust. */
  authorities: string;
}

/** What it answers to any message. */
export interface ReceiversState {
  openSockets: number;
  trapConnections: number;
}

const HOSTS = ['127.0.0.1', 'localhost'];
const trusted = makeCertificate(HOSTS);
const expired = makeCertificate(HOSTS, { fromDay: -20, toDay: -10 });
const early = makeCertificate(HOSTS, { fromDay: 10, toDay: 20 });
const elsewhere = makeCertificate(['127.0.0.9', 'other.example.com']);

const tlsOptions: Record<TlsKind, TlsOptions> = {
  trusted,
  expired,
  'not yet valid': early,
  'of another host': elsewhere,
  'of an unknown authority': makeCertificate(HOSTS),
  'TLS 1.0': { ...trusted, minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' },
  'TLS 1.1': { ...trusted, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
  'asks for a client certificate': { ...trusted, requestCert: true, rejectUnauthorized: true },
  'HTTP/2 only': { ...trusted, ALPNProtocols: ['h2'] },
};

const open = new Set<Socket>();
let trapConnections = 0;
const bomb = gzipSync(Buffer.alloc(50_000_000));

/** Counts the connections below TLS, too. */
function counted(server: Server): Server {
  return server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
}

function receiverOf(one: HostileCase, trapPort: number): Server {
  const onSocket = (socket: Socket) => {
    socket.on('error', () => undefined);
    let requests = 0;
    socket.on('data', (data) => {
      const steps = one.onRequest?.[Math.min(requests, one.onRequest.length - 1)];
      if (!steps || !isRequest(data)) return;
      requests++;
      perform(socket, steps, trapPort).catch(fail);
    });
    perform(socket, one.onConnect ?? [], trapPort).catch(fail);
  };
  if (!one.tls) return counted(createServer(onSocket));
  const server = createTlsServer(tlsOptions[one.tls], onSocket);
  server.on('tlsClientError', () => undefined);
  return counted(server);
}

const isRequest = (data: Buffer) => /^P(?:OST|UT|ATCH) /.test(data.toString('latin1', 0, 6));

async function perform(socket: Socket, steps: readonly Step[], trapPort: number): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    if ('send' in step) socket.write(bytesOf(step.send, trapPort));
    else if ('sleepMs' in step) await sleep(step.sleepMs);
    else if ('drip' in step) await drip(socket, step);
    else performAtOnce(socket, step);
  }
}

function performAtOnce(socket: Socket, step: Step): void {
  if ('end' in step) socket.end();
  if ('reset' in step) reset(socket);
  if ('flood' in step) flood(socket, Buffer.from(step.flood, 'latin1'));
}

function bytesOf(text: string, trapPort: number): Buffer {
  if (text !== BOMB) return Buffer.from(text.replaceAll(TRAP, String(trapPort)), 'latin1');
  return Buffer.concat([Buffer.from(`content-length: ${bomb.length}\r\n\r\n`), bomb]);
}

/** A socket inside TLS cannot be reset by itself. */
function reset(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

async function drip(
  socket: Socket,
  { drip: text, everyMs }: { drip: string; everyMs: number },
): Promise<void> {
  while (!socket.destroyed) {
    for (const letter of text) {
      if (socket.destroyed) return;
      socket.write(letter, 'latin1');
      await sleep(everyMs);
    }
  }
}

function flood(socket: Socket, chunk: Buffer): void {
  const more = () => {
    if (!socket.destroyed && socket.write(chunk)) setImmediate(more);
  };
  socket.on('drain', more);
  more();
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', 1_024, resolve));
  return (server.address() as AddressInfo).port;
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

async function main(): Promise<void> {
  const cases = hostileCases();
  const trap = counted(createServer(() => trapConnections++));
  const trapPort = await listen(trap);
  const ports = await Promise.all(cases.map((one) => listen(receiverOf(one, trapPort))));
  const names = await startNameServer((name, n) => {
    const script = cases[Number(/^case-(\d+)\./.exec(name)?.[1])]?.dns;
    return script?.[Math.min(n, script.length) - 1];
  });
  const authorities = [trusted, expired, early, elsewhere].map(({ cert }) => cert).join('');
  process.on('message', () => {
    process.send?.({ openSockets: open.size, trapConnections } satisfies ReceiversState);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ ports, nameServer: names.address, authorities } satisfies ReceiversReady);
}

main().catch(fail);
