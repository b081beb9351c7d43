import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.ts';
import { venvPython } from './python-venv.ts';

const root = join(import.meta.dirname, '../..');
const requirements = join(root, 'test/localstack/requirements.txt');
const START_MS = 30_000;

/** An AWS that is not AWS: the one that AWS_ENDPOINT_URL names, or a MiniStack of our own. */
export interface Cloud {
  endpoint: string;
  /** What every program finds in its environment that shall talk to it. */
  environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** The Python that holds MiniStack; undefined where there can be none. */
const ministackPython = () => venvPython('ministack', requirements);

/** Whether `startCloud` has something to start or to talk to. */
export function hasCloud(): boolean {
  return process.env['AWS_ENDPOINT_URL'] !== undefined || ministackPython() !== undefined;
}

/** Takes the emulator that AWS_ENDPOINT_URL names, or starts MiniStack on a free port of 127.0.0.1. */
export async function startCloud(): Promise<Cloud> {
  const given = process.env['AWS_ENDPOINT_URL'];
  if (given !== undefined)
    return { endpoint: given, environment: environmentFor(given), stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-ministack-'));
  const port = await freePort();
  const child = spawn(ministackPython() ?? '', ['-m', 'ministack'], {
    cwd: folder,
    env: { ...ministackEnvironment(folder), GATEWAY_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that the functions' processes end with it.
    detached: true,
  });
  const log = createWriteStream(join(folder, 'ministack.log'));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  process.once('exit', () => kill(child));
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  await untilHealthy(endpoint, child).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { endpoint, environment: environmentFor(endpoint), stop };
}

/** Its functions run on the first `node` of the PATH: ours, which is what Lambda has. */
const path = () => [dirname(process.execPath), process.env['PATH']].join(delimiter);

function ministackEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: path(),
    HOME: folder,
    TMPDIR: folder,
    // Else it listens on every address of the machine.
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
  };
}

function environmentFor(endpoint: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('AWS_') || name === 'AWS_REGION',
  );
  const {
    AWS_ACCESS_KEY_ID = 'test',
    AWS_SECRET_ACCESS_KEY = 'test',
    AWS_REGION = 'us-east-1',
  } = process.env;
  return {
    ...Object.fromEntries(others),
    PATH: path(),
    AWS_ENDPOINT_URL: endpoint,
    // Emulators know buckets by the path: a name before the host resolves on few machines.
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION,
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
  };
}

async function untilHealthy(endpoint: string, child: ChildProcess): Promise<void> {
  const endsAt = Date.now() + START_MS;
  while (Date.now() < endsAt && child.exitCode === null) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error(`MiniStack did not start (exit code ${child.exitCode})`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  kill(child);
  await closed;
}

function kill({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
}
