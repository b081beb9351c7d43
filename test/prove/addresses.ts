/**
 * `npm run corpus:addresses`: sends to every URL of the corpus through the real sender, with a spy below Node's
 * sockets. No connection leaves this machine: the spy notes where it would go and leads it to a receiver in here.
 */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { parseAllowedRanges } from '../../core/address.ts';
import { makeResolve } from '../../lambdas/dispatcher/resolve.ts';
import { makeSender, type Sender, type SendResult } from '../../lambdas/dispatcher/send.ts';
import { type AddressCase, addressCases, PUBLIC } from './addresses-cases.ts';
import { isForbidden, isListed } from './addresses-ranges.ts';
import { makeCertificate } from './certificate.ts';
import { type NameServer, startNameServer } from './name-server.ts';

export interface AddressReport {
  cases: number;
  groups: Record<string, number>;
  /** Connections that would have left for an address that is forbidden there. */
  forbiddenConnections: string[];
  /** Bytes sent to a peer that nobody asked for. */
  bytesToWrongPeers: number;
  /** Connections in all, and public cases that were delivered. */
  connections: number;
  publicDelivered: number;
  /** Cases whose result was not the expected one. */
  wrong: string[];
}

/** What the spy below the sockets saw of one case. */
interface Seen {
  connects: { ip: string; port: number }[];
  queries: number;
}

export async function runAddressCorpus(
  cases: readonly AddressCase[] = addressCases(),
): Promise<AddressReport> {
  const scene = await setScene(cases);
  const report: AddressReport = {
    cases: cases.length,
    groups: {},
    forbiddenConnections: [],
    bytesToWrongPeers: 0,
    connections: 0,
    publicDelivered: 0,
    wrong: [],
  };
  try {
    for (const [n, one] of cases.entries()) {
      const seen: Seen = { connects: [], queries: 0 };
      const result = await scene.play(one, n, seen);
      note(report, one, result, seen);
    }
    report.bytesToWrongPeers = scene.bytesToWrongPeers();
  } finally {
    scene.stop();
  }
  return report;
}

function note(report: AddressReport, one: AddressCase, result: SendResult, seen: Seen): void {
  const { connects } = seen;
  report.groups[one.group] = (report.groups[one.group] ?? 0) + 1;
  report.connections += connects.length;
  const allowed = one.allowed ?? '';
  for (const { ip, port } of connects) {
    const isPortOpen = port === 443 || port === 8443 || isListed(ip, allowed);
    if (isForbidden(ip, allowed) || !isPortOpen) {
      report.forbiddenConnections.push(`${one.url} → ${ip}:${port} (${one.reason})`);
    }
  }
  const problem = problemOf(one, result, seen);
  if (problem) report.wrong.push(`${one.group}: ${one.url} (${one.reason}): ${problem}`);
  else if (one.expect === 'reached' && allowed === '') report.publicDelivered++;
}

const endings: Record<AddressCase['expect'], string> = {
  reached: 'delivered',
  blocked: 'blocked',
  cut: 'blocked',
  dns: 'dns',
  redirect: 'redirect',
};

function problemOf(one: AddressCase, { outcome, errorCode }: SendResult, { connects, queries }: Seen) {
  const ending = outcome.kind === 'delivered' ? 'delivered' : outcome.code;
  const right = endings[one.expect];
  if (ending !== right) return `ended as ${ending}, not as ${right} (${errorCode})`;
  // What is refused for its URL alone is not even asked for.
  if (one.expect === 'blocked' && !one.dns && queries > 0) return 'asked a name server';
  return problemOfSockets(one, [...new Set(connects.map(({ ip }) => ip))]);
}

function problemOfSockets({ expect, at }: AddressCase, reached: string[]): string | undefined {
  if (expect === 'blocked' || expect === 'dns') {
    return reached.length > 0 ? `opened a socket to ${reached}` : undefined;
  }
  const isRight = reached.length === 1 && (at === undefined || reached[0] === at);
  return isRight ? undefined : `connected to [${reached}], not to ${at}`;
}

async function setScene(cases: readonly AddressCase[]) {
  let current: AddressCase | undefined;
  const names = await startNameServer((name, n) => {
    const script = current?.dns?.[name] ?? current?.dns?.['*'] ?? [{ a: [worstOr(current)] }];
    return script[Math.min(n, script.length) - 1];
  });
  const certificate = makeCertificate(hostsOf(cases));
  const receiver = await startReceiver(certificate, () => current?.location);
  const wrongPeer = await startWrongPeer();
  let seen: Seen = { connects: [], queries: 0 };
  const unhook = await spyOnSockets((ip, port) => {
    seen.connects.push({ ip, port });
    return current?.peer === undefined
      ? { port: receiver.port, peer: ip }
      : { port: wrongPeer.port, peer: current.peer };
  });
  const senders = sendersWith(names, certificate.cert);
  return {
    play: async (one: AddressCase, n: number, nowSeen: Seen): Promise<SendResult> => {
      current = one;
      names.forget();
      const send = (part: number) =>
        senders(one.allowed ?? '')({
          // Another integration each time, so that every request has to connect.
          integrationId: `int_${n}_${part}`,
          method: 'POST',
          url: one.url,
          headers: {},
          body: '{}',
        });
      seen = { connects: [], queries: 0 };
      for (let part = 1; part <= (one.before ?? 0); part++) await send(part);
      seen = nowSeen;
      const asked = names.queries.length;
      const result = await send(0);
      seen.queries = names.queries.length - asked;
      return result;
    },
    bytesToWrongPeers: wrongPeer.bytes,
    stop: () => {
      unhook();
      names.stop();
      receiver.stop();
      wrongPeer.stop();
    },
  };
}

/** A name that a case says nothing of: public where it is to be reached, and loopback, the worst there is, where not. */
function worstOr(one: AddressCase | undefined): string {
  return one?.expect === 'reached' ? PUBLIC : '127.0.0.1';
}

function sendersWith(names: NameServer, certificateAuthority: string): (allowed: string) => Sender {
  const senders = new Map<string, Sender>();
  return (allowed) => {
    const known = senders.get(allowed);
    if (known) return known;
    const resolve = makeResolve({
      allowed: parseAllowedRanges(allowed),
      servers: [names.address],
      hostsFile: '/nonexistent',
    });
    const made = makeSender({ allowedAddresses: allowed, deadlineMs: 5_000, resolve, certificateAuthority });
    senders.set(allowed, made);
    return made;
  };
}

function hostsOf(cases: readonly AddressCase[]): string[] {
  const urls = cases.filter(({ url }) => URL.canParse(url)).map(({ url }) => new URL(url));
  const hosts = urls.map(({ hostname }) => hostname.replace(/\.+$/, ''));
  return [...new Set(hosts)].filter((host) => host !== '' && !host.startsWith('[') && host.length < 200);
}

/** Answers 204, or a redirect; TLS or not, as the first byte says. */
async function startReceiver(certificate: { key: string; cert: string }, location: () => string | undefined) {
  const answer: RequestListener = (request, response) => {
    request.resume();
    const to = location();
    response
      .writeHead(to === undefined ? 204 : 302, { connection: 'close', ...(to && { location: to }) })
      .end();
  };
  const plain = createHttpServer(answer);
  const secure = createHttpsServer(certificate, answer);
  const started = await listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (first) => {
        socket.pause();
        socket.unshift(first);
        // TLS takes what is buffered by itself.
        if (first[0] === 0x16) secure.emit('connection', socket);
        else plain.emit('connection', socket.resume());
      });
    }),
  );
  return started;
}

/** Notes every byte that comes, of which there should be none. */
async function startWrongPeer() {
  let bytes = 0;
  const started = await listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        bytes += data.length;
      });
    }),
  );
  return { ...started, bytes: () => bytes };
}

async function listen(server: Server): Promise<{ port: number; stop: () => void }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** Node's own binding to a TCP socket: the last thing before the operating system. */
interface TcpHandle {
  connect: (request: object, ip: string, port: number) => number;
  connect6: (request: object, ip: string, port: number) => number;
  getpeername: (out: { address?: string; port?: number; family?: string }) => number;
}

/**
 * Stands between Node and the operating system. Every connection of this process, whichever way it was made, goes to
 * the port that `lead` names on loopback, and believes to have reached the peer that `lead` names.
 */
async function spyOnSockets(
  lead: (ip: string, port: number) => { port: number; peer: string },
): Promise<() => void> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const prototype: TcpHandle = Object.getPrototypeOf((probe as unknown as { _handle: TcpHandle })._handle);
  probe.close();
  const { connect, connect6, getpeername } = prototype;
  const peers = new WeakMap<object, { address: string; port: number; family: string }>();
  const led = function (this: TcpHandle, request: object, ip: string, port: number): number {
    const { port: here, peer } = lead(ip, port);
    peers.set(this, { address: peer, port, family: isIPv6(peer) ? 'IPv6' : 'IPv4' });
    return connect.call(this, request, '127.0.0.1', here);
  };
  prototype.connect = led;
  prototype.connect6 = led;
  prototype.getpeername = function (out) {
    const peer = peers.get(this);
    if (!peer) return getpeername.call(this, out);
    Object.assign(out, peer);
    return 0;
  };
  return () => {
    Object.assign(prototype, { connect, connect6, getpeername });
  };
}

/** The report as lines, and whether all is well: enough cases, nothing forbidden, nothing blocked by mistake. */
export function judgeReport(report: AddressReport): { lines: string[]; isWell: boolean } {
  const { cases, groups, forbiddenConnections, bytesToWrongPeers, connections, publicDelivered, wrong } =
    report;
  const lines = [
    ...Object.entries(groups).map(([group, count]) => `${String(count).padStart(6)}  ${group}`),
    `${String(cases).padStart(6)}  cases in all, ${connections} connections`,
    `${String(publicDelivered).padStart(6)}  public ones delivered`,
    `${String(forbiddenConnections.length).padStart(6)}  connections to forbidden addresses`,
    `${String(bytesToWrongPeers).padStart(6)}  bytes sent to a peer that nobody asked for`,
    `${String(wrong.length).padStart(6)}  cases that ended otherwise than expected`,
    ...[...forbiddenConnections, ...wrong].slice(0, 40).map((line) => `  ! ${line}`),
  ];
  const isEnough = cases >= 1_500 && publicDelivered >= 200;
  const isWell = isEnough && forbiddenConnections.length + bytesToWrongPeers + wrong.length === 0;
  return { lines, isWell };
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const { lines, isWell } = judgeReport(await runAddressCorpus());
  console.log(lines.join('\n'));
  console.log(`${isWell ? 'ok' : 'FAILED'} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
  process.exit(isWell ? 0 : 1);
}

// Jest's modules know no await at this level.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
