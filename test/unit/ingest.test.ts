import { gzipSync } from 'node:zlib';
import { messageBytes, unpackMessage } from '../../core/event-message.ts';
import type { Caller } from '../../core/key.ts';
import { Problem } from '../../core/problem.ts';
import { parseEvent } from '../../core/received-event.ts';
import { type IngestDeps, ingest } from '../../lambdas/ingest/ingest.ts';
import type { QueueMessage } from '../../lambdas/shared/queue.ts';
import { openTo, pointsOf } from '../support/builders.ts';

const sender: Caller = { keyId: 'key_1', role: 'sender', team: 'vision' };
const link = {
  type: 'artifact.linked',
  id: 'l1',
  team: 'vision',
  registry: 'models',
  collection: { name: 'c' },
  version: 'v3',
};
const metrics = (points: unknown, id = 'm1') => ({
  type: 'run.metrics',
  id,
  team: 'vision',
  project: 'p',
  run: { id: 'r' },
  points,
});

async function post(
  body: string | Buffer,
  {
    caller = sender,
    headers = {} as Record<string, string>,
    enqueue = async () => {},
    seen = (_: QueueMessage[]): void => {},
    log = (_: object): void => {},
    readRegistries = openTo('vision') as IngestDeps['readRegistries'],
    readTeams = (async (names) => names.filter((name) => name === 'vision')) as IngestDeps['readTeams'],
  } = {},
) {
  const messages: QueueMessage[] = [];
  const request = {
    method: 'POST',
    path: '/v1/events',
    query: {},
    headers,
    rawBody: Buffer.from(body),
    requestId: 'req',
  };
  const answer = await ingest(request, caller, {
    readRegistries,
    readTeams,
    enqueue: async (batch) => {
      await enqueue();
      messages.push(...batch);
      seen(batch);
    },
    now: () => 1_700_000_000_000,
    log,
  }).catch((error: unknown) => {
    if (error instanceof Problem) return { status: -1, body: error.details };
    throw error;
  });
  const events = messages.flatMap((message) => unpackMessage(message.body).routes.map(({ id }) => id));
  return { ...answer, events };
}

describe('posting events', () => {
  test.each<[string, string, string[]]>([
    ['one event', JSON.stringify(link), ['l1']],
    ['an array', JSON.stringify([link, metrics(pointsOf('loss', [1]))]), ['l1', 'm1']],
    ['lines', `${JSON.stringify(link)}\n${JSON.stringify(metrics(pointsOf('loss', [1])))}\n`, ['l1', 'm1']],
    ['indented JSON', JSON.stringify(link, null, 2), ['l1']],
  ])('takes %s', async (_name, body, ids) => {
    const { status, events } = await post(body);
    expect({ status, events }).toEqual({ status: 202, events: ids });
  });

  test('takes gzip', async () => {
    expect(
      await post(gzipSync(JSON.stringify(link)), { headers: { 'content-encoding': 'gzip' } }),
    ).toMatchObject({ status: 202 });
  });

  test('refuses bad ones one by one and takes the others', async () => {
    const answer = await post(
      JSON.stringify([link, { ...link, type: 'x' }, { ...link, id: 'l2', version: 3 }]),
    );
    expect(answer).toMatchObject({
      status: 207,
      events: ['l1'],
      body: {
        events: [{ index: 0, id: 'l1', deduplicated: true }],
        refused: [
          { index: 1, code: 'unknown_event_type', field: 'type' },
          { index: 2, code: 'invalid_input', field: 'version' },
        ],
      },
    });
  });

  test('refuses a line that is no JSON, not its neighbours', async () => {
    const answer = await post(`${JSON.stringify(link)}\n{"type":\n`, {
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(answer).toMatchObject({
      status: 207,
      events: ['l1'],
      body: { refused: [{ index: 1, code: 'malformed_json' }] },
    });
  });

  test.each<[string, string | Buffer, object]>([
    ['nothing', '', { code: 'malformed_json' }],
    ['half an object', '{"type":', { code: 'malformed_json' }],
    [
      'what is not UTF-8',
      Buffer.from([0x22, 0xff, 0x22]),
      { code: 'malformed_json', detail: 'the body is not UTF-8' },
    ],
    ['4 MB and one byte', ' '.repeat(4_000_001), { code: 'too_large' }],
    [
      '10,001 points',
      JSON.stringify(
        Array.from({ length: 11 }, (_, n) => metrics(pointsOf('l', Array(910).fill(1)), `m${n}`)),
      ),
      { code: 'too_large', detail: expect.stringContaining('10000') },
    ],
    [
      'an event of more than 200 KB',
      JSON.stringify({ ...link, metadata: { a: 'x'.repeat(200_000) } }),
      { code: 'too_large' },
    ],
    [
      '5,001 events',
      JSON.stringify(Array(5_001).fill(link)),
      { code: 'too_large', detail: expect.stringContaining('5000') },
    ],
    [
      'an event of another team',
      JSON.stringify({ ...link, team: 'audio' }),
      { code: 'forbidden', field: 'team' },
    ],
  ])('refuses %s', async (_name, body, details) => {
    const { body: problem, events } = await post(body);
    expect(problem).toMatchObject(details);
    expect(problem).toHaveProperty('hint');
    expect(events).toEqual([]);
  });

  test('packs metric events with long names into messages that SQS takes', async () => {
    const names = (count: number, run: number) =>
      metrics(
        [
          {
            step: 0,
            metrics: Object.fromEntries(
              Array.from({ length: count }, (_, n) => [`${run}-${n}-${'x'.repeat(110)}`, 1]),
            ),
          },
        ],
        `e${run}`,
      );
    const sizes: number[] = [];
    const { status } = await post(JSON.stringify([names(700, 1), names(350, 2)]), {
      seen: (messages) => sizes.push(...messages.map(({ body }) => body.length)),
    });
    expect(status).toBe(202);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(262_144);
  });

  test('takes what is written as a depth for a depth only when it is one', async () => {
    const depthOf = async (header: string) => {
      let depth = -1;
      await post(JSON.stringify(link), {
        headers: { 'x-signalbox-depth': header },
        seen: ([message]) => {
          depth = unpackMessage(message!.body).depth;
        },
      });
      return depth;
    };
    expect(await Promise.all(['3', '1e300', '-1', 'x', '2, 5', ''].map(depthOf))).toEqual([3, 0, 0, 0, 5, 0]);
  });

  test('lists 100 refusals at most, and counts them all', async () => {
    const { body } = await post(JSON.stringify(Array(150).fill(1)));
    expect(body).toMatchObject({ refused_count: 150 });
    expect((body as { refused: unknown[] }).refused).toHaveLength(100);
  });

  test.each([
    ['a string that never ends', `"${'\\"'.repeat(500_000)}`],
    ['lines that never are objects', `{}${'\n'.repeat(500_000)}x`],
  ])('refuses %s in a moment', async (_name, body) => {
    const startedAt = performance.now();
    await post(body);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('takes an event of 200,000 bytes, and no more', async () => {
    const of = (length: number) => ({ ...link, metadata: { text: 'x'.repeat(length) } });
    const rest = messageBytes(parseEvent(of(0)).event);
    const statusOf = async (bytes: number) => (await post(JSON.stringify(of(bytes - rest)))).status;
    expect([await statusOf(200_000), await statusOf(200_001)]).toEqual([202, -1]);
  });

  test('takes 4 MB as they come, and what inflates to 10 MB, and no more', async () => {
    expect(await post(JSON.stringify(link).padEnd(4_000_000))).toMatchObject({ status: 202 });
    const statusOf = async (bytes: number) => {
      const body = gzipSync(JSON.stringify(link).padEnd(bytes));
      return (await post(body, { headers: { 'content-encoding': 'gzip' } })).status;
    };
    expect([await statusOf(10_000_000), await statusOf(10_000_001)]).toEqual([202, -1]);
  });

  test('refuses a bomb without inflating all of it', async () => {
    const bomb = gzipSync(Buffer.alloc(60_000_000, 32));
    const { body } = await post(bomb, { headers: { 'content-encoding': 'gzip' } });
    expect(body).toMatchObject({ code: 'too_large' });
  });

  test('answers nothing as taken when the queue did not take it', async () => {
    const away = async () => {
      throw new Error('SQS is away');
    };
    await expect(post(JSON.stringify(link), { enqueue: away })).rejects.toThrow('SQS is away');
  });

  test('takes 5,000 events, and 10,000 points, in a moment', async () => {
    const points = pointsOf('loss', Array(2).fill(0.5));
    const events = Array.from({ length: 5_000 }, (_, n) => metrics(points, `m${n}`));
    const startedAt = performance.now();
    const { status, events: ids } = await post(JSON.stringify(events));
    expect({ status, count: ids.length }).toEqual({ status: 202, count: 5_000 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('writes one line to the log, however many types of its own a team has', async () => {
    const log = jest.fn();
    const events = Array.from({ length: 3 }, (_, n) => ({ type: `custom.t${n}`, team: 'vision' }));
    await post(JSON.stringify([...events, link]), { log });
    expect(log.mock.calls).toMatchObject([[{ types: { custom: 3, 'artifact.linked': 1 } }]]);
  });

  test('posted again as CloudEvents have the same ids', async () => {
    const cloud = (source: string) =>
      JSON.stringify({ specversion: '1.0', id: '7', source, type: 'custom.a', data: { team: 'vision' } });
    const id = async (source: string) => (await post(cloud(source))).events[0];
    expect(await id('/a')).toBe(await id('/a'));
    expect(await id('/a')).not.toBe(await id('/b'));
  });
});

describe('an event of a team that was never made', () => {
  const admin: Caller = { keyId: 'key_admin', role: 'org_admin' };
  const hello = (team: string) => ({ type: 'custom.hello', id: team, team });

  test('is refused alone, with the way out, though its key acts on every team', async () => {
    const answer = await post(JSON.stringify([hello('vision'), hello('visoin')]), { caller: admin });
    expect(answer).toMatchObject({
      status: 207,
      events: ['vision'],
      body: {
        refused: [
          {
            index: 1,
            code: 'invalid_input',
            field: 'team',
            detail: 'there is no team visoin',
            hint: expect.stringContaining('POST /v1/teams'),
          },
        ],
      },
    });
  });

  test('is refused in the words of its envelope', async () => {
    const cloud = { specversion: '1.0', type: 'custom.a', source: '/x', id: '1', data: { team: 'visoin' } };
    expect(await post(JSON.stringify(cloud), { caller: admin })).toMatchObject({
      body: { field: 'data.team' },
    });
  });

  test('costs keys of a team no read: they belong to it', async () => {
    const readTeams = jest.fn(async () => []);
    expect(await post(JSON.stringify(hello('vision')), { readTeams })).toMatchObject({ status: 202 });
    expect(readTeams).not.toHaveBeenCalled();
  });
});

describe('an event in a registry', () => {
  const models = (roles: Record<string, string>) =>
    (async () => [{ name: 'models', roles }]) as unknown as IngestDeps['readRegistries'];

  test.each([
    ['sender', 202],
    ['member', 202],
    ['admin', 202],
    ['viewer', -1],
  ])('is taken from a team that is %s there: %i', async (role, status) => {
    expect(await post(JSON.stringify(link), { readRegistries: models({ vision: role }) })).toMatchObject({
      status,
    });
  });

  test('that does not exist, or is of others, is refused alone, with the way out', async () => {
    const lost = { ...link, id: 'l2', registry: 'modles' };
    const body = JSON.stringify([link, lost, metrics(pointsOf('loss', [1]))]);
    const unknown = await post(body, { readRegistries: models({ vision: 'sender' }) });
    expect(unknown).toMatchObject({
      status: 207,
      events: ['l1', 'm1'],
      body: { refused: [{ index: 1, code: 'invalid_input', field: 'registry', hint: expect.any(String) }] },
    });
    const foreign = await post(body, { readRegistries: models({ audio: 'admin' }) });
    const refused = { code: 'forbidden', field: 'registry', hint: expect.stringContaining('/teams/vision') };
    expect(foreign.body).toMatchObject({ refused: [{ index: 0, ...refused }, { index: 1 }] });
  });

  test('names the field as the sender wrote it', async () => {
    const { type, id, ...data } = link;
    const cloud = { specversion: '1.0', type: `signalbox.${type}`, source: '/x', id, data };
    const answer = await post(JSON.stringify([cloud, cloud]), { readRegistries: models({}) });
    expect(answer.body).toMatchObject({ refused: [{ field: 'data.registry' }, { field: 'data.registry' }] });
  });

  test.each([
    ['of no such name', sender, {}],
    ['of other teams', sender, { audio: 'admin' }],
    ['of a key for another one', { ...sender, narrowing: { registries: ['data'] } }, { vision: 'sender' }],
  ])('that was sent as W&B’s project for it, %s, is refused by that field', async (_what, caller, roles) => {
    const { type, id, registry: _registry, ...rest } = link;
    const data = { ...rest, project: 'wandb-registry-models' };
    const cloud = { specversion: '1.0', type, source: '/x', id, data };
    const body = JSON.stringify([{ type, id, ...data }, cloud]);
    const answer = await post(body, { caller, readRegistries: models(roles) });
    expect(answer.body).toMatchObject({ refused: [{ field: 'project' }, { field: 'data.project' }] });
  });
});

describe('a narrowed key', () => {
  const run = (project: string) => ({ ...metrics(pointsOf('loss', [1]), project), project });
  const custom = { type: 'custom.deployed', id: 'c', team: 'vision' };

  test.each<[string, object, object, string | undefined]>([
    ['its project', { projects: ['a'] }, run('a'), undefined],
    ['another project', { projects: ['a'] }, run('b'), 'project'],
    ['a registry, when it is for a project', { projects: ['a'] }, link, 'registry'],
    ['its registry', { registries: ['models'] }, link, undefined],
    ['another registry', { registries: ['data'] }, link, 'registry'],
    ['its registry, beside projects', { projects: ['a'], registries: ['models'] }, link, undefined],
    ['the whole team', { projects: ['a'] }, custom, 'project'],
    ['its type', { event_types: ['run.metrics'] }, run('a'), undefined],
    ['its kind of type', { event_types: ['run.*'] }, run('a'), undefined],
    ['another type', { event_types: ['run.state', 'artifact.*'] }, run('a'), 'type'],
    ['the whole team, by type alone', { event_types: ['custom.*'] }, custom, undefined],
  ])('posts an event of %s as it may', async (_what, narrowing, event, field) => {
    const caller = { ...sender, narrowing };
    const { status, body } = await post(JSON.stringify(event), { caller });
    if (field === undefined) expect(status).toBe(202);
    else expect(body).toMatchObject({ code: 'forbidden', field, hint: expect.any(String) });
  });
});
