import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { TimedOut } from './functions.ts';
import type { Verdict } from './http-authorizer.ts';
import { splitUrl, toEvent } from './http-event.ts';
import { matchRoute } from './http-route.ts';
import { type Listening, listen } from './listen.ts';
import type { FunctionName, Route } from './topology.ts';

export interface HttpFrontOptions {
  port: number;
  routes: readonly Route[];
  authorize: (event: APIGatewayProxyEventV2) => Promise<Verdict>;
  invoke: (name: FunctionName, event: object) => Promise<unknown>;
  /** Told of what the client only sees as a 500. */
  onTrouble: (error: unknown) => void;
}

/** What goes back to the client. */
interface Answer {
  status: number;
  headers?: Record<string, string>;
  cookies?: string[];
  body: string | Buffer;
}

/** API Gateway takes no larger request. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

const refusals = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Too Long',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Starts the front that stands where the HTTP API stands in AWS. */
export function startHttpFront(options: HttpFrontOptions): Promise<Listening> {
  const server = createServer((request, response) => {
    void serve(options, request, response);
  });
  return listen(server, options.port);
}

async function serve(options: HttpFrontOptions, request: IncomingMessage, response: ServerResponse) {
  try {
    const body = await readBody(request);
    send(response, await answer(options, request, body));
  } catch (error) {
    // The client went away in the middle of its request: there is nobody to answer.
    if (request.destroyed && !request.complete) return;
    options.onTrouble(error);
    send(response, refusal(error instanceof TimedOut ? 503 : 500));
  }
}

async function answer(
  { routes, authorize, invoke }: HttpFrontOptions,
  request: IncomingMessage,
  body: Buffer | undefined,
): Promise<Answer> {
  const path = decodePath(splitUrl(request.url ?? '').rawPath);
  if (path === undefined) return refusal(400);
  const matched = matchRoute(routes, request.method ?? '', path);
  if (!matched) return refusal(404);
  if (!body) return refusal(413);
  const event = toEvent(request, matched, path, body);
  if (matched.route.isPublic) return toAnswer(await invoke(matched.route.function, event));
  const verdict = await authorize(event);
  if (!verdict.allowed) return refusal(verdict.status);
  const { requestContext } = event;
  const withContext = {
    ...event,
    requestContext: { ...requestContext, authorizer: { lambda: verdict.context } },
  };
  return toAnswer(await invoke(matched.route.function, withContext));
}

function decodePath(rawPath: string): string | undefined {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    return undefined;
  }
}

/** The whole body; undefined when it is too long, which is read to its end so that the client hears the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) chunks.length = 0;
    else chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

function refusal(status: keyof typeof refusals): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: refusals[status] }),
  };
}

/** A function may answer with a response, or with any JSON, which API Gateway wraps. */
function toAnswer(result: unknown): Answer {
  const response = result as Record<string, unknown> | null;
  if (typeof response?.['statusCode'] !== 'number') {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(result) };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = response;
  return {
    status: statusCode as number,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...(headers as object) },
    cookies: (cookies as string[] | undefined) ?? [],
    body: Buffer.from(String(body ?? ''), isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function send(response: ServerResponse, { status, headers = {}, cookies = [], body }: Answer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.setHeader('content-length', Buffer.byteLength(body));
  response.statusCode = status;
  response.end(body);
}
