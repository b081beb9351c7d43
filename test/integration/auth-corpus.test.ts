import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { digest } from '../../core/id.ts';
import { type Caller, newKey, parseKey, type StoredKey } from '../../core/key.ts';
import type { Narrowing } from '../../core/narrowing.ts';
import { ingest } from '../../lambdas/ingest/ingest.ts';
import { callerOf, makeAuthenticate } from '../../lambdas/shared/authenticate.ts';
import { type HttpHandler, httpHandler } from '../../lambdas/shared/http.ts';
import type { Listening } from '../../local/listen.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { createKey, readKey } from '../../store/api-keys.ts';
import type { Table } from '../../store/client.ts';
import { createTeam } from '../../store/teams.ts';
import { openTo } from '../support/builders.ts';
import { readCorpus, readGiven, testFamilies } from '../support/corpus.ts';
import { cleanUp, temporaryFolder } from '../support/local-runtime.ts';
import { startStore } from '../support/store-table.ts';

type Step = [key: string, atSecond: number];
type Input = string | Step[] | { key: string; event: string } | { headers?: object; query?: string };
type Door = 'header' | 'times' | 'narrowed' | 'request';

const given = readGiven<{
  'admin key': string;
  keys: [string, string];
  narrowings: Record<string, Narrowing>;
  events: Record<string, { type: string }>;
}>('auth');

let doors: { authorizer: (event: object) => Promise<{ context: { verdict: string } }> } & Record<
  'ingest' | 'admin',
  HttpHandler
>;
let secrets: Listening;
let table: Table;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ table, stop } = await startStore());
  secrets = await startSecretsManager(join(temporaryFolder(), 'secrets.json'));
  Object.assign(process.env, {
    TABLE_NAME: table.name,
    HISTORY_DAYS: '90',
    ADMIN_KEY_SECRET_ID: 'admin-key',
    SECRET_NAME_PREFIX: 'test/',
    EVENTS_QUEUE_URL: 'http://127.0.0.1:9/none',
    DELIVERIES_QUEUE_URL: 'http://127.0.0.1:9/none',
    ALLOWED_ADDRESSES: '',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
  await new SecretsManagerClient({}).send(
    new CreateSecretCommand({ Name: 'admin-key', SecretString: given['admin key'] }),
  );
  await createTeam(table, { name: 'vision', description: '', version: 1, createdAtMs: 0 });
  for (const key of given.keys) await createKey(table, storedKey(key));
  const handlerOf = (name: string) => jest.requireActual(`../../lambdas/${name}/handler.ts`).handler;
  doors = { authorizer: handlerOf('authorizer'), ingest: handlerOf('ingest'), admin: handlerOf('admin') };
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await secrets.stop();
  await stop();
  await cleanUp();
});

function storedKey(text: string, more: Partial<StoredKey> = {}): StoredKey {
  const { keyId, secret } = parseKey(text) ?? { keyId: 'none', secret: '' };
  const own = {
    keyId,
    name: 'a key',
    secretHash: digest(secret),
    version: 1,
    createdAtMs: 0,
    createdBy: 'key_admin',
  };
  return { ...own, role: 'sender', team: 'vision', ...more };
}

testFamilies<Input, string, { door: Door }>(readCorpus('auth'), (input, { door }) => {
  if (door === 'header') return atEachDoor({ authorization: input as string });
  if (door === 'request') {
    const { headers = {}, query = '' } = input as { headers?: Record<string, string>; query?: string };
    return atEachDoor(headers, query);
  }
  return door === 'times' ? overTime(input as Step[]) : narrowed(input as { key: string; event: string });
});

test('the use of a key is noted by whoever judges it: behind a REST API also by ingest, where a sender’s is never seen elsewhere', async () => {
  const { key, keyId } = newKey();
  await createKey(table, storedKey(key));
  const headers = { Authorization: `Bearer ${key}` };
  await doors.ingest(viaRestApi('POST', '/v1/events', { headers, query: '' }));
  expect((await readKey(table, keyId))?.lastUsedAtMs).toBeGreaterThan(0);
});

/** What the authorizer and the functions say, behind an HTTP API and behind a REST API: all must say the same. */
async function atEachDoor(headers: Record<string, string>, query = ''): Promise<string> {
  // An HTTP API hands names over in lower case.
  const lowered = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const { context } = await doors.authorizer({ headers: lowered });
  const answers = [
    doors.ingest(viaHttpApi('POST', '/v1/events', { headers: lowered, query, lambda: context })),
    doors.ingest(viaRestApi('POST', '/v1/events', { headers, query })),
    doors.admin(
      viaHttpApi('GET', '/v1/watched', { headers: lowered, query: `team=vision&${query}`, lambda: context }),
    ),
    doors.admin(viaRestApi('GET', '/v1/watched', { headers, query: 'team=vision' })),
  ];
  const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
  const [first, ...others] = statuses.map((status) => (status === 401 ? 'out' : 'in'));
  return others.every((said) => said === first) ? (first ?? '') : statuses.join(' ');
}

function viaHttpApi(method: string, rawPath: string, { headers, query, lambda }: Record<string, unknown>) {
  const requestContext = { http: { method }, requestId: 'req', authorizer: { lambda } };
  return { rawPath, rawQueryString: query, headers, requestContext, body: '[]' } as never;
}

/** A REST API has no authorizer in front: what stands there is not its verdict. */
function viaRestApi(
  httpMethod: string,
  path: string,
  { headers, query }: { headers: Record<string, string>; query: string },
) {
  const verdict = '{"caller":{"keyId":"key_admin","role":"org_admin"}}';
  return {
    ...{ httpMethod, path, body: '[]' },
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
    requestContext: { requestId: 'req', authorizer: { lambda: { verdict }, verdict } },
  } as never;
}

/** A function that lives through all steps, and what it says to each use of a key. */
async function overTime(steps: Step[]): Promise<string> {
  const [lasting, expiring] = given.keys;
  const stored = [storedKey(lasting), storedKey(expiring, { expiresAtMs: 100_000 })];
  const known = new Map(stored.map((key) => [key.keyId, key]));
  const texts: Record<string, string> = { lasting, expiring, unknown: 'sbx_0123456789abcdef' };
  let nowMs = 0;
  const door = doorOf(known, () => nowMs);
  const said: string[] = [];
  for (const [key, atSecond] of steps) {
    nowMs = atSecond * 1_000;
    if (key === 'revoke') known.delete(stored[0]?.keyId ?? '');
    else said.push((await door(texts[key] ?? '', [])).status === 401 ? 'out' : 'in');
  }
  return said.join(' ');
}

async function narrowed({ key, event }: { key: string; event: string }): Promise<string> {
  const [text] = given.keys;
  const stored = storedKey(text, { narrowing: given.narrowings[key] ?? {} });
  const door = doorOf(new Map([[stored.keyId, stored]]), () => 0);
  const { body } = await door(text, {
    ...MORE[event.split(' ')[0] ?? ''],
    ...given.events[event],
    id: 'e1',
    team: 'vision',
  });
  return body.code === undefined ? 'taken' : `${body.code} ${body.field}`;
}

const run = { run: { id: 'r1' } };
const artifact = { collection: { name: 'c' }, version: 'v1' };
/** What an event needs besides its place, by the first word of its name. */
const MORE: Record<string, object> = {
  metrics: { ...run, points: [{ step: 0, metrics: { loss: 1 } }] },
  state: { ...run, state: 'RUNNING' },
  heartbeat: { ...run, interval: 30 },
  created: artifact,
  linked: artifact,
  unlinked: artifact,
  tag: { collection: { name: 'c' }, tag: 't' },
  deployed: { data: 1 },
  'deployed.eu': { data: 1 },
};

/** The ingest function with these keys, on this clock. */
function doorOf(known: Map<string, StoredKey>, now: () => number) {
  const authenticate = makeAuthenticate({
    readKey: async (keyId) => known.get(keyId),
    readAdminKey: async () => given['admin key'],
    now,
  });
  const handle = httpHandler(async (request) => {
    const caller: Caller = await callerOf(request, authenticate, now);
    return ingest(request, caller, {
      readRegistries: openTo('vision'),
      readTeams: async (names) => names,
      enqueue: async () => {},
      now,
      log: () => {},
    });
  });
  return async (key: string, body: unknown) => {
    const event = viaRestApi('POST', '/v1/events', {
      headers: { authorization: `Bearer ${key}` },
      query: '',
    });
    const { statusCode, body: text = '' } = await handle(
      Object.assign(event, { body: JSON.stringify(body) }),
    );
    return { status: statusCode, body: JSON.parse(text) as { code?: string; field?: string } };
  };
}
