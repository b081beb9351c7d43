import { setTimeout as sleep } from 'node:timers/promises';
import { cleanUp, type LocalRuntime, startLocalRuntime, temporaryFolder } from '../support/local-runtime.ts';
import { testNeeding } from '../support/needs.ts';
import { startPython } from '../support/python-script.ts';

// Points that the Python client logs, against a server that is killed while it takes them. The long form:
// POINTS=1000000 KILLS=10 npm test -- test/integration/python-points

const POINTS = Number(process.env['POINTS'] ?? 100_000);
const KILLS = Number(process.env['KILLS'] ?? 2);
const WINDOW = 1_000;
const WINDOWS = POINTS / WINDOW;
const TIME_MS = 60_000 + POINTS * 2 + KILLS * 20_000;

/** Whole numbers without a pattern: a window with another value, one less or one more has another sum. */
const SCRIPT = `
import sys, time
from signalbox import Signalbox
box = Signalbox()
with box.run("mnist", "r1") as run:
    for step in range(int(sys.argv[1])):
        run.log({"loss": step * 2654435761 % 4294967296}, step=step)
    while box.counts["waiting"]:
        print(box.counts["sent"])
        time.sleep(0.02)
print(box.flush(60), box.counts["dropped"], box.counts["refused"])
`;
const valueAt = (step: number) => (step * 2_654_435_761) % 2 ** 32;

/** The average of the window that ends at each thousandth step: together they hold each value once. */
const averages = Array.from({ length: WINDOWS }, (_, window) => {
  const steps = Array.from({ length: WINDOW }, (_, at) => window * WINDOW + at);
  return steps.reduce((sum, step) => sum + valueAt(step), 0) / WINDOW;
});

async function ok(runtime: LocalRuntime, method: string, path: string, body?: unknown) {
  const answer = await runtime.request(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as Record<string, unknown>;
}

/** An automation for each window, which fires wherever the newest values have exactly its average. */
async function setUp(runtime: LocalRuntime): Promise<void> {
  await ok(runtime, 'POST', '/v1/teams', { name: 'vision' });
  for (const [window, value] of averages.entries()) {
    await ok(runtime, 'POST', '/v1/automations', {
      name: `window ${window}`,
      team: 'vision',
      scope: { kind: 'project', team: 'vision', project: 'mnist' },
      trigger: {
        event: 'run.metrics',
        threshold: { metric: 'loss', aggregate: 'average', window: WINDOW, comparison: '==', value },
        repeat: { mode: 'every_time' },
      },
      action: { type: 'no_op' },
    });
  }
}

interface Firing {
  step: number;
  value: number;
}

async function firings(runtime: LocalRuntime): Promise<Firing[]> {
  const found: { facts: { step: number; metric_value: number } }[] = [];
  for (let after = ''; ; ) {
    const page = await ok(runtime, 'GET', `/v1/deliveries?team=vision&limit=100${after}`);
    found.push(...(page['deliveries'] as typeof found));
    if (page['next'] === null) break;
    after = `&after=${encodeURIComponent(page['next'] as string)}`;
  }
  return found
    .map(({ facts: { step, metric_value: value } }) => ({ step, value }))
    .sort((one, other) => one.step - other.step);
}

/** The firings, once there are that many or nothing came for a while. */
async function settledFirings(runtime: LocalRuntime, count: number): Promise<Firing[]> {
  let found = await firings(runtime);
  for (let quiet = 0; found.length < count && quiet < 40; quiet++) {
    await sleep(250);
    const now = await firings(runtime);
    if (now.length > found.length) quiet = 0;
    found = now;
  }
  return found;
}

afterAll(cleanUp);

testNeeding('python3')(
  `${POINTS} points, ${KILLS} kills of the server: none is lost, and each counts once`,
  async () => {
    const dataFolder = temporaryFolder();
    let runtime = await startLocalRuntime({ dataFolder });
    await setUp(runtime);
    const script = startPython(SCRIPT, { ...runtime, team: 'vision' }, String(POINTS));
    const sent = () => Number(script.lines.at(-1));
    const sentAtKills: number[] = [];
    for (let kill = 1; kill <= KILLS; kill++) {
      while (!(sent() >= (POINTS * kill) / (KILLS + 1))) await sleep(5);
      await runtime.kill();
      sentAtKills.push(sent());
      runtime = await startLocalRuntime({ dataFolder, arguments: ['--port', new URL(runtime.url).port] });
    }
    const { exitCode, errors } = await script.ended;
    expect([exitCode, script.lines.at(-1)]).toEqual([0, 'True 0 0']);
    // One outage is told of; the next ones soon after are not.
    expect(errors).toMatch(
      /^signalbox: .* took no events \(.*\): training goes on, and what is logged waits\n$/,
    );
    expect(Math.max(...sentAtKills)).toBeLessThan(POINTS);
    expect(await settledFirings(runtime, WINDOWS)).toEqual(
      averages.map((value, window) => ({ step: (window + 1) * WINDOW - 1, value })),
    );
    console.log(`${POINTS} points, taken at the kills: ${sentAtKills.join(' ')}`);
  },
  TIME_MS,
);
