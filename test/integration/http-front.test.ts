import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { TimedOut } from '../../local/functions.ts';
import { startHttpFront } from '../../local/http.ts';
import { makeAuthorize } from '../../local/http-authorizer.ts';
import type { Listening } from '../../local/listen.ts';
import { authorizer, routes } from '../../local/topology.ts';

let front: Listening;
let events: APIGatewayProxyEventV2[];
let asked: { identitySource: string[] }[];
let troubles: unknown[];
/** What the function and the authorizer answer. */
let answer: (event: APIGatewayProxyEventV2, name: string) => unknown;
let verdict: () => unknown;
let nowMs: number;

beforeEach(async () => {
  [events, asked, troubles, nowMs] = [[], [], [], 0];
  answer = () => ({ statusCode: 200, body: 'ok' });
  verdict = () => ({ isAuthorized: true, context: { verdict: 'ada' } });
  front = await startHttpFront({
    port: 0,
    routes,
    authorize: makeAuthorize(
      { ...authorizer, ttlSeconds: 60 },
      async (event) => {
        asked.push(event as (typeof asked)[number]);
        return verdict();
      },
      () => nowMs,
    ),
    invoke: async (name, event) => {
      events.push(event as APIGatewayProxyEventV2);
      return answer(event as APIGatewayProxyEventV2, name);
    },
    onTrouble: (error) => troubles.push(error),
  });
});

afterEach(() => front.stop());

/** Sends exactly these header lines and bytes, which fetch would tidy. */
async function send(
  method: string,
  path: string,
  { headers = [] as string[], body = '' as string | Buffer, authorized = true } = {},
) {
  const all = [...(authorized ? ['Authorization', 'Bearer key'] : []), 'Host', 'signalbox.test', ...headers];
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const request = httpRequest(new URL(front.url), { method, path, headers: all as never }, resolve);
    request.on('error', reject).end(body);
  });
  const bytes = await buffer(response);
  return { status: response.statusCode, headers: response.headers, bytes, text: bytes.toString() };
}

const json = ['Content-Type', 'application/json'];

describe('the event', () => {
  test('has payload format 2.0', async () => {
    await send('POST', '/v1/events?a=1&b=x%20y&a=2', {
      headers: [...json, 'X-Many', 'one', 'X-Many', 'two', 'Cookie', 'c=1; d=2', 'User-Agent', 'test'],
      body: '{"ü":1}',
    });
    expect(events).toEqual([
      {
        version: '2.0',
        routeKey: 'POST /v1/events',
        rawPath: '/v1/events',
        rawQueryString: 'a=1&b=x%20y&a=2',
        cookies: ['c=1', 'd=2'],
        headers: expect.objectContaining({
          authorization: 'Bearer key',
          'content-type': 'application/json',
          host: 'signalbox.test',
          'x-many': 'one,two',
          'x-forwarded-for': '127.0.0.1',
        }),
        queryStringParameters: { a: '1,2', b: 'x y' },
        requestContext: {
          accountId: '000000000000',
          apiId: 'local',
          authorizer: { lambda: { verdict: 'ada' } },
          domainName: 'signalbox.test',
          domainPrefix: 'local',
          http: {
            method: 'POST',
            path: '/v1/events',
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'test',
          },
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          routeKey: 'POST /v1/events',
          stage: '$default',
          time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
          timeEpoch: expect.any(Number),
        },
        body: '{"ü":1}',
        isBase64Encoded: false,
      },
    ]);
    expect(events[0]?.headers).not.toHaveProperty('cookie');
  });

  test.each([
    [['Content-Type', 'application/json; charset=utf-8'], false],
    [['Content-Type', 'TEXT/Plain'], false],
    [['Content-Type', 'application/x-ndjson'], true],
    [['Content-Type', 'application/x-www-form-urlencoded'], true],
    [['Content-Type', 'application/octet-stream'], true],
    [[], true],
  ])('with the headers %j has a body in base64: %j', async (headers, isBase64Encoded) => {
    await send('POST', '/v1/events', { headers, body: 'ä=1' });
    const body = isBase64Encoded ? Buffer.from('ä=1').toString('base64') : 'ä=1';
    expect(events).toMatchObject([{ body, isBase64Encoded }]);
  });

  test('carries bytes unharmed', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await send('POST', '/v1/events', { headers: ['Content-Type', 'application/gzip'], body: bytes });
    expect(Buffer.from(events[0]?.body ?? '', 'base64')).toEqual(bytes);
  });

  test('without a body has none', async () => {
    await send('GET', '/v1/teams');
    expect(events[0]).not.toHaveProperty('body');
    expect(events[0]).not.toHaveProperty('queryStringParameters');
  });

  test('has its path decoded', async () => {
    await send('GET', '/v1/teams/a%20b%2Fc?x=%20');
    expect(events).toMatchObject([
      { rawPath: '/v1/teams/a b/c', pathParameters: { proxy: 'teams/a b/c' }, rawQueryString: 'x=%20' },
    ]);
  });
});

describe('a request goes', () => {
  test.each([
    ['POST', '/v1/events', 'ingest'],
    ['GET', '/v1/events', 'admin'],
    ['POST', '/v1/events/', 'admin'],
    ['DELETE', '/v1/keys/key_1', 'admin'],
    ['PATCH', '/v1/automations/aut_1', 'admin'],
  ])('as %s %s to %s', async (method, path, name) => {
    answer = (_, called) => ({ statusCode: 200, body: called });
    expect(await send(method, path)).toMatchObject({ status: 200, text: name });
  });

  test.each(['/', '/v1', '/v1/', '/v2/events', '//v1/events'])('nowhere for %s', async (path) => {
    expect(await send('POST', path)).toMatchObject({ status: 404, text: '{"message":"Not Found"}' });
    expect(events).toEqual([]);
  });

  test('nowhere for a path that cannot be decoded', async () => {
    expect(await send('GET', '/v1/%E0%A4%A')).toMatchObject({ status: 400 });
  });
});

describe('the authorizer', () => {
  test('is not asked when the identity is missing', async () => {
    expect(await send('GET', '/v1/teams', { authorized: false })).toMatchObject({
      status: 401,
      text: '{"message":"Unauthorized"}',
    });
    expect(asked).toEqual([]);
    expect(events).toEqual([]);
  });

  test('is asked with the identity, and its no is the end', async () => {
    verdict = () => ({ isAuthorized: false });
    expect(await send('GET', '/v1/teams')).toMatchObject({ status: 403, text: '{"message":"Forbidden"}' });
    expect(events).toEqual([]);
    expect(asked).toEqual([
      expect.objectContaining({
        version: '2.0',
        type: 'REQUEST',
        identitySource: ['Bearer key', 'ANY /v1/{proxy+}'],
        routeArn: 'arn:aws:execute-api:us-east-1:000000000000:local/$default/GET/v1/teams',
        headers: expect.objectContaining({ authorization: 'Bearer key' }),
      }),
    ]);
    expect(asked[0]).not.toHaveProperty('body');
  });

  test('is asked once a minute for the same key and route', async () => {
    await send('GET', '/v1/teams');
    await send('GET', '/v1/keys');
    nowMs = 59_999;
    await send('GET', '/v1/teams');
    expect(asked).toHaveLength(1);
    await send('POST', '/v1/events');
    expect(asked).toHaveLength(2);
    await send('GET', '/v1/teams', { authorized: false, headers: ['Authorization', 'Bearer other'] });
    expect(asked).toHaveLength(3);
    nowMs = 60_000;
    await send('GET', '/v1/teams');
    expect(asked).toHaveLength(4);
  });

  test('is remembered in its no as well', async () => {
    verdict = () => ({ isAuthorized: false });
    await send('GET', '/v1/teams');
    verdict = () => ({ isAuthorized: true });
    expect((await send('GET', '/v1/teams')).status).toBe(403);
  });

  test.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['says nothing', () => undefined],
    ['says something else', () => ({ isAuthorized: 'yes' })],
  ])('that %s is a 500, and is asked again', async (_, broken) => {
    const good = verdict;
    verdict = broken;
    expect((await send('GET', '/v1/teams')).status).toBe(500);
    expect(events).toEqual([]);
    expect(troubles).toHaveLength(1);
    verdict = good;
    expect((await send('GET', '/v1/teams')).status).toBe(200);
  });
});

describe('the answer', () => {
  test('has the status, headers, cookies and body that the function gave', async () => {
    answer = () => ({
      statusCode: 202,
      headers: { 'content-type': 'application/problem+json', 'x-number': 7 },
      cookies: ['a=1', 'b=2'],
      body: '{"ü":1}',
    });
    const { status, headers, text } = await send('GET', '/v1/teams');
    expect({ status, text }).toEqual({ status: 202, text: '{"ü":1}' });
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-number': '7',
      'set-cookie': ['a=1', 'b=2'],
      'content-length': '8',
    });
  });

  test('is decoded from base64', async () => {
    const bytes = Buffer.from([0, 255, 128]);
    answer = () => ({ statusCode: 200, body: bytes.toString('base64'), isBase64Encoded: true });
    expect((await send('GET', '/v1/teams')).bytes).toEqual(bytes);
  });

  test('without a status is JSON with 200', async () => {
    answer = () => ({ any: 'thing' });
    expect(await send('GET', '/v1/teams')).toMatchObject({ status: 200, text: '{"any":"thing"}' });
  });

  test.each([
    ['throws', new Error('broken'), 500, 'Internal Server Error'],
    ['times out', new TimedOut('too slow'), 503, 'Service Unavailable'],
  ])('of a function that %s says no more than that', async (_, error, status, message) => {
    answer = () => Promise.reject(error);
    expect(await send('GET', '/v1/teams')).toMatchObject({ status, text: JSON.stringify({ message }) });
    expect(troubles).toEqual([error]);
  });

  test('to a request over 10 MB is 413, and the connection lives on', async () => {
    const limit = 10 * 1024 * 1024;
    const body = Buffer.alloc(limit + 1, 'x');
    expect(await send('POST', '/v1/events', { headers: json, body })).toMatchObject({
      status: 413,
      text: '{"message":"Request Too Long"}',
    });
    expect(events).toEqual([]);
    await send('POST', '/v1/events', { headers: json, body: body.subarray(0, limit) });
    expect(events[0]?.body).toHaveLength(limit);
  });
});
