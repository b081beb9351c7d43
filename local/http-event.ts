import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { MatchedRoute } from './http-route.ts';
import { accountId, region } from './topology.ts';

const apiId = 'local';
const apiStage = '$default';

/** API Gateway hands these on as text, and everything else, even a missing type, in base64. */
const textTypes = /^(text\/.*|application\/(json|xml|javascript))$/;

/** The request in API Gateway's payload format 2.0. The path comes decoded, as an HTTP API gives it. */
export function toEvent(
  request: IncomingMessage,
  { route, pathParameters }: MatchedRoute,
  path: string,
  body: Buffer,
): APIGatewayProxyEventV2 {
  const { search } = splitUrl(request.url ?? '');
  const { cookie, ...headers } = joinHeaders(request);
  const query = joinQuery(search);
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString: search,
    ...(cookie !== undefined && { cookies: cookie.split(/; ?/) }),
    headers,
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: toContext(request, route.key, path, headers),
    ...toBody(body, headers['content-type']),
  };
}

/** What the authorizer is asked, about the same request. */
export function toAuthorizerEvent(
  event: APIGatewayProxyEventV2,
  identitySource: string[],
): APIGatewayRequestAuthorizerEventV2 {
  const { body: _body, isBase64Encoded: _encoded, ...rest } = event;
  const { method, path } = event.requestContext.http;
  return {
    ...rest,
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:${region}:${accountId}:${apiId}/${apiStage}/${method}${path}`,
    identitySource,
  } as unknown as APIGatewayRequestAuthorizerEventV2;
}

/** Takes a request's target apart: all before the first question mark, and all after it. */
export function splitUrl(url: string): { rawPath: string; search: string } {
  const at = url.indexOf('?');
  return at < 0 ? { rawPath: url, search: '' } : { rawPath: url.slice(0, at), search: url.slice(at + 1) };
}

function joinHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = (request.rawHeaders[at] ?? '').toLowerCase();
    const value = request.rawHeaders[at + 1] ?? '';
    const separator = name === 'cookie' ? '; ' : ',';
    headers[name] = name in headers ? `${headers[name]}${separator}${value}` : value;
  }
  return {
    ...headers,
    'x-forwarded-for': request.socket.remoteAddress ?? '',
    'x-forwarded-port': String(request.socket.localPort),
    'x-forwarded-proto': 'http',
  };
}

function joinQuery(search: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  return query;
}

function toContext(
  request: IncomingMessage,
  routeKey: string,
  path: string,
  headers: Record<string, string>,
): APIGatewayProxyEventV2['requestContext'] {
  const now = new Date();
  return {
    accountId,
    apiId,
    domainName: headers['host'] ?? '',
    domainPrefix: apiId,
    http: {
      method: request.method ?? '',
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? '',
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: randomUUID(),
    routeKey,
    stage: apiStage,
    time: logTime(now),
    timeEpoch: now.getTime(),
  };
}

/** As in "23/Nov/2026:20:02:29 +0000". */
function logTime(now: Date): string {
  const [, day, month, year, time] = now.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function toBody(body: Buffer, contentType = ''): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = textTypes.test(contentType.split(';')[0]?.trim().toLowerCase() ?? '');
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}
