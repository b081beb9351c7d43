import { connect, Unreachable } from '../../cli/connection.ts';

afterEach(() => jest.restoreAllMocks());

/** A deployment that never answers; all patience is over at once. */
function silent(environment: Record<string, string> = {}) {
  const over = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  const patience = jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort(over));
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
    init?.signal?.throwIfAborted();
    throw new Error('it would wait forever');
  });
  return { connection: connect({ SIGNALBOX_API_KEY: 'sbx_1', ...environment }), patience };
}

const local = 'start it with "npm start", or set SIGNALBOX_URL';
const elsewhere = 'check SIGNALBOX_URL, and that Signalbox is up there';

test.each<[string, Record<string, string>, string]>([
  ['http://127.0.0.1:8377', {}, local],
  ['https://abc.test/api', { SIGNALBOX_URL: 'https://abc.test/api/' }, elsewhere],
])('a deployment at %s that does not answer in half a minute is given up', async (url, environment, hint) => {
  const { connection, patience } = silent(environment);
  const called = await connection.call('listTeams', {}).catch((error: unknown) => error);
  const posted = await connection.post('/v1/events', new Uint8Array(), {}).catch((error: unknown) => error);
  expect([called, posted]).toEqual([expect.any(Unreachable), expect.any(Unreachable)]);
  expect(called).toMatchObject({
    message: `${new URL(url).origin} can not be reached: it did not answer in time`,
    hint,
  });
  expect(posted).toMatchObject({ message: `${url} can not be reached: no answer within 30 s`, hint });
  expect(patience.mock.calls).toEqual([[30_000], [30_000]]);
});
