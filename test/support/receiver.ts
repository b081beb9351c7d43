import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The parsed body; undefined when it is not JSON. */
  json: unknown;
  receivedAt: number;
  /** True when a secret or bearer token is configured, and everything configured checks out. */
  verified: boolean;
}

export interface ScriptedAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  delayMs?: number;
}

export interface ReceiverOptions {
  /** What to answer to the n-th request (from 1); 200 `ok` by default. */
  respond?: (request: ReceivedRequest, n: number) => ScriptedAnswer | Promise<ScriptedAnswer>;
  /** The address it listens on; 127.0.0.1 by default. */
  host?: string;
  signingSecret?: string;
  bearer?: string;
}

export interface Receiver {
  /** Ends in `/hook`. */
  url: string;
  requests: ReceivedRequest[];
  /** All requests, once there are at least `count`; rejects with what did come when the time is up. */
  waitFor(count: number, timeoutMs?: number): Promise<ReceivedRequest[]>;
  stop(): Promise<void>;
}

/** A small receiver on a free port that checks signatures with code that is not ours. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, answer) => {
    const request = await record(incoming, options).catch(() => undefined);
    // The sender went away in the middle of its request.
    if (!request) return;
    requests.push(request);
    const scripted = (await options.respond?.(request, requests.length)) ?? { status: 200, body: 'ok' };
    if (scripted.delayMs) await sleep(scripted.delayMs);
    answer.writeHead(scripted.status, scripted.headers).end(scripted.body ?? '');
  });
  const { host = '127.0.0.1' } = options;
  const port = await listen(server, host);
  return {
    url: `http://${host}:${port}/hook`,
    requests,
    waitFor: (count, timeoutMs = 10_000) => waitFor(requests, count, timeoutMs),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}

async function record(incoming: IncomingMessage, options: ReceiverOptions): Promise<ReceivedRequest> {
  const body = await text(incoming);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    json: parsed(body),
    receivedAt: Date.now(),
    verified: isVerified(incoming.headers, body, options),
  };
}

function isVerified(headers: IncomingHttpHeaders, body: string, options: ReceiverOptions): boolean {
  const { signingSecret, bearer } = options;
  if (signingSecret === undefined && bearer === undefined) return false;
  if (bearer !== undefined && headers.authorization !== `Bearer ${bearer}`) return false;
  return signingSecret === undefined || isSigned(headers, body, signingSecret);
}

function isSigned(headers: IncomingHttpHeaders, body: string, secret: string): boolean {
  const asWandb = createHmac('sha256', secret).update(body).digest('hex');
  if (headers['x-wandb-signature'] !== asWandb) return false;
  try {
    const webhook = secret.startsWith('whsec_')
      ? new Webhook(secret)
      : new Webhook(secret, { format: 'raw' });
    webhook.verify(body, headers as Record<string, string>, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

async function waitFor(requests: ReceivedRequest[], count: number, timeoutMs: number) {
  const end = Date.now() + timeoutMs;
  while (requests.length < count) {
    if (Date.now() > end) {
      throw new Error(`waited ${timeoutMs} ms for ${count} requests and got ${requests.length}`);
    }
    await sleep(10);
  }
  return requests;
}
