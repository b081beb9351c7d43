/**
 * `npm run prove`: everything that is proved about this product, in one table. It takes from twenty minutes to hours.
 *   -- --short            the simulator alone, 5,000 schedules: a part of npm test
 *   -- --schedules N      so many schedules; --from S begins with that seed
 *   -- --only NAME        the parts whose name holds it
 *   -- --plant NAME       of the planted bugs those whose name holds it; may be given several times
 *   -- --seed S --trace   replays one schedule, and tells all that happened in it; --mixed: of two versions at once
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bundleProduct } from '../simulator/bundle.ts';
import { withFolder } from '../simulator/fleet.ts';
import { loadProduct } from '../simulator/product.ts';
import { simulate } from '../simulator/simulate.ts';
import { bundleOlder } from './older-version.ts';
import type { Part, Setting } from './part.ts';
import { elsewhere } from './prove-elsewhere.ts';
import { provePlanted } from './prove-planted.ts';
import { proveMixed, proveReplays, proveSchedules } from './prove-schedules.ts';
import { proveSmallWorlds } from './prove-small-worlds.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    schedules: { type: 'string' },
    from: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    plant: { type: 'string', multiple: true, default: [''] },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    mixed: { type: 'boolean', default: false },
    workers: { type: 'string' },
  },
});

const parts: Part[] = [
  { name: 'schedules', prove: proveSchedules },
  { name: 'replays', prove: proveReplays },
  { name: 'two versions at once', prove: proveMixed },
  { name: 'planted bugs', prove: provePlanted },
  { name: 'smallest worlds', prove: proveSmallWorlds },
  ...elsewhere,
];

async function replay(seed: number, bundles: string[]): Promise<boolean> {
  const products = await Promise.all(bundles.map(loadProduct));
  const { hash, violations, trace } = await simulate(products, seed, values.trace);
  for (const line of trace.lines ?? []) console.log(line);
  for (const violation of violations) console.log(violation);
  console.log(`seed ${seed}, trace ${hash}, ${violations.length} violations`);
  return violations.length === 0;
}

async function proveAll(setting: Setting): Promise<boolean> {
  const wanted = values.short ? parts.slice(0, 1) : parts.filter(({ name }) => name.includes(values.only));
  const rows: string[] = [];
  let isProved = true;
  for (const { name, prove } of wanted) {
    const startedAt = performance.now();
    const { isProved: isRight, says } = await prove(setting);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    const row = `| ${name} | ${isRight ? 'holds' : 'BROKEN'} | ${says} | ${seconds} s |`;
    // What has been shown by then is not lost if the rest is broken off.
    console.log(row);
    rows.push(row);
    isProved &&= isRight;
  }
  console.log(`\n| what | | seen | time |\n|---|---|---|---|\n${rows.join('\n')}`);
  return isProved;
}

await withFolder(async (folder) => {
  const bundle = `${folder}/product.mjs`;
  await bundleProduct(bundle);
  const older = values.mixed ? await bundleOlder(folder) : undefined;
  const schedules = Number(values.schedules ?? (values.short ? 5_000 : 200_000));
  const workers = Number(values.workers ?? Math.min(availableParallelism(), 8));
  const isRight =
    values.seed === undefined
      ? await proveAll({ folder, bundle, schedules, from: Number(values.from), workers, plant: values.plant })
      : await replay(Number(values.seed), older ? [bundle, older.bundle] : [bundle]);
  process.exitCode = isRight ? 0 : 1;
});
