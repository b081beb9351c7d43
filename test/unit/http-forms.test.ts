import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import { httpHandler } from '../../lambdas/shared/http.ts';

// Both kinds of API Gateway, each in its own words, about the same requests.

interface Sent {
  method: string;
  /** As the client wrote it. */
  path: string;
  query: string;
  headers: [name: string, value: string][];
  body?: string;
}

function asHttpApi({ method, path, query, headers, body }: Sent): APIGatewayProxyEventV2 {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = key in joined ? `${joined[key]},${value}` : value;
  }
  return {
    version: '2.0',
    // An HTTP API decodes the path.
    rawPath: decodeURIComponent(path),
    rawQueryString: query,
    headers: joined,
    requestContext: { http: { method }, requestId: 'req-1' },
    isBase64Encoded: body !== undefined,
    ...(body !== undefined && { body: Buffer.from(body).toString('base64') }),
  } as unknown as APIGatewayProxyEventV2;
}

function asRestApi({ method, path, query, headers, body }: Sent): APIGatewayProxyEvent {
  const many: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const known = Object.keys(many).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;
    many[known] = [...(many[known] ?? []), value];
  }
  return {
    httpMethod: method,
    path,
    queryStringParameters: query === '' ? null : Object.fromEntries(new URLSearchParams(query)),
    headers: Object.fromEntries(headers),
    multiValueHeaders: headers.length === 0 ? null : many,
    requestContext: { requestId: 'req-1' },
    isBase64Encoded: body !== undefined,
    body: body === undefined ? null : Buffer.from(body).toString('base64'),
  } as unknown as APIGatewayProxyEvent;
}

const sent = (change: Partial<Sent>): Sent => ({
  method: 'GET',
  path: '/v1/teams',
  query: '',
  headers: [],
  ...change,
});

test.each<[string, Sent]>([
  ['a bare request', sent({})],
  ['a path in percent signs', sent({ path: '/v1/teams/vi%73ion/secrets/a%2Fb' })],
  ['a query, one of it twice', sent({ query: 'team=vision&limit=1&limit=2&after=a%23b' })],
  [
    'headers in any letters',
    sent({
      headers: [
        ['AUTHORIZATION', 'Bearer x'],
        ['x-a', '1'],
        ['X-A', '2'],
      ],
    }),
  ],
  ['a body', sent({ method: 'POST', body: '{"ä":1}', headers: [['Content-Type', 'application/json']] })],
])('%s is the same request, whichever API it came through', async (_name, request) => {
  const handler = httpHandler(async (seen) => ({
    status: 200,
    body: { ...seen, rawBody: seen.rawBody.toString() },
  }));
  const [http, rest] = await Promise.all([handler(asHttpApi(request)), handler(asRestApi(request))]);
  expect(rest).toEqual(http);
  expect(JSON.parse(rest.body ?? '')).toMatchObject({ method: request.method, rawBody: request.body ?? '' });
});

test('a path that is no good encoding stays as it is, and nobody can hand in a verdict', async () => {
  const handler = httpHandler(async (seen) => ({ status: 200, body: seen }));
  const event = {
    ...asRestApi(sent({ path: '/v1/%zz' })),
    requestContext: { requestId: 'r', authorizer: { lambda: { verdict: '{}' } } },
  };
  const { body = '' } = await handler(event as unknown as APIGatewayProxyEvent);
  expect(JSON.parse(body)).toMatchObject({ path: '/v1/%zz' });
  expect(JSON.parse(body)).not.toHaveProperty('verdict');
});
