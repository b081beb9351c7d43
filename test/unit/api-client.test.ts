import { apiClient } from '../../core/api/client.ts';

interface Sent {
  url: string;
  method: string | undefined;
  headers: Record<string, string>;
  body: unknown;
}

/** A client whose server answers this, and what it sent. */
function clientOf(answer: () => Response, url = 'https://signalbox.test') {
  const sent: Sent[] = [];
  const call = apiClient({
    url,
    key: 'sbx_1',
    fetch: async (input, init) => {
      const { method, headers, body } = init ?? {};
      sent.push({ url: String(input), method, headers: headers as Record<string, string>, body });
      return answer();
    },
  });
  return { call, sent };
}

test('a call becomes the request that its row describes', async () => {
  const { call, sent } = clientOf(() => Response.json({ teams: [], next: null }));
  await call('listTeams', { query: { limit: 10 } });
  await call('putSecret', { params: { team: 'vision', name: 'A/B' }, body: { value: 'long enough' } });
  await call('deleteIntegration', { params: { id: 'int_1' }, query: { force: 'true' }, ifMatch: '"3"' });
  expect(sent.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['GET', 'https://signalbox.test/v1/teams?limit=10', undefined],
    ['PUT', 'https://signalbox.test/v1/teams/vision/secrets/A%2FB', '{"value":"long enough"}'],
    ['DELETE', 'https://signalbox.test/v1/integrations/int_1?force=true', undefined],
  ]);
  expect(
    sent.map(({ headers }) => [headers['authorization'], headers['content-type'], headers['if-match']]),
  ).toEqual([
    ['Bearer sbx_1', undefined, undefined],
    ['Bearer sbx_1', 'application/json', undefined],
    ['Bearer sbx_1', undefined, '"3"'],
  ]);
});

test.each(['https://abc.test/api', 'https://abc.test/api/'])(
  'calls stay below the path of %s',
  async (url) => {
    const { call, sent } = clientOf(() => Response.json({ teams: [], next: null }), url);
    await call('listTeams', {});
    expect(sent[0]?.url).toBe('https://abc.test/api/v1/teams');
  },
);

test('an answer comes with its body and its ETag', async () => {
  const { call } = clientOf(() => Response.json({ id: 'int_1' }, { headers: { etag: '"1"' } }));
  expect(await call('readIntegration', { params: { id: 'int_1' } })).toEqual({
    ok: true,
    status: 200,
    body: { id: 'int_1' },
    etag: '"1"',
  });
});

test('an answer without a body is one', async () => {
  const { call } = clientOf(() => new Response(null, { status: 204 }));
  expect(await call('revokeKey', { params: { id: 'key_1' } })).toEqual({
    ok: true,
    status: 204,
    body: undefined,
  });
});

const problem = {
  type: 'urn:x',
  title: 'conflict',
  status: 409,
  code: 'conflict',
  detail: 'taken',
  field: 'name',
};

test.each<[string, () => Response, number, object]>([
  ['a refusal', () => Response.json(problem, { status: 409 }), 409, problem],
  [
    'a refusal by the gateway',
    () => Response.json({ message: 'Unauthorized' }, { status: 401 }),
    401,
    { code: 'refused', detail: 'Unauthorized' },
  ],
  [
    'a page of some proxy',
    () => new Response('<html>', { status: 502 }),
    502,
    { code: 'refused', status: 502 },
  ],
  [
    'a server that is not there',
    () => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    },
    0,
    { code: 'unreachable', detail: 'https://signalbox.test can not be reached: connect ECONNREFUSED' },
  ],
])('%s is a value that says what is wrong', async (_name, answer, status, said) => {
  const { call } = clientOf(answer);
  const result = await call('createTeam', { body: { name: 'vision' } });
  expect(result).toMatchObject({ ok: false, status, problem: said });
});

/** As `fetch` ends when its signal does. */
const givenUp = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

test.each<[string, (signal: AbortSignal) => Promise<Response>]>([
  ['does not answer', givenUp],
  [
    'begins an answer and does not end it',
    async (signal) =>
      new Response(
        new ReadableStream({
          start(stream) {
            stream.enqueue(Buffer.from('{"teams":['));
            givenUp(signal).catch((error) => stream.error(error));
          },
        }),
      ),
  ],
])('a call to a server that %s is given up, and says so', async (_, answer) => {
  const call = apiClient({
    url: 'https://signalbox.test/api',
    key: 'sbx_1',
    fetch: (_input, init) => answer(init!.signal!),
    timeoutMs: 20,
  });
  const detail = 'https://signalbox.test can not be reached: it did not answer in time';
  expect(await call('listTeams', {})).toMatchObject({ ok: false, status: 0, problem: { detail } });
});

test('a call waits for half a minute, unless it is told otherwise', async () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout');
  const answer = async () => Response.json({ teams: [], next: null });
  const client = { url: 'https://signalbox.test', key: 'sbx_1', fetch: answer };
  await apiClient(client)('listTeams', {});
  await apiClient({ ...client, timeoutMs: 50 })('listTeams', {});
  expect(timeout.mock.calls).toEqual([[30_000], [50]]);
  timeout.mockRestore();
});

test('what a row does not take is a type error', () => {
  const { call } = clientOf(() => new Response(null, { status: 204 }));
  // @ts-expect-error a path has its parts
  void call('revokeKey', {});
  // @ts-expect-error there is no such filter
  void call('listTeams', { query: { colour: 'red' } });
  // @ts-expect-error a body is needed
  void call('createTeam', {});
});
