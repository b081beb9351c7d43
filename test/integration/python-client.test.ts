import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanUp, type LocalRuntime, startLocalRuntime, temporaryFolder } from '../support/local-runtime.ts';
import { testNeeding } from '../support/needs.ts';
import { startPython } from '../support/python-script.ts';
import { startReceiver } from '../support/receiver.ts';

const root = join(import.meta.dirname, '../..');
const dataFolder = temporaryFolder();
let runtime: LocalRuntime;

jest.setTimeout(120_000);

beforeAll(async () => {
  runtime = await startLocalRuntime({ dataFolder });
  await ok('POST', '/v1/teams', { name: 'vision' });
  await ok('POST', '/v1/registries', { name: 'models' });
  await ok('PUT', '/v1/registries/models/teams/vision', { role: 'sender' });
});
afterAll(cleanUp);

async function ok(method: string, path: string, body?: unknown) {
  const answer = await runtime.request(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as Record<string, unknown>;
}

function save(project: string, trigger: object, action: object = { type: 'no_op' }) {
  const scope = { kind: 'project', team: 'vision', project };
  return ok('POST', '/v1/automations', { name: `of ${project}`, team: 'vision', scope, trigger, action });
}

const python = (script: string, ...more: string[]) =>
  startPython(`from signalbox import Signalbox\n${script}`, { ...runtime, team: 'vision' }, ...more);

/** Runs a script to its end; says what it said to stderr. */
async function run(script: string, exitCode = 0): Promise<string> {
  const { exitCode: code, errors } = await python(script).ended;
  if (code !== exitCode) throw new Error(`the script ended with ${code}: ${errors}`);
  return errors;
}

/** The facts of the deliveries of a project, oldest first, once there are that many. */
async function facts(project: string, count: number): Promise<Record<string, unknown>[]> {
  for (let waited = 0; ; waited += 100) {
    const { deliveries } = (await ok('GET', '/v1/deliveries?team=vision&limit=100')) as {
      deliveries: { facts: Record<string, unknown> }[];
    };
    const found = deliveries.map((one) => one.facts).filter((one) => one['project_name'] === project);
    if (found.length >= count || waited > 20_000) return found.reverse();
    await sleep(100);
  }
}

testNeeding('python3')('the Python client keeps what its own tests ask', async () => {
  const { status, stderr } = spawnSync('python3', ['-B', '-m', 'unittest'], {
    cwd: join(root, 'clients/python'),
    encoding: 'utf8',
    timeout: 110_000,
  });
  if (status !== 0) throw new Error(stderr);
  expect(stderr).toMatch(/Ran [1-9]\d+ tests/);
});

describe('docs/python.md', () => {
  const page = readFileSync(join(root, 'docs/python.md'), 'utf8');
  const blocks = [...page.matchAll(/^```python\n(.*?)^```$/gms)].map(([, text = '']) => text);

  test('has its examples, and no block that nobody runs', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
  });

  testNeeding('python3')('its examples run, and the server takes all that they send', async () => {
    for (const block of blocks) expect(await run(block)).toBe('');
  });
});

testNeeding('python3')('a run tells how it ended', async () => {
  await save('ends', { event: 'run.state', states: ['FINISHED', 'FAILED', 'KILLED', 'PREEMPTED'] });
  const begin = (id: string) => `run = Signalbox().run("ends", "${id}")\nrun.log({"loss": 1})\n`;
  expect(await run(begin('finished'))).toBe('');
  expect(await run(`${begin('failed')}1 / 0`, 1)).toContain('ZeroDivisionError');
  const { process, lines, ended } = python(`${begin('killed')}print("up")\nimport time\ntime.sleep(60)`);
  while (lines.length === 0) await sleep(20);
  process.kill('SIGTERM');
  await ended;
  const found = await facts('ends', 3);
  expect(found.map((one) => [one['run_id'], one['run_status']])).toEqual([
    ['finished', 'FINISHED'],
    ['failed', 'FAILED'],
    ['killed', 'KILLED'],
  ]);
});

testNeeding('python3')('a resumed run forgets what came after its checkpoint', async () => {
  const average = { metric: 'loss', aggregate: 'average', window: 3, comparison: '==', value: 7 };
  await save('resumed', { event: 'run.metrics', threshold: average });
  await run('run = Signalbox().run("resumed", "r1")\nfor _ in range(10): run.log({"loss": 1})');
  await run(
    'run = Signalbox().run("resumed", "r1", attempt=1, rewind_to=7)\nfor _ in range(2): run.log({"loss": 10})',
  );
  expect(await facts('resumed', 1)).toMatchObject([{ step: 9, metric_value: 7 }]);
});

testNeeding('python3')('metrics that nobody watches do not reach the server', async () => {
  await save('watched', { event: 'run.metrics', threshold: { metric: 'loss', comparison: '==', value: 7 } });
  const before = runtime.log.length;
  await run(`box = Signalbox()
run = box.run("watched", "r1")
assert box.flush(20)
for step in range(10):
    run.log({"loss": step, "lr": 1}, step=step)
    run.log({"gradient": 1}, step=step)
assert box.flush(20) and box.counts["unwatched"] == 10, box.counts`);
  expect(await facts('watched', 1)).toMatchObject([{ step: 7 }]);
  const received = runtime.log.slice(before).filter((line) => line['stage'] === 'event.received');
  expect(received.reduce((sum, line) => sum + Number(line['points']), 0)).toBe(10);
  const types = received.flatMap((line) => Object.keys(line['types'] as object));
  expect([...new Set(types)].sort()).toEqual(['run.metrics', 'run.state']);
});

/** The sweeper runs when the runtime starts, and then once a minute. */
async function restart(): Promise<void> {
  await runtime.stop();
  runtime = await startLocalRuntime({ dataFolder });
}

testNeeding('python3')('kill -9 of a training script brings exactly one CRASHED alert', async () => {
  const receiver = await startReceiver();
  const hook = { team: 'vision', type: 'webhook', name: 'pager', url: receiver.url };
  const { id: integration } = await ok('POST', '/v1/integrations', hook);
  const payload = { state: '${run_status}', run: '${run_name}', lr: '${run_config.lr:json}' };
  await save(
    'crashed',
    { event: 'run.state', states: ['CRASHED'] },
    { type: 'webhook', integration, payload },
  );
  const script = python(`import time
box = Signalbox(heartbeat_interval=1)
run = box.run("crashed", "r1", "calm-lake-1", config={"lr": 0.1})
box.flush(20)
print("up")
while True:
    run.log({"loss": 1})
    time.sleep(0.01)`);
  while (script.lines.length === 0) await sleep(20);
  // Alive for more than three intervals, which only its heartbeats tell: nobody watches its metrics.
  await sleep(4_000);
  expect(receiver.requests).toHaveLength(0);
  script.process.kill('SIGKILL');
  await once(script.process, 'exit');
  await sleep(3_200);
  await restart();
  await receiver.waitFor(1, 20_000);
  await sleep(1_000);
  await restart();
  await sleep(2_000);
  expect(receiver.requests.map(({ json }) => json)).toEqual([
    { state: 'CRASHED', run: 'calm-lake-1', lr: 0.1 },
  ]);
  await receiver.stop();
});
