// A worker thread that simulates a range of seeds, and tells what it saw.
import { parentPort, workerData } from 'node:worker_threads';
import { loadProduct } from './product.ts';
import { type Schedule, simulate } from './simulate.ts';

/** What a worker is asked to do. */
export interface Errand {
  /** Bundles of the product: functions start from any of them. */
  bundles: string[];
  seeds: { from: number; count: number; step: number };
  /** Whether to end with the first seed that shows something wrong. */
  stopsEarly: boolean;
}

/** What a worker tells, now and then and at its end. */
export interface Tidings {
  done: number;
  counts: Record<string, number>;
  virtualMs: number;
  wrong: { seed: number; violations: string[] }[];
  hashes: [seed: number, hash: string][];
  isOver: boolean;
}

const TOLD_EVERY = 100;
const MOST_WRONG = 20;

const { bundles, seeds, stopsEarly } = workerData as Errand;

// The product makes errors by the thousand here, and nobody reads where they came from.
Error.stackTraceLimit = 0;

const fresh = (): Tidings => ({ done: 0, counts: {}, virtualMs: 0, wrong: [], hashes: [], isOver: false });

function add(tidings: Tidings, { seed, hash, violations, counts, virtualMs }: Schedule): void {
  tidings.done++;
  tidings.virtualMs += virtualMs;
  tidings.hashes.push([seed, hash]);
  for (const [what, count] of Object.entries(counts))
    tidings.counts[what] = (tidings.counts[what] ?? 0) + count;
  if (violations.length > 0 && tidings.wrong.length < MOST_WRONG) tidings.wrong.push({ seed, violations });
}

async function run(): Promise<void> {
  const products = await Promise.all(bundles.map(loadProduct));
  let tidings = fresh();
  for (let nth = 0; nth < seeds.count; nth++) {
    add(tidings, await simulate(products, seeds.from + nth * seeds.step));
    if (stopsEarly && tidings.wrong.length > 0) break;
    if (tidings.done < TOLD_EVERY) continue;
    parentPort?.postMessage(tidings);
    tidings = fresh();
  }
  parentPort?.postMessage({ ...tidings, isOver: true });
}

await run();
