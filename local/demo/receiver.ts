import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The two secrets that a receiver shares with its sender. */
export interface SharedSecrets {
  accessToken: string;
  /** Written `whsec_<base64>`, as Standard Webhooks do. */
  signingSecret: string;
}

/** One request as the receiver saw it, and which of its proofs hold. */
export interface Arrival {
  deliveryId: string;
  payload: Record<string, unknown>;
  token: boolean;
  wandbSignature: boolean;
  standardSignature: boolean;
}

export interface Receiver {
  url: string;
  arrivals: readonly Arrival[];
  stop(): Promise<void>;
}

const TOLERATED_AGE_SECONDS = 300;

/**
 * A webhook endpoint on a free port that verifies what it gets with code of its own: it shares nothing with
 * core/signature.ts, so that the two can disagree.
 */
export async function startReceiver(
  secrets: SharedSecrets,
  onArrival: (arrival: Arrival) => void,
): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  const server = createServer(async (request, response) => {
    const arrival = verify(request.headers, await text(request), secrets);
    arrivals.push(arrival);
    response.writeHead(isVerified(arrival) ? 200 : 401).end();
    onArrival(arrival);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    arrivals,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Whether every proof of a request holds. */
export function isVerified({ token, wandbSignature, standardSignature }: Arrival): boolean {
  return token && wandbSignature && standardSignature;
}

/** Judges one request by its headers and its exact body. */
export function verify(headers: IncomingHttpHeaders, body: string, secrets: SharedSecrets): Arrival {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const key = Buffer.from(secrets.signingSecret.replace(/^whsec_/, ''), 'base64');
  const standard = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERATED_AGE_SECONDS;
  return {
    deliveryId: id,
    payload: asObject(body),
    token: same(header(headers, 'authorization'), `Bearer ${secrets.accessToken}`),
    wandbSignature: same(
      header(headers, 'x-wandb-signature'),
      createHmac('sha256', secrets.signingSecret).update(body).digest('hex'),
    ),
    standardSignature:
      isRecent &&
      header(headers, 'webhook-signature')
        .split(' ')
        .some((entry) => same(entry, `v1,${standard}`)),
  };
}

function header(headers: IncomingHttpHeaders, name: string): string {
  return String(headers[name] ?? '');
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function asObject(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}
