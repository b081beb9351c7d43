import { join, resolve } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ensureAdminKey } from './admin-key.ts';
import { awsVariables, credentials, type Endpoints, replaceAwsVariables } from './aws-environment.ts';
import { builtFunctions } from './bundles.ts';
import { openDataFolder } from './data-folder.ts';
import { type LocalFunctions, loadFunctions } from './functions.ts';
import { startHttpFront } from './http.ts';
import { makeAuthorize } from './http-authorizer.ts';
import { captureOutput, errorLine, type Print } from './log.ts';
import { startPump } from './pump.ts';
import { type RunningQueues, startQueues } from './queues.ts';
import { startSchedule } from './schedule.ts';
import { startSecretsManager } from './secrets-manager.ts';
import { startTable } from './table.ts';
import * as topology from './topology.ts';

export interface RuntimeOptions {
  /** The folder that keeps everything; made when absent. */
  dataFolder: string;
  /** Empties the folder first. */
  fresh?: boolean;
  /** 0 for any free port. */
  port?: number;
  /** Takes the functions from this folder, as built there, instead of building them. */
  bundles?: string;
  /** Gets every line that a function logs. */
  print: Print;
}

export interface Runtime {
  /** Where the API answers. */
  url: string;
  /** The first admin key. */
  adminKey: string;
  dataFolder: string;
  /** Where the emulators answer, for who wants to look into them with an SDK. */
  endpoints: Endpoints;
  /** Queue addresses by queue name. */
  queueUrls: Record<string, string>;
  /** Calls a function directly, as the console of AWS can. */
  invoke(name: topology.FunctionName, event: object): Promise<unknown>;
  /** Ends it, after what is under way; nothing is lost either way. */
  stop(): Promise<void>;
}

/** Mapping concurrency stays low here: one process serves all functions, and more would only wait in it. */
const MAX_CONCURRENCY = 4;
/** What webhooks may reach beyond public addresses: this machine. */
const ALLOWED_ADDRESSES = '127.0.0.0/8,::1/128';

type Stop = () => unknown;

/** Starts the whole of Signalbox in this process; a Trouble when something is in its way. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const stops: Stop[] = [];
  try {
    return await start(options, stops);
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

/** What was started last is stopped first. */
async function stopAll(stops: Stop[]): Promise<void> {
  for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
}

async function start(options: RuntimeOptions, stops: Stop[]): Promise<Runtime> {
  const { print, port = 0, fresh = false } = options;
  const folder = openDataFolder(resolve(options.dataFolder), { fresh });
  stops.push(() => folder.release());
  const building = options.bundles === undefined ? builtFunctions() : resolve(options.bundles);
  // A build outlives a failed start, and its end is heard here.
  const built = Promise.allSettled([building]);
  stops.push(() => built);
  const { endpoints, queues } = await startEmulators(folder, stops);
  const bundles = await building;
  const aws = awsVariables({ ...endpoints, ...inBetween() });
  stops.push(replaceAwsVariables(aws));
  const { key, secretId } = await ensureAdminKey(endpoints.secretsManager);
  const parts = partsOf(queues, secretId);
  const functions = loadFunctions(bundles, (name) => ({
    ...aws,
    ...topology.functions[name].environment(parts),
    ...standIns(),
  }));
  stops.push(captureOutput(print));
  startPumps(functions, queues, print, stops);
  startSchedules(functions, print, stops);
  const { url, stop } = await startFront(functions, port, print);
  stops.push(stop);
  return {
    url,
    adminKey: key,
    dataFolder: folder.path,
    endpoints,
    queueUrls: Object.fromEntries(queueNames().map((name) => [name, queues.queueUrl(name)])),
    invoke: functions.invoke,
    stop: () => stopAll(stops),
  };
}

async function startEmulators(
  { path, wasKilled }: { path: string; wasKilled: boolean },
  stops: Stop[],
): Promise<{ endpoints: Endpoints; queues: RunningQueues }> {
  const secrets = await startSecretsManager(join(path, 'secrets.json'));
  stops.push(secrets.stop);
  const queues = await startQueues(join(path, 'queues'), Object.values(topology.queues));
  stops.push(queues.stop);
  const table = await startTable(join(path, 'table'), { wasKilled });
  stops.push(table.stop);
  return { endpoints: { dynamodb: table.url, sqs: queues.url, secretsManager: secrets.url }, queues };
}

/** What a test has stand between the functions and their table. */
function inBetween(): Partial<Endpoints> {
  const url = process.env['SIGNALBOX_DYNAMODB_URL'];
  return url === undefined ? {} : { dynamodb: url };
}

/** What the user has stand in for the outside world, by variables of the same names. */
function standIns(): Record<string, string> {
  const url = process.env['SLACK_API_URL'];
  return url === undefined ? {} : { SLACK_API_URL: url };
}

function queueNames(): string[] {
  return Object.values(topology.queues).flatMap(({ name, deadLetters }) => [name, deadLetters.name]);
}

function partsOf(queues: RunningQueues, adminKeySecretId: string): topology.LocalParts {
  const { events, deliveries } = topology.queues;
  return {
    tableName: topology.table.name,
    adminKeySecretId,
    queueUrls: { events: queues.queueUrl(events.name), deliveries: queues.queueUrl(deliveries.name) },
    eventsDeadLettersUrl: queues.queueUrl(events.deadLetters.name),
    deliveriesDeadLettersUrl: queues.queueUrl(deliveries.deadLetters.name),
    allowedAddresses: ALLOWED_ADDRESSES,
  };
}

function startPumps(functions: LocalFunctions, queues: RunningQueues, print: Print, stops: Stop[]): void {
  const client = new SQSClient({ region: topology.region, endpoint: queues.url, credentials });
  stops.push(() => client.destroy());
  const pumps = topology.mappings.map((mapping) => {
    const { name } = topology.queues[mapping.queue];
    return startPump({
      client,
      queueUrl: queues.queueUrl(name),
      queueArn: topology.queueArn(name),
      batchSize: mapping.batchSize,
      maxConcurrency: Math.min(mapping.maxConcurrency, MAX_CONCURRENCY),
      invoke: (event) => functions.invoke(mapping.function, event),
      onTrouble: (error) => print(errorLine(error, { function: mapping.function, queue: name })),
    });
  });
  stops.push(() => Promise.all(pumps.map((pump) => pump.stop())));
}

function startSchedules(functions: LocalFunctions, print: Print, stops: Stop[]): void {
  for (const schedule of topology.schedules) {
    const { stop } = startSchedule(schedule.everySeconds, (event) =>
      functions
        .invoke(schedule.function, event)
        .catch((error: unknown) => print(errorLine(error, { function: schedule.function }))),
    );
    stops.push(stop);
  }
}

function startFront(functions: LocalFunctions, port: number, print: Print) {
  return startHttpFront({
    port,
    routes: topology.routes,
    authorize: makeAuthorize(topology.authorizer, (event) =>
      functions.invoke(topology.authorizer.function, event),
    ),
    invoke: functions.invoke,
    onTrouble: (error) => print(errorLine(error, {})),
  });
}
