import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LocalQueue } from '../../local/topology.ts';

const root = join(import.meta.dirname, '../..');

/** What `npm start -- --json` says first. */
export interface Ready {
  url: string;
  key: string;
  pid: number;
  dataFolder: string;
  endpoints: { dynamodb: string; sqs: string; secretsManager: string };
  /** Queue addresses by queue name. */
  queueUrls: Record<string, string>;
}

/** A local runtime in a process of its own. */
export interface LocalRuntime extends Ready {
  /** What the functions logged so far, each line as its JSON. */
  log: Record<string, unknown>[];
  /** Sends a request with the admin key; a body goes as JSON. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** Ends it as ctrl-C does; answers its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
}

const folders: string[] = [];
const children = new Set<ChildProcess>();

/** A new empty folder, gone after `cleanUp`. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  folders.push(folder);
  return folder;
}

/** Kills what these helpers started and is still running, and removes their folders. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...children].map(kill));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Starts a runtime on a free port; without a folder it gets a new one. */
export async function startLocalRuntime({
  dataFolder = temporaryFolder(),
  arguments: more = [] as string[],
  environment = {} as Record<string, string>,
} = {}): Promise<LocalRuntime> {
  const parameters = ['bin/node.mjs', 'local/main.ts', '--json', '--port', '0', '--data', dataFolder];
  const child = start([...parameters, ...more], { ...process.env, ...environment });
  const log: Record<string, unknown>[] = [];
  const { ready } = await firstLine<{ ready: Ready }>(child, (line) => log.push(line));
  return {
    ...ready,
    log,
    request: (method, path, body) => request(ready, method, path, body),
    stop: () => stop(child),
    kill: () => kill(child),
  };
}

/** Runs `npm start` with these arguments to its end. */
export async function runLocalRuntime(
  ...more: string[]
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = start(['bin/node.mjs', 'local/main.ts', ...more]);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (output.stdout += chunk));
  child.stderr?.on('data', (chunk) => (output.stderr += chunk));
  const [exitCode] = await once(child, 'close');
  return { exitCode, ...output };
}

/** Starts the local SQS alone: jest cannot load it, as it is an ECMAScript module. */
export async function startLocalQueues(folder: string, queues: LocalQueue[]) {
  const script = `
    import { startQueues } from ${JSON.stringify(join(root, 'local/queues.ts'))};
    const { url } = await startQueues(...${JSON.stringify([folder, queues])});
    console.log(JSON.stringify({ url }));`;
  const child = start(['--no-warnings', '--input-type=module', '--eval', script]);
  const { url } = await firstLine<{ url: string }>(child);
  return {
    endpoint: url,
    queueUrl: (name: string) => `${url}/000000000000/${name}`,
    kill: () => kill(child),
  };
}

function start(parameters: string[], env = process.env): ChildProcess {
  const child = spawn(process.execPath, parameters, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

/** The first line as JSON; the later ones go to `onLine`. A process that ends before rejects with what it said. */
function firstLine<Line>(
  child: ChildProcess,
  onLine: (line: Record<string, unknown>) => void = () => {},
): Promise<Line> {
  return new Promise((resolve, reject) => {
    let isFirst = true;
    let stderr = '';
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('close', (code) => reject(new Error(`it ended with ${code}: ${stderr}`)));
    if (!child.stdout) return reject(new Error('it has no output'));
    createInterface(child.stdout).on('line', (line) => {
      // A sweep may be done before the front is up.
      const parsed = parse(line);
      if (isFirst && ('ready' in parsed || 'url' in parsed)) resolve(parsed as Line);
      else onLine(parsed);
      isFirst &&= !('ready' in parsed);
    });
  });
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { text: line };
  }
}

async function request({ url, key }: Ready, method: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

async function stop(child: ChildProcess): Promise<number | null> {
  const closed = once(child, 'close');
  child.kill('SIGINT');
  const [code] = await closed;
  return code;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
