import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import {
  type AllowedRanges,
  isAllowedAddress,
  isListedAddress,
  judgeUrl,
  literalAddress,
} from '../../core/address.ts';
import type { Resolve } from './resolve.ts';

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
  resolve: Resolve;
  /** PEM of one more authority to trust. */
  certificateAuthority?: string;
  /** Opens the TCP socket; the system's own unless a test stands in for a network that lies. */
  openSocket?: typeof connectTcp;
}

/** Opens a connection to an origin. The signal ends it in any stage, and later too. */
export type Connect = (target: buildConnector.Options, signal: AbortSignal) => Promise<Socket>;

/** How long one of several addresses may take before the next one is tried. */
const ATTEMPT_TIMEOUT_MS = 1_000;

/** A name may have thousands of addresses, and a request must not become a scan of them. */
const MAX_TRIED_ADDRESSES = 4;

/** Ten times what a long chain of certificates takes. */
const MAX_HANDSHAKE_BYTES = 256 * 1_024;
const HANDSHAKE_LOOK_MS = 50;

/**
 * Connects only to addresses that may be reached, and judges three times: the URL's host, every address its name
 * has, and the peer that the socket really reached, before any byte (of TLS, too) is sent. It has no time limit but
 * the signal.
 */
export function guardedConnect(options: ConnectorOptions): Connect {
  const startTls = buildConnector({
    allowH2: false,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    timeout: 0,
    // A session remembered is a connection shared between integrations, if a weak one.
    maxCachedSessions: 0,
    ...(options.certificateAuthority && { ca: options.certificateAuthority }),
  });
  return async (target, signal) => {
    const judged = judgeUrl(`${target.protocol}//${target.host ?? target.hostname}`, options.allowed);
    if ('problem' in judged) throw new ConnectError('blocked', judged.problem);
    const isPermitted = judged.onlyListed ? isListedAddress : isAllowedAddress;
    const permits = (ip: string) => isPermitted(ip, options.allowed);
    const addresses = await permittedAddresses(target.hostname, options, permits, signal);
    signal.throwIfAborted();
    const socket = await openTcp(target, addresses, options.openSocket ?? connectTcp, permits, signal);
    return target.protocol === 'https:' ? secure(startTls, target, socket) : socket;
  };
}

/** Every address of a host must be permitted. IPv6 that the operator did not list is left aside, never called. */
async function permittedAddresses(
  hostname: string,
  { resolve, allowed }: ConnectorOptions,
  permits: (ip: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const literal = literalAddress(hostname);
  const found = literal ? [literal] : await resolve(hostname, signal).catch(failedLookup);
  if (found.length === 0) throw new ConnectError('dns', `${hostname} has no address`);
  const usable = found.filter((ip) => isIP(ip) === 4 || isListedAddress(ip, allowed));
  if (usable.length === 0 || !usable.every(permits)) {
    throw new ConnectError('blocked', `${hostname} leads to an address that is not allowed`);
  }
  return usable.slice(0, MAX_TRIED_ADDRESSES);
}

function failedLookup(cause: unknown): never {
  throw new ConnectError('dns', 'the name could not be resolved', { cause });
}

function openTcp(
  target: buildConnector.Options,
  addresses: string[],
  open: typeof connectTcp,
  permits: (ip: string) => boolean,
  signal: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = open({
    host: target.hostname,
    port: Number(target.port) || (target.protocol === 'https:' ? 443 : 80),
    lookup: lookupOf(addresses),
    autoSelectFamily: addresses.length > 1,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    noDelay: true,
  });
  signal.addEventListener('abort', () => socket.destroy(new ConnectError('timeout', 'no more time')), {
    once: true,
  });
  socket.once('connect', () => {
    const problem = problemOfPeer(socket.remoteAddress, permits);
    if (problem) socket.destroy(problem);
    else resolve(socket);
  });
  // Stays for as long as the socket does: one that nobody reads from may break as well.
  socket.on('error', (cause) => {
    reject(
      cause instanceof ConnectError ? cause : new ConnectError('connect', 'could not connect', { cause }),
    );
  });
  return promise;
}

/** A socket that was reset at once has no peer any more: that is no forbidden one. */
function problemOfPeer(ip: string | undefined, permits: (ip: string) => boolean): ConnectError | undefined {
  if (ip === undefined) return new ConnectError('connect', 'the connection was reset at once');
  return permits(ip)
    ? undefined
    : new ConnectError('blocked', 'the connection led to an address that is not allowed');
}

/** Bytes that do not further a handshake (warnings, empty records) could otherwise come until the deadline. */
function secure(
  startTls: buildConnector.connector,
  target: buildConnector.Options,
  httpSocket: Socket,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const fail = (cause: unknown) => {
    httpSocket.destroy();
    reject(new ConnectError('tls', 'the TLS handshake failed', { cause }));
  };
  const timer = setInterval(() => {
    if (httpSocket.bytesRead > MAX_HANDSHAKE_BYTES) fail(new Error('more than any handshake needs'));
  }, HANDSHAKE_LOOK_MS);
  startTls({ ...target, httpSocket }, (cause, secured) => {
    if (secured) resolve(secured);
    else fail(cause);
  });
  return promise.finally(() => clearInterval(timer));
}

/** Answers with the addresses that were judged, so that nobody can change them between the check and the call. */
function lookupOf(addresses: string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, { all }, callback) => {
    if (all) callback(null, entries);
    else callback(null, entries[0]?.address ?? '', entries[0]?.family);
  };
}
