import { errorLine, type Print, readable } from './log.ts';
import { type Runtime, startRuntime } from './runtime.ts';

export interface SessionOptions {
  port: number;
  data: string;
  fresh: boolean;
  demo: boolean;
  json: boolean;
  bundles?: string | undefined;
}

const ECHO_MS = 500;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Starts a runtime for the one at the terminal, and ends it when asked to. */
export async function runLocally(options: SessionOptions): Promise<void> {
  const startedAt = performance.now();
  process.setSourceMapsEnabled(true);
  const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  const print = (line: string) => {
    const text = options.json ? line : readable(line, { colour });
    if (text !== undefined) say(text);
  };
  surviveFunctions(print);
  const runtime = await startRuntime({
    dataFolder: options.data,
    fresh: options.fresh,
    port: options.port,
    ...(options.bundles !== undefined && { bundles: options.bundles }),
    print,
  });
  stopWhenAsked(runtime, options);
  say(options.json ? readyLine(runtime) : greeting(runtime, performance.now() - startedAt));
  if (options.demo) await playDemo(runtime);
}

/** For tests and scripts: where everything is, on one line. */
function readyLine({ url, adminKey, dataFolder, endpoints, queueUrls }: Runtime): string {
  return JSON.stringify({
    ready: { url, key: adminKey, pid: process.pid, dataFolder, endpoints, queueUrls },
  });
}

function greeting({ url, adminKey, dataFolder }: Runtime, tookMs: number): string {
  const event = {
    type: 'run.metrics',
    team: 'vision',
    project: 'mnist',
    user: 'ada',
    run: { id: 'r1', name: 'first try' },
    points: [{ step: 0, metrics: { loss: 0.9 } }],
  };
  return `Signalbox is up after ${(tookMs / 1000).toFixed(1)} s; ctrl-C stops it, and what it knows stays in ${dataFolder}.

  export SIGNALBOX_URL=${url} SIGNALBOX_API_KEY=${adminKey}

With that in another terminal, make a team and post an event of it:

  curl $SIGNALBOX_URL/v1/teams -H "Authorization: Bearer $SIGNALBOX_API_KEY" -d '{"name":"vision"}'
  curl $SIGNALBOX_URL/v1/events -H "Authorization: Bearer $SIGNALBOX_API_KEY" \\
    -d '${JSON.stringify(event)}'
`;
}

function stopWhenAsked(runtime: Runtime, { json }: SessionOptions): void {
  let askedAt: number | undefined;
  const stop = async () => {
    if (askedAt !== undefined) return stopAtOnce(askedAt);
    askedAt = performance.now();
    if (!json) say('Stopping after what is under way; ctrl-C again stops at once, and loses nothing either.');
    await runtime.stop();
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
}

/** npm hands on the ctrl-C that the terminal has sent to us already: that is not a second one. */
function stopAtOnce(askedAtMs: number): void {
  if (performance.now() - askedAtMs > ECHO_MS) process.exit(1);
}

/** A function that ends badly ends its own instance in Lambda, not its neighbours. */
function surviveFunctions(print: Print): void {
  process.on('unhandledRejection', (error) => print(errorLine(error, { unhandled: true })));
}

async function playDemo(runtime: Runtime): Promise<void> {
  const { playDemo: play } = await import('./demo/play.ts');
  await play(runtime);
}
