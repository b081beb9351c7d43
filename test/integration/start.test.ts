import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { functionNames, queues } from '../../local/topology.ts';
import { cleanUp, runLocalRuntime, startLocalRuntime, temporaryFolder } from '../support/local-runtime.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

afterEach(cleanUp);

/** Functions that do next to nothing, each a file of CommonJS; `code` replaces some. */
function fakeFunctions(code: Partial<Record<(typeof functionNames)[number], string>> = {}): string {
  const folder = temporaryFolder();
  const otherwise: typeof code = {
    authorizer: 'exports.handler = async () => ({ isAuthorized: true })',
    admin: 'exports.handler = async ({ rawPath }) => ({ path: rawPath })',
  };
  for (const name of functionNames) {
    mkdirSync(join(folder, name));
    const source = code[name] ?? otherwise[name] ?? 'exports.handler = async () => {}';
    writeFileSync(join(folder, name, 'index.js'), source);
  }
  return folder;
}

const withFakes = (code: Parameters<typeof fakeFunctions>[0] = {}) => ['--bundles', fakeFunctions(code)];

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds()); await sleep(20)) {
    if (Date.now() > end) throw new Error('it did not come true in time');
  }
}

/** It ends with this exit code and one sentence, which holds the way out; never with a stack trace. */
async function expectSentence(parameters: string[], sentence: RegExp, exitCode = 1): Promise<void> {
  const result = await runLocalRuntime('--port', '0', ...parameters);
  expect(result.stderr.trimEnd()).toMatch(sentence);
  expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(result).toMatchObject({ exitCode, stdout: '' });
}

describe('a start', () => {
  test('builds the functions, answers within five seconds, and keeps what it was told', async () => {
    const dataFolder = temporaryFolder();
    const first = await startLocalRuntime({ dataFolder });
    expect(first.key).toMatch(/^[A-Za-z0-9]{48}$/);
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await first.request('POST', '/v1/teams', { name: 'vision' })).toMatchObject({ status: 201 });
    expect(await first.stop()).toBe(0);

    const startedAt = performance.now();
    const second = await startLocalRuntime({ dataFolder });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(second.key).toBe(first.key);
    expect(await second.request('GET', '/v1/teams')).toMatchObject({
      status: 200,
      body: { teams: [{ name: 'vision' }] },
    });
    const stranger = await fetch(`${second.url}/v1/teams`, {
      headers: { authorization: `Bearer ${'x'.repeat(48)}` },
    });
    expect(stranger.status).toBe(401);
  });

  test('shows lines that work as they stand, in an empty folder', async () => {
    const folder = temporaryFolder();
    const door = [join(root, 'bin/node.mjs'), 'local/main.ts', '--port', '0', '--data', folder];
    const child = execFile(process.execPath, door, { cwd: root });
    try {
      let output = '';
      child.stdout?.on('data', (chunk) => {
        output += chunk;
      });
      await until(() => /curl [\s\S]+'\n\n/.test(output));
      const [settings = ''] = /export .+/.exec(output) ?? [];
      const [, lines = ''] = /( curl [\s\S]+?')\n\n/.exec(output) ?? [];
      const { stdout } = await run('sh', [
        '-c',
        `${settings}\n${lines} --silent --write-out ' %{http_code}'`,
      ]);
      expect(stdout).toMatch(/^\{"name":"vision"/);
      expect(stdout).toMatch(/"id":"evt_.* 202$/);
      await until(() => /received +evt_\w+ run\.metrics/.test(output) && /matched /.test(output));
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('listens on this machine only, with every part', async () => {
    const { url, endpoints } = await startLocalRuntime({ arguments: withFakes() });
    for (const each of [url, ...Object.values(endpoints)]) {
      expect((await fetch(each)).status).toBeGreaterThanOrEqual(200);
      await expect(fetch(each.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('fetch failed');
    }
  });

  test('gives each function its own variables and no others, whatever stands around it', async () => {
    const names = 'exports.handler = async () => names; const names = Object.keys(process.env).sort();';
    const { request } = await startLocalRuntime({
      arguments: withFakes({ admin: names }),
      environment: {
        AWS_PROFILE: 'mine',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        FORGOTTEN: 'set by the user',
      },
    });
    const { body } = await request('GET', '/v1/anything');
    expect(body).toEqual([
      'ADMIN_KEY_SECRET_ID',
      'ALLOWED_ADDRESSES',
      'AWS_ACCESS_KEY_ID',
      'AWS_CONFIG_FILE',
      'AWS_DEFAULT_REGION',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ENDPOINT_URL_DYNAMODB',
      'AWS_ENDPOINT_URL_SECRETS_MANAGER',
      'AWS_ENDPOINT_URL_SQS',
      'AWS_LAMBDA_FUNCTION_NAME',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SHARED_CREDENTIALS_FILE',
      'DELIVERIES_QUEUE_URL',
      'HISTORY_DAYS',
      'SECRET_NAME_PREFIX',
      'TABLE_NAME',
      'TZ',
    ]);
  });

  test('reaches its own emulators even where the user points AWS elsewhere', async () => {
    const { request } = await startLocalRuntime({
      environment: {
        AWS_PROFILE: 'mine',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        AWS_REGION: 'eu-central-1',
      },
    });
    expect(await request('POST', '/v1/teams', { name: 'vision' })).toMatchObject({ status: 201 });
  });

  test('sweeps at once, and prints what functions log as it is', async () => {
    const runtime = await startLocalRuntime({
      arguments: withFakes({
        sweeper: `exports.handler = async (event) => console.log(JSON.stringify({ stage: 'sweep.done', event }));`,
        admin: `exports.handler = async () => console.error('not %s', 'JSON');`,
      }),
    });
    await runtime.request('GET', '/v1/anything');
    await until(() => runtime.log.length === 2);
    expect(runtime.log).toContainEqual({ text: 'not JSON' });
    expect(runtime.log).toContainEqual({
      stage: 'sweep.done',
      event: expect.objectContaining({ 'detail-type': 'Scheduled Event', source: 'aws.events' }),
    });
  });
});

describe('an end', () => {
  test('by ctrl-C waits for what is under way', async () => {
    const file = join(temporaryFolder(), 'done');
    const slow = `exports.handler = () => new Promise((done) => setTimeout(() => {
      require('node:fs').writeFileSync(${JSON.stringify(file)}, ''); done(); }, 700));`;
    const runtime = await startLocalRuntime({ arguments: withFakes({ admin: slow }) });
    const answer = runtime.request('GET', '/v1/slow');
    await sleep(200);
    expect(await runtime.stop()).toBe(0);
    expect(existsSync(file)).toBe(true);
    expect((await answer).status).toBe(200);
  });

  test('by kill -9 loses no message: a restart takes up what was in flight and what was waiting', async () => {
    const dataFolder = temporaryFolder();
    const send = `
      const { SQSClient, SendMessageCommand } = require(${JSON.stringify(join(root, 'node_modules/@aws-sdk/client-sqs'))});
      const client = new SQSClient({});
      const QueueUrl = process.env.EVENTS_QUEUE_URL;
      exports.handler = async ({ body }) => {
        await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body, MessageGroupId: 'g', MessageDeduplicationId: body }));
        const taken = { events: [], refused: [], refused_count: 0 };
        return { statusCode: 202, headers: { 'content-type': 'application/json' }, body: JSON.stringify(taken) };
      };`;
    const received = join(temporaryFolder(), 'received');
    const hang = `exports.handler = () => { console.log('hanging'); return new Promise(() => {}); };`;
    const take = `exports.handler = async ({ Records }) => {
      for (const { body } of Records) require('node:fs').appendFileSync(${JSON.stringify(received)}, body + '\\n'); };`;

    const first = await startLocalRuntime({
      dataFolder,
      arguments: withFakes({ ingest: send, matcher: hang }),
    });
    for (const text of ['a', 'b', 'c']) {
      expect(await first.request('POST', '/v1/events', text)).toMatchObject({ status: 202 });
    }
    await until(() => first.log.some(({ text }) => text === 'hanging'));
    await first.kill();

    await startLocalRuntime({ dataFolder, arguments: withFakes({ matcher: take }) });
    await until(() => existsSync(received) && readFileSync(received, 'utf8') === '"a"\n"b"\n"c"\n');
  });
});

describe('the data folder', () => {
  test('is emptied by --fresh', async () => {
    const dataFolder = temporaryFolder();
    const first = await startLocalRuntime({ dataFolder, arguments: withFakes() });
    await first.stop();
    const second = await startLocalRuntime({ dataFolder, arguments: ['--fresh', ...withFakes()] });
    expect(second.key).not.toBe(first.key);
  });

  test.each([[[]], [['--fresh']]])('that holds other things is left alone, also with %j', async (more) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'thesis.txt'), 'years of work');
    await expectSentence(
      ['--data', folder, ...more],
      /holds other things .* name another folder with --data\.$/,
    );
    expect(readdirSync(folder)).toEqual(['thesis.txt']);
  });

  test('cannot be a file, or below one', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expectSentence(['--data', file], /is a file: name another folder with --data\.$/);
    await expectSentence(
      ['--data', join(file, 'below')],
      /lies below a file: name another folder with --data\.$/,
    );
  });

  test('is for one runtime at a time; one that was killed leaves it free', async () => {
    const dataFolder = temporaryFolder();
    const first = await startLocalRuntime({ dataFolder, arguments: withFakes() });
    const sentence = new RegExp(
      `^Another Signalbox \\(process ${first.pid}\\) uses .* name another folder with --data\\.$`,
    );
    await expectSentence(['--data', dataFolder], sentence);
    await expectSentence(['--data', dataFolder, '--fresh'], sentence);
    expect(await first.request('GET', '/v1/still/there')).toMatchObject({ status: 200 });
    await first.kill();
    await startLocalRuntime({ dataFolder, arguments: withFakes() });
  });

  const garble = (path: string) => writeFileSync(path, 'garbage '.repeat(1000));
  test.each([
    ['marker', (folder: string) => garble(join(folder, 'signalbox-data.json'))],
    [
      'marker (of another version)',
      (folder: string) => writeFileSync(join(folder, 'signalbox-data.json'), '{"version":0}'),
    ],
    ['secrets', (folder: string) => truncateSync(join(folder, 'secrets.json'), 20)],
    ['queues', (folder: string) => garble(join(folder, 'queues/fauxqs.db'))],
    ['table', (folder: string) => garble(join(folder, 'table/CURRENT'))],
  ])('with a damaged %s is a sentence, and --fresh mends it', async (_, damage) => {
    const dataFolder = temporaryFolder();
    const fakes = withFakes();
    const first = await startLocalRuntime({ dataFolder, arguments: fakes });
    await first.stop();
    damage(dataFolder);
    await expectSentence(['--data', dataFolder, ...fakes], /--fresh .* name another folder with --data\.$/);
    const mended = await startLocalRuntime({ dataFolder, arguments: ['--fresh', ...fakes] });
    expect(await mended.request('GET', '/v1/x')).toMatchObject({ status: 200 });
  });

  test('with a damaged lock is simply used: the lock holds nothing', async () => {
    const dataFolder = temporaryFolder();
    const first = await startLocalRuntime({ dataFolder, arguments: withFakes() });
    await first.stop();
    garble(join(dataFolder, 'lock.db'));
    const second = await startLocalRuntime({ dataFolder, arguments: withFakes() });
    expect(second.key).toBe(first.key);
  });
});

describe('a wrong start is a sentence', () => {
  test('when the port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until(() => server.listening);
    const { port } = server.address() as AddressInfo;
    try {
      const fakes = withFakes();
      const sentence = new RegExp(`^Port ${port} is in use: name another with --port, or --port 0`);
      const dataFolder = temporaryFolder();
      await expectSentence(['--port', String(port), '--data', dataFolder, ...fakes], sentence);
      // And the folder is free again.
      await startLocalRuntime({ dataFolder, arguments: fakes });
    } finally {
      server.close();
    }
  });

  test.each([
    ['--port', 'high'],
    ['--port', '65536'],
    ['--prot', '1'],
    ['fresh', ''],
  ])('with the arguments %s %s', async (...parameters) => {
    await expectSentence(parameters.filter(Boolean), /npm start -- --help/, 2);
  });

  test.each([
    [
      'is missing',
      (folder: string) => rmSync(join(folder, 'matcher'), { recursive: true }),
      /matcher is not built .* run "npm run build"/,
    ],
    [
      'has an error',
      (folder: string) => writeFileSync(join(folder, 'matcher/index.js'), 'not code'),
      /matcher does not load/,
    ],
    [
      'exports no handler',
      (folder: string) => writeFileSync(join(folder, 'matcher/index.js'), ''),
      /matcher does not load: it exports no handler/,
    ],
  ])('when a function %s', async (_, spoil, sentence) => {
    const bundles = fakeFunctions();
    spoil(bundles);
    await expectSentence(['--data', temporaryFolder(), '--bundles', bundles], sentence);
  });

  /** A copy of the project's code, to spoil. */
  function copyOfProject(): string {
    const copy = temporaryFolder();
    for (const folder of ['bin', 'core', 'lambdas', 'local', 'store']) {
      cpSync(join(root, folder), join(copy, folder), { recursive: true });
    }
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(copy, file));
    return copy;
  }

  async function startCopy(copy: string) {
    const parameters = [
      '--no-warnings',
      join(copy, 'local/main.ts'),
      '--port',
      '0',
      '--data',
      temporaryFolder(),
    ];
    return run(process.execPath, parameters).catch((error: { code: number; stderr: string }) => error);
  }

  test('when npm ci was forgotten', async () => {
    expect(await startCopy(copyOfProject())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^A part of Signalbox is missing \(.*\): run "npm ci" in its folder\.\n$/,
      ),
    });
  });

  test('when the functions do not build', async () => {
    const copy = copyOfProject();
    mkdirSync(join(copy, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules'))) {
      symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
    }
    writeFileSync(join(copy, 'lambdas/matcher/handler.ts'), 'import "./gone.ts";\n');
    expect(await startCopy(copy)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^The functions do not build: .*matcher\/handler\.ts:1: Could not resolve.*\n$/,
      ),
    });
  });
});

test('in one process, a start that failed and one that was stopped leave everything free', async () => {
  const script = `
    import { createServer } from 'node:http';
    import { startRuntime } from ${JSON.stringify(join(root, 'local/runtime.ts'))};
    const server = createServer().listen(0, '127.0.0.1', async () => {
      const [dataFolder, bundles] = ${JSON.stringify([temporaryFolder(), fakeFunctions()])};
      const start = (port) => startRuntime({ dataFolder, bundles, port, print: console.log });
      await start(server.address().port).catch((error) => console.log(error.message));
      const first = await start(0);
      await first.stop();
      const second = await start(0);
      console.log(first.adminKey === second.adminKey, process.env.AWS_REGION);
      await second.stop();
      console.log(process.env.AWS_REGION);
      server.close();
    });`;
  const { stdout } = await run(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], {
    env: { ...process.env, AWS_REGION: 'mine' },
  });
  expect(stdout).toMatch(/^Port \d+ is in use: .*\ntrue us-east-1\nmine\n$/);
});

test('--help lists the options', async () => {
  const { exitCode, stdout } = await runLocalRuntime('--help');
  expect(exitCode).toBe(0);
  for (const option of ['port', 'data', 'fresh', 'demo', 'json', 'help'])
    expect(stdout).toContain(`--${option}`);
});

test('the queues have the names of the topology', async () => {
  const { queueUrls } = await startLocalRuntime({ arguments: withFakes() });
  const names = Object.values(queues).flatMap(({ name, deadLetters }) => [name, deadLetters.name]);
  expect(Object.keys(queueUrls).sort()).toEqual(names.sort());
});
