import { parseArgs } from 'node:util';
import { openTable } from '../store/client.ts';
import { assumptions } from './cost/assumptions.ts';
import { type Bill, billOf } from './cost/bill.ts';
import { installCountingClients } from './cost/counting-clients.ts';
import { loadFunctions } from './cost/functions.ts';
import { captureLog } from './cost/log-bytes.ts';
import { Meter } from './cost/meter.ts';
import { type Deployment, Replay, type Scenario } from './cost/replay.ts';
import { billTable, elsewhere, figuresOf, measured, type Result, totals } from './cost/report.ts';
import { measureSdk } from './cost/sdk-time.ts';
import { seed } from './cost/seed.ts';
import { makeWorkload } from './cost/workload.ts';

const USAGE = `usage: npm run bench:cost -- [--events N] [--json]
  --events N   replay N events for each line (a million by default); figures are for a million always
  --json       one line of JSON a figure: {"figure", "ours", "peer", "theirs", "ratio", "unit"}`;

const SIZES: { name: string; perRequest: number; goal?: number; isMixed?: true }[] = [
  { name: '1 event a request', perRequest: 1, goal: 1.7 },
  { name: '100 events a request', perRequest: 100, goal: 0.06 },
  { name: '1,000 events a request', perRequest: 1_000, goal: 0.03 },
  { name: '100 events of many runs a request', perRequest: 100, isMixed: true },
];

/** What stands beside the figures of the goals is replayed on so much less: its counts need no million events. */
const ASIDE_SHARE = 10;

const say = (line: string) => console.error(line);

async function deploy(): Promise<Deployment> {
  const sdk = await measureSdk();
  const meter = new Meter();
  const clock = { nowMs: Date.UTC(2026, 10, 24) };
  Date.now = () => clock.nowMs;
  const queues = installCountingClients(meter);
  const table = openTable('signalbox');
  const { keys } = await seed(table, clock.nowMs - 3_600_000);
  const functions = await loadFunctions(table, meter);
  return { functions, meter, queues, keys, sdk, clock };
}

let seeds = 0;

async function replay(deployment: Deployment, scenario: Scenario): Promise<Bill> {
  const { meter } = deployment;
  meter.reset();
  const release = captureLog(meter);
  try {
    await new Replay(deployment, scenario).run(makeWorkload(++seeds));
  } finally {
    release();
  }
  const [meant, sent] = [meter.sum('firing'), meter.count('webhooks')];
  if (meant !== sent) throw new Error(`${meant} events were to fire and ${sent} webhooks went out`);
  return billOf(meter, scenario.events);
}

async function measure(
  deployment: Deployment,
  size: (typeof SIZES)[number],
  { events, json }: { events: number; json: boolean },
): Promise<Result> {
  const { name, perRequest, isMixed = false, goal } = size;
  const startedAt = performance.now();
  const fewer = Math.max(perRequest, Math.round(events / ASIDE_SHARE));
  const replayed = isMixed ? fewer : events;
  const bill = await replay(deployment, { events: replayed, perRequest, isMixed, perReceive: 10 });
  const notes = measured(deployment.meter, replayed);
  const quiet = await replay(deployment, { events: fewer, perRequest, isMixed, perReceive: 1 });
  say(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  if (!json) console.log(`\n# ${name}, busy queues\n${notes.join('\n')}\n\n${billTable(bill)}`);
  return { name, bill, quiet, ...(goal !== undefined && { goal }) };
}

async function main(asked: { events: number; json: boolean }): Promise<void> {
  const deployment = await deploy();
  const notes = assumptions(deployment.sdk, Math.round(asked.events / ASIDE_SHARE));
  if (!asked.json) console.log(notes);
  const results: Result[] = [];
  for (const size of SIZES) results.push(await measure(deployment, size, asked));
  if (!asked.json)
    console.log(`\n${totals(results)}\n\n# the same events elsewhere, computed\n${elsewhere()}`);
  if (asked.json) for (const figure of figuresOf(results)) console.log(JSON.stringify(figure));
}

function readArguments() {
  const flag = { type: 'boolean', default: false } as const;
  const options = { events: { type: 'string', default: '1000000' }, json: flag, help: flag } as const;
  const { values } = parseArgs({ options });
  const events = Number(values.events);
  if (!Number.isInteger(events) || events < 1_000) throw new Error('--events takes a whole number from 1000');
  return { ...values, events };
}

let asked: ReturnType<typeof readArguments>;
try {
  asked = readArguments();
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
if (asked.help) console.log(USAGE);
else await main(asked);
