import { gunzipSync } from 'node:zlib';
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda';
import { Problem, type ProblemCode, type ProblemDetails } from '../../core/problem.ts';
import { errorLine, logStage } from './log.ts';

/** A request as the handlers see it, whichever API Gateway it came through. */
export interface HttpRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  /** Names in lower case. */
  headers: Record<string, string>;
  rawBody: Buffer;
  requestId: string;
  /** What the authorizer made of the caller's key, when there was one in front. */
  verdict?: string;
}

export interface HttpAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** What a repetition with the same Idempotency-Key is told instead of this answer. */
  ifRepeated?: ProblemDetails;
}

/** The status of each refusal. */
export const statusOf: Record<ProblemCode, number> = {
  malformed_json: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  stale_version: 412,
  too_large: 413,
  invalid_input: 422,
  unknown_event_type: 422,
};

/** A request in API Gateway's own words: of an HTTP API (payload format 2.0), or of a REST API. */
type GatewayEvent = APIGatewayProxyEventV2 | APIGatewayProxyEvent;

export type HttpHandler = (event: GatewayEvent) => Promise<APIGatewayProxyStructuredResultV2>;

/** Makes a Lambda handler of a function on requests. A Problem becomes its answer; anything else a logged 500. */
export function httpHandler(answer: (request: HttpRequest) => Promise<HttpAnswer>): HttpHandler {
  return async (event) => {
    const request = toRequest(event);
    try {
      return toResult(await answer(request));
    } catch (error) {
      return toResult(refusal(error, request));
    }
  };
}

function refusal(error: unknown, request: HttpRequest): HttpAnswer {
  const { method, path, requestId } = request;
  if (error instanceof Problem) {
    const status = statusOf[error.details.code];
    logStage({ stage: 'request.refused', status, method, path, requestId, ...error.details });
    const { headers, body } = problemBody(status, { ...error.details });
    const { allow } = error.details;
    return { status, body, headers: { ...headers, ...(allow && { allow: allow.join(', ') }) } };
  }
  logStage(errorLine(error, { method, path, requestId }));
  const detail = 'something went wrong on our side; nothing that was answered with success is lost';
  const hint = `try again; if it stays, look for ${requestId} in the function's log`;
  return { status: 500, ...problemBody(500, { code: 'internal', detail, hint }) };
}

function problemBody(status: number, details: { code: string; [field: string]: unknown }) {
  const title = details.code.replaceAll('_', ' ');
  return {
    headers: { 'content-type': 'application/problem+json' },
    body: { type: `urn:signalbox:problem:${details.code}`, title, status, ...details },
  };
}

function toRequest(event: GatewayEvent): HttpRequest {
  return {
    ...('httpMethod' in event ? ofRestApi(event) : ofHttpApi(event)),
    rawBody: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    requestId: event.requestContext.requestId,
  };
}

function ofHttpApi(event: APIGatewayProxyEventV2): Omit<HttpRequest, 'rawBody' | 'requestId'> {
  const authorizer = (event.requestContext as { authorizer?: { lambda?: { verdict?: string } } }).authorizer;
  const verdict = authorizer?.lambda?.verdict;
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: Object.fromEntries(new URLSearchParams(event.rawQueryString)),
    headers: lowerCase(event.headers),
    ...(verdict !== undefined && { verdict }),
  };
}

/** A REST API has no authorizer in front, leaves the path encoded, and writes headers as the client did. */
function ofRestApi(event: APIGatewayProxyEvent): Omit<HttpRequest, 'rawBody' | 'requestId'> {
  const headers = Object.entries(event.multiValueHeaders ?? {});
  return {
    method: event.httpMethod,
    path: decoded(event.path),
    query: { ...event.queryStringParameters } as Record<string, string>,
    headers: lowerCase(Object.fromEntries(headers.map(([name, values]) => [name, values?.join(',')]))),
  };
}

/** A path that is no good encoding matches no route as it is. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function lowerCase(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value ?? '']),
  );
}

function toResult({ status, body, headers }: HttpAnswer): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

/** The body as text: gzip undone, never larger than `maxBytes`, and UTF-8 without errors. */
export function bodyText(request: HttpRequest, maxBytes: number): string {
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
  const isPlain = encoding === '' || encoding === 'identity';
  const bytes = isPlain ? request.rawBody : inflate(request.rawBody, encoding, maxBytes);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  if (isGzip(bytes)) throw gzipInside(isPlain);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Problem(
      { code: 'malformed_json', detail: 'the body is not UTF-8', hint: 'send JSON in UTF-8' },
      { cause: error },
    );
  }
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b;

function gzipInside(isPlain: boolean): Problem {
  const field = 'content-encoding';
  if (isPlain) {
    const hint = 'send the header content-encoding: gzip with it';
    return new Problem({
      code: 'malformed_json',
      field,
      detail: 'the body is gzip and does not say so',
      hint,
    });
  }
  const detail = 'the body is compressed twice';
  return new Problem({ code: 'malformed_json', field, detail, hint: 'compress it once' });
}

function inflate(bytes: Buffer, encoding: string, maxBytes: number): Buffer {
  const field = 'content-encoding';
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    const detail = `there is no support for content-encoding ${encoding.slice(0, 40)}`;
    throw new Problem({ code: 'invalid_input', field, detail, hint: 'use gzip once, or none' });
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    // API Gateway hands on a body of application/json or text/* as text, whatever its encoding: gzip does not survive that.
    const hint = 'compress the whole body once, and send it as content-type application/gzip';
    const detail = 'the body says gzip but does not inflate';
    throw new Problem({ code: 'malformed_json', field, detail, hint }, { cause: error });
  }
}

function tooLarge(maxBytes: number): Problem {
  const detail = `the body is larger than ${maxBytes / 1_000_000} MB once inflated`;
  return new Problem({ code: 'too_large', detail, hint: 'make it smaller, or send it in several requests' });
}
