import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import {
  type AllowedRanges,
  isAllowedAddress,
  isListedAddress,
  judgeUrl,
  literalAddress,
} from '../../core/address.ts';

/** Where a connection failed; `blocked` means that it was not tried, or cut before the first byte. */
export type ConnectFailure = 'blocked' | 'dns' | 'connect' | 'tls' | 'timeout';

/** A connection that did not come about, with the stage that it reached. */
export class ConnectError extends Error {
  override name = 'ConnectError' as const;
  readonly failure: ConnectFailure;

  constructor(failure: ConnectFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

export interface ConnectorOptions {
  allowed: AllowedRanges;
  /** What each stage (DNS, TCP, TLS) may take. */
  timeoutMs: number;
  /** All addresses of a host name. */
  resolve: (hostname: string) => Promise<string[]>;
  /** PEM of one more authority to trust. */
  certificateAuthority?: string;
  /** Opens the TCP socket; the system's own unless a test stands in for a network that lies. */
  openSocket?: typeof connectTcp;
}

/** Asks the system's resolver, as /etc/hosts and the like say. */
export async function resolveBySystem(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}

/**
 * Connects only to addresses that may be reached, and judges three times: the URL's host, every address its name
 * has, and the peer that the socket really reached, before any byte (of TLS, too) is sent.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const startTls = buildConnector({
    allowH2: false,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    timeout: options.timeoutMs,
    ...(options.certificateAuthority && { ca: options.certificateAuthority }),
  });
  return (target, callback) => {
    openGuarded(target, options).then(
      (socket) => {
        if (target.protocol !== 'https:') callback(null, socket);
        else {
          startTls({ ...target, httpSocket: socket }, (cause, secured) => {
            if (secured) callback(null, secured);
            else callback(new ConnectError('tls', 'the TLS handshake failed', { cause }), null);
          });
        }
      },
      (error: Error) => callback(error, null),
    );
  };
}

async function openGuarded(target: buildConnector.Options, options: ConnectorOptions): Promise<Socket> {
  const judged = judgeUrl(`${target.protocol}//${target.host ?? target.hostname}`, options.allowed);
  if ('problem' in judged) throw new ConnectError('blocked', judged.problem);
  const isPermitted = judged.onlyListed ? isListedAddress : isAllowedAddress;
  const permits = (ip: string) => isPermitted(ip, options.allowed);
  const addresses = await permittedAddresses(target.hostname, options, permits);
  return openSocket(target, addresses, options, permits);
}

/** Every address of a host must be permitted. IPv6 that the operator did not list is left aside, never called. */
async function permittedAddresses(
  hostname: string,
  { resolve, allowed, timeoutMs }: ConnectorOptions,
  permits: (ip: string) => boolean,
): Promise<string[]> {
  const literal = literalAddress(hostname);
  const found = literal ? [literal] : await inTime(resolve(hostname).catch(failedLookup), timeoutMs);
  if (found.length === 0) throw new ConnectError('dns', `${hostname} has no address`);
  const usable = found.filter((ip) => isIP(ip) === 4 || isListedAddress(ip, allowed));
  if (usable.length === 0 || !usable.every(permits)) {
    throw new ConnectError('blocked', `${hostname} leads to an address that is not allowed`);
  }
  return usable;
}

function failedLookup(cause: unknown): never {
  throw new ConnectError('dns', 'the name could not be resolved', { cause });
}

/** A lookup cannot be stopped, only no longer waited for. */
async function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ConnectError('timeout', 'the lookup took too long')), timeoutMs);
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}

function openSocket(
  target: buildConnector.Options,
  addresses: string[],
  { openSocket: open = connectTcp, timeoutMs }: ConnectorOptions,
  permits: (ip: string) => boolean,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = open({
    host: target.hostname,
    port: portOf(target),
    lookup: lookupOf(addresses),
    autoSelectFamily: addresses.length > 1,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    noDelay: true,
  });
  const timer = setTimeout(() => {
    socket.destroy(new ConnectError('timeout', 'the connection took too long'));
  }, timeoutMs);
  socket.once('connect', () => {
    clearTimeout(timer);
    if (permits(socket.remoteAddress ?? '')) resolve(socket);
    else socket.destroy(new ConnectError('blocked', 'the connection led to an address that is not allowed'));
  });
  socket.on('error', (cause) => {
    clearTimeout(timer);
    reject(
      cause instanceof ConnectError ? cause : new ConnectError('connect', 'could not connect', { cause }),
    );
  });
  return promise;
}

/** How long one of several addresses may take before the next one is tried. */
const ATTEMPT_TIMEOUT_MS = 1_000;

function portOf({ port, protocol }: buildConnector.Options): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

/** Answers with the addresses that were judged, so that nobody can change them between the check and the call. */
function lookupOf(addresses: string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, { all }, callback) => {
    if (all) callback(null, entries);
    else callback(null, entries[0]?.address ?? '', entries[0]?.family);
  };
}
