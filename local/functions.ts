import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { accountId, type FunctionName, functionNames, functions, region } from './topology.ts';
import { Trouble } from './trouble.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

export interface LocalFunctions {
  /** Calls a function as Lambda does: JSON in, JSON out, and no longer than it may run. */
  invoke(name: FunctionName, event: unknown): Promise<unknown>;
}

/** A function ran longer than its time-out; whatever it still does is on its own. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

const running = new AsyncLocalStorage<{ name: FunctionName; requestId: string }>();

/** The function that is running here, for who writes a log line. */
export function runningFunction(): string | undefined {
  return running.getStore()?.name;
}

/** Does something in nobody's name: what it writes is no line of the function that runs here. */
export function outsideFunctions(work: () => void): void {
  running.exit(work);
}

/**
 * Loads the bundle of every function, each with exactly these variables around it: a forgotten one fails here as
 * it would in Lambda.
 */
export function loadFunctions(
  bundles: string,
  environment: (name: FunctionName) => Record<string, string>,
): LocalFunctions {
  // The bundles are CommonJS and may lie below a package that is not.
  const packageFile = join(bundles, 'package.json');
  if (!existsSync(packageFile)) writeFileSync(packageFile, '{"type":"commonjs"}\n');
  const handlers = new Map(functionNames.map((name) => [name, load(bundles, name, environment(name))]));
  return { invoke: (name, event) => invoke(name, handlers.get(name) as Handler, event) };
}

function load(bundles: string, name: FunctionName, variables: Record<string, string>): Handler {
  const file = join(bundles, name, 'index.js');
  if (!existsSync(file)) {
    throw new Trouble(`The function ${name} is not built (${file} is missing): run "npm run build".`);
  }
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve(file)];
  const environment = process.env;
  process.env = { ...variables, AWS_LAMBDA_FUNCTION_NAME: fullName(name), TZ: ':UTC' };
  try {
    const { handler } = require(file) as { handler?: unknown };
    if (typeof handler !== 'function') throw new Error('it exports no handler');
    return handler as Handler;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Trouble(`The function ${name} does not load: ${reason}`, { cause: error });
  } finally {
    process.env = environment;
  }
}

async function invoke(name: FunctionName, handler: Handler, event: unknown): Promise<unknown> {
  const requestId = randomUUID();
  const { timeoutSeconds } = functions[name];
  const call = running.run({ name, requestId }, async () =>
    handler(toJson(event), contextOf(name, requestId)),
  );
  return toJson(await withDeadline(timeoutSeconds * 1000, name, call));
}

const toJson = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

/** Waits for the call until the deadline; then it fails with TimedOut. */
export async function withDeadline<Result>(ms: number, name: string, call: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(`${name} timed out after ${ms / 1000} seconds`)), ms);
  });
  try {
    return await Promise.race([call, timeOut]);
  } finally {
    clearTimeout(timer);
  }
}

const fullName = (name: FunctionName) => `signalbox-local-${name}`;

function contextOf(name: FunctionName, awsRequestId: string): object {
  const { timeoutSeconds, memoryMb } = functions[name];
  const endsAt = Date.now() + timeoutSeconds * 1000;
  return {
    awsRequestId,
    functionName: fullName(name),
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:${fullName(name)}`,
    memoryLimitInMB: String(memoryMb),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, endsAt - Date.now()),
  };
}
