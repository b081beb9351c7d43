import type { Dispatcher } from 'undici';
import { judgeUrl, parseAllowedRanges } from '../../core/address.ts';
import { type Outcome, outcomeOfStatus, secondsToWait } from '../../core/retry.ts';
import { type Connection, keptConnections } from './connections.ts';
import { ConnectError, type ConnectorOptions, guardedConnect } from './connector.ts';
import { makeResolve, type Resolve } from './resolve.ts';

/** One HTTP request to an endpoint that a user named. */
export interface OutboundRequest {
  integrationId: string;
  method: 'POST' | 'PUT' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  body: string;
  /** How much of the answer to keep beyond 4 KiB, so that a secret at the cut is there whole to be masked. */
  extraHeadBytes?: number;
}

export type SendErrorCode =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'blocked'
  | 'reset'
  | 'response_too_large'
  | 'bad_request';

/** How the request ended. An answer has a status and no error code; without an answer it is the other way round. */
export interface SendResult {
  outcome: Outcome;
  durationMs: number;
  status?: number;
  errorCode?: SendErrorCode;
  /** The first 4 KiB (and `extraHeadBytes`) of the answer's body as text; never that of a redirect. */
  responseHead?: string;
  /** How long the receiver asks us to wait, whatever its status. */
  retryAfterSeconds?: number;
}

export interface SenderOptions {
  /** Address ranges beyond the public ones, as in ALLOWED_ADDRESSES. */
  allowedAddresses: string;
  /** What DNS, connecting, TLS and the whole answer may take together. */
  deadlineMs?: number;
  /** How names become addresses; by default the system's name servers are asked. */
  resolve?: Resolve;
  openSocket?: ConnectorOptions['openSocket'];
  certificateAuthority?: string;
}

export type Sender = (outbound: OutboundRequest) => Promise<SendResult>;

/** Equal to package.json's version, which a bundle does not carry. */
export const USER_AGENT = 'Signalbox/0.1.0';

const DEADLINE_MS = 15_000;
export const HEAD_BYTES = 4 * 1_024;

/**
 * Makes the function that sends webhooks: to permitted addresses only, within one total deadline, with bounded
 * memory, no redirects and no proxies. Whatever the network or the receiver does, the result is a value.
 */
export function makeSender(options: SenderOptions): Sender {
  const allowed = parseAllowedRanges(options.allowedAddresses);
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const connections = keptConnections(
    guardedConnect({
      allowed,
      resolve: options.resolve ?? makeResolve({ allowed }),
      ...(options.openSocket && { openSocket: options.openSocket }),
      ...(options.certificateAuthority && { certificateAuthority: options.certificateAuthority }),
    }),
  );
  return async (outbound) => {
    const startedAt = performance.now();
    const elapsed = () => Math.round(performance.now() - startedAt);
    if (!areHeadersValid(outbound.headers)) return { ...withoutAnswer('bad_request'), durationMs: elapsed() };
    const judged = judgeUrl(outbound.url, allowed);
    if ('problem' in judged) return { ...withoutAnswer('blocked'), durationMs: elapsed() };
    const connection = connections.take(outbound.integrationId, judged.url.origin);
    const result = await exchange(outbound, judged.url, connection, deadlineMs);
    // Where it is still resolving, connecting or reading, this ends it.
    connections.giveBack(connection);
    return { ...result, durationMs: elapsed() };
  };
}

type Ending = Omit<SendResult, 'durationMs'>;

/** Ends at the deadline by itself: undici lets go of a request only once its connection stands or has failed. */
async function exchange(
  outbound: OutboundRequest,
  url: URL,
  connection: Connection,
  deadlineMs: number,
): Promise<Ending> {
  const deadline = new AbortController();
  const { promise: tooLate, resolve } = Promise.withResolvers<Ending>();
  const timer = setTimeout(() => {
    deadline.abort();
    // Last in line, so that an answer whose body alone is late still counts as one.
    setImmediate(() => resolve(withoutAnswer('timeout')));
  }, deadlineMs);
  const answered = ask(outbound, url, connection, deadline.signal);
  return Promise.race([answered, tooLate]).finally(() => clearTimeout(timer));
}

async function ask(
  { method, headers, body, extraHeadBytes = 0 }: OutboundRequest,
  url: URL,
  { client }: Connection,
  signal: AbortSignal,
): Promise<Ending> {
  try {
    const response = await client.request({
      path: `${url.pathname}${url.search}`,
      method,
      body,
      headers: { 'content-type': 'application/json', ...lowerCased(headers), ...OWN_HEADERS },
      signal,
    });
    return await endingOf(response, HEAD_BYTES + extraHeadBytes);
  } catch (error) {
    return withoutAnswer(signal.aborted ? 'timeout' : errorCodeOf(error));
  }
}

async function endingOf(response: Dispatcher.ResponseData, headBytes: number): Promise<Ending> {
  const retryAfter = [response.headers['retry-after'] ?? []].flat()[0];
  const status = response.statusCode;
  const outcome = outcomeOfStatus(status, retryAfter, Date.now());
  const retryAfterSeconds = secondsToWait(retryAfter, Date.now());
  const head = await readHead(response.body, headBytes);
  const isRedirect = outcome.kind === 'refused' && outcome.code === 'redirect';
  return {
    ...{ outcome, status },
    ...(!isRedirect && { responseHead: head }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/**
 * The beginning of the body; a connection ends by itself when far more comes. The status is the receiver's verdict, so
 * a body that breaks off, drips until the deadline or never ends changes nothing but what the history shows.
 */
async function readHead(body: Dispatcher.ResponseData['body'], headBytes: number): Promise<string> {
  const kept: Buffer[] = [];
  let read = 0;
  // Breaking off destroys the stream, which then says so once more as an event.
  body.on('error', () => undefined);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (read < headBytes) kept.push(Buffer.from(chunk.subarray(0, headBytes - read)));
      read += chunk.length;
    }
  } catch {
    // What was read until then stands.
  }
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true });
}

const OWN_HEADERS = { 'user-agent': USER_AGENT, 'accept-encoding': 'identity', accept: '*/*' };

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const HEADER_VALUE = /^[\t\x20-\x7e]{0,8192}$/;
/** Headers that belong to the connection, to proxies or to us. */
const RESERVED_HEADER =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer|user-agent|accept|accept-encoding|forwarded|proxy-.*|x-forwarded-.*)$/i;

function areHeadersValid(headers: Record<string, string>): boolean {
  const names = Object.keys(headers);
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  return (
    distinct.size === names.length &&
    names.every((name) => HEADER_NAME.test(name) && !RESERVED_HEADER.test(name)) &&
    Object.values(headers).every((value) => HEADER_VALUE.test(value))
  );
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutAnswer(code: SendErrorCode): Ending {
  const isFinal = code === 'blocked' || code === 'bad_request';
  return { outcome: isFinal ? { kind: 'refused', code } : { kind: 'failed', code }, errorCode: code };
}

/** The codes of undici and of the system that mean something more exact than "the connection broke". */
const errorCodes: Record<string, SendErrorCode> = {
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'response_too_large',
  HPE_HEADER_OVERFLOW: 'response_too_large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'response_too_large',
  UND_ERR_INVALID_ARG: 'bad_request',
};

function errorCodeOf(error: unknown): SendErrorCode {
  if (error instanceof ConnectError) return error.failure;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return errorCodes[code] ?? 'reset';
}
