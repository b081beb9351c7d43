import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { findTrainer, runTraining, type Twin } from '../../local/demo/training.ts';
import { testNeeding } from '../support/needs.ts';

const root = join(import.meta.dirname, '../..');
const DEMO_MS = 60_000;

jest.setTimeout(DEMO_MS + 10_000);

interface Ended {
  exitCode: number;
  output: string;
}

function runDemo(...args: string[]): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['bin/node.mjs', 'local/demo.ts', ...args],
      { cwd: root, env, timeout: DEMO_MS },
      (error, stdout, stderr) => {
        resolve({ exitCode: error ? Number(error.code ?? -1) : 0, output: stdout + stderr });
      },
    );
  });
}

async function demoPasses(twin: Twin): Promise<void> {
  const { exitCode, output } = await runDemo(`--twin=${twin}`);
  expect(output).toMatch(/passed {2,}in \d/);
  expect(output).toContain('loss-is-low: step 945, average loss 0.248879');
  expect(output.match(/✓ access token {3}✓ X-Wandb-Signature {3}✓ webhook-signature/g)).toHaveLength(3);
  expect(output).not.toMatch(/✗|wrong|"stage":"error"/);
  expect(exitCode).toBe(0);
}

describe('npm run demo', () => {
  testNeeding('python3')('passes with the Python training script', () => demoPasses('python'));
  test('passes with the TypeScript training script', () => demoPasses('typescript'));

  test('answers a wrong option with a sentence and exit code 2', async () => {
    const { exitCode, output } = await runDemo('--twin=cobol');
    expect(output).toMatch(/^--twin is python or typescript, not cobol .*\n$/);
    expect(exitCode).toBe(2);
  });
});

interface Trained {
  exitCode: number | null;
  errors: string;
  lines: string[];
  events: Record<string, unknown>[];
}

/** Runs a training script against a bare HTTP server that takes everything, or refuses it, and keeps what it was sent. */
async function train(twin: Twin, refusal?: object): Promise<Trained> {
  const events: Trained['events'] = [];
  const lines: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    if (request.method === 'GET') return response.writeHead(404).end();
    const isGzip = request.headers['content-encoding'] === 'gzip';
    const sent = [JSON.parse(String(isGzip ? gunzipSync(body) : body))].flat() as Trained['events'];
    events.push(...sent);
    const taken = { events: sent.map((_, index) => ({ index })) };
    return response.writeHead(refusal ? 403 : 202).end(JSON.stringify(refusal ?? taken));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const place = { team: 't', project: 'p', registry: 'r', collection: 'c', run: 'run1' };
  const result = await runTraining(findTrainer(twin)!, { ...place, url, key: 'k' }, (line) =>
    lines.push(line),
  );
  server.close();
  server.closeAllConnections();
  return { ...result, lines, events };
}

interface Sent {
  type: string;
  run?: object;
  points?: { step: number; metrics: object }[];
}

/** What both scripts tell, however it is cut into events and whatever ids and times these have. */
function told(events: Trained['events']) {
  const ofType = (prefix: string) =>
    (events as unknown as Sent[]).filter(({ type }) => type.startsWith(prefix));
  return {
    runs: new Set(ofType('run.metrics').map(({ run }) => JSON.stringify(run))),
    points: ofType('run.metrics').flatMap(({ points = [] }) =>
      points.map(({ step, metrics }) => ({ step, metrics })),
    ),
    artifacts: ofType('artifact.').map(
      ({ id, time, ...event }: Sent & { id?: string; time?: string }) => event,
    ),
  };
}

describe('the training scripts', () => {
  testNeeding('python3')('print and post the same numbers in both languages', async () => {
    const [python, typescript] = await Promise.all([train('python'), train('typescript')]);
    expect(python.lines).toHaveLength(2004);
    expect(typescript.lines).toEqual(python.lines);
    expect(told(typescript.events)).toEqual(told(python.events));
    const states = python.events.filter(({ type }) => type === 'run.state').map(({ state }) => state);
    expect(states).toEqual(['RUNNING', 'FINISHED']);
  });

  test('post 2,000 points in 20 requests, then link the model and move its aliases', async () => {
    const { events } = await train('typescript');
    const metrics = events.slice(0, 20) as { type: string; points: { step: number }[] }[];
    expect(metrics.map(({ type, points }) => [type, points.length])).toEqual(
      Array(20).fill(['run.metrics', 100]),
    );
    expect(metrics.flatMap(({ points }) => points.map(({ step }) => step))).toEqual([...Array(2000).keys()]);
    expect(events.slice(20).map(({ type, alias }) => [type, alias])).toEqual([
      ['artifact.linked', undefined],
      ['artifact.alias_added', 'staging'],
      ['artifact.alias_added', 'production'],
    ]);
  });

  const refusal = { code: 'forbidden', field: 'team', detail: 'key key_1 may not post events of team t' };
  testNeeding('python3')('say why they were refused, and end (Python)', async () => {
    const { exitCode, errors, lines } = await train('python', refusal);
    expect(errors).toBe(
      `signalbox: an event was refused: forbidden: team: ${refusal.detail}\nSignalbox did not take everything.`,
    );
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toMatch(/^step 1999 /);
  });
  test('say why they were refused, and end (TypeScript)', async () => {
    const { exitCode, errors, events } = await train('typescript', refusal);
    expect(errors).toBe(`Signalbox refused the event (HTTP 403): team: ${refusal.detail}`);
    expect(exitCode).toBe(1);
    expect(events).toHaveLength(1);
  });
});
