import { addUp, sendOff } from '../simulator/fleet.ts';
import type { Errand, Tidings } from '../simulator/shard.ts';
import { bundleOlder } from './older-version.ts';
import { count, endProgress, type Proved, type Setting, showProgress } from './part.ts';

const NO_TIDINGS: Tidings = { done: 0, counts: {}, virtualMs: 0, wrong: [], hashes: [], isOver: false };

/** Has seeds simulated by several workers, each every n-th. */
async function run(
  bundles: string[],
  seeds: { from: number; count: number },
  workers: number,
): Promise<Tidings> {
  const total: Tidings = structuredClone(NO_TIDINGS);
  const startedAt = performance.now();
  const tell = (news: Tidings) => {
    addUp(total, { ...news, hashes: [] });
    const rate = total.done / ((performance.now() - startedAt) / 1000);
    showProgress(`${count(total.done)} of ${count(seeds.count)} schedules, ${rate.toFixed(0)} a second `);
    tellOfWrong(news.wrong, bundles.length > 1);
  };
  const errands = Array.from(
    { length: workers },
    (_, worker): Errand => ({
      bundles,
      seeds: {
        from: seeds.from + worker,
        count: Math.floor((seeds.count + workers - 1 - worker) / workers),
        step: workers,
      },
      stopsEarly: false,
    }),
  );
  const all = await Promise.all(errands.map((errand) => sendOff(errand, tell)));
  endProgress();
  for (const { hashes } of all) total.hashes.push(...hashes);
  return total;
}

function tellOfWrong(wrong: Tidings['wrong'], isMixed: boolean): void {
  for (const { seed, violations } of wrong) {
    endProgress();
    console.log(`seed ${seed}\n  ${violations.slice(0, 5).join('\n  ')}`);
    console.log(`  npm run prove -- --seed ${seed} --trace${isMixed ? ' --mixed' : ''}`);
  }
}

const DAY_MS = 86_400_000;

export async function proveSchedules({ bundle, schedules, from, workers }: Setting): Promise<Proved> {
  const startedAt = performance.now();
  const { done, counts, virtualMs, wrong } = await run([bundle], { from, count: schedules }, workers);
  const seconds = (performance.now() - startedAt) / 1000;
  printCounts(counts);
  const calls = sumOf(counts, 'io ');
  const faults = sumOf(counts, 'fault ');
  const says = [
    `${count(done)} schedules from seed ${from}, ${(done / seconds).toFixed(0)} a second, ${wrong.length} violations`,
    `${count(calls)} calls, ${count(faults)} faults, ${count(Math.round(virtualMs / DAY_MS))} days`,
    `${count(counts['events'] ?? 0)} events, ${count(counts['deliveries'] ?? 0)} deliveries, ${count(counts['posts'] ?? 0)} requests`,
  ];
  return { isProved: wrong.length === 0 && done === schedules, says: says.join('; ') };
}

const sumOf = (counts: Record<string, number>, prefix: string) =>
  Object.entries(counts).reduce((sum, [what, times]) => sum + (what.startsWith(prefix) ? times : 0), 0);

function printCounts(counts: Record<string, number>): void {
  const names = Object.keys(counts).sort();
  console.log(names.map((name) => `${name} ${count(counts[name] ?? 0)}`).join(', '));
}

const REPLAYED = 1_000;

/** The same seeds in another order and by other workers: each must leave the same trace. */
export async function proveReplays({ bundle, from, workers }: Setting): Promise<Proved> {
  const seeds = { from, count: REPLAYED };
  const first = new Map((await run([bundle], seeds, workers)).hashes);
  const backwards: Errand = {
    bundles: [bundle],
    seeds: { from: from + REPLAYED - 1, count: REPLAYED, step: -1 },
    stopsEarly: false,
  };
  const again = (await sendOff(backwards)).hashes;
  const same = again.filter(([seed, hash]) => first.get(seed) === hash).length;
  const different = again.find(([seed, hash]) => first.get(seed) !== hash);
  return {
    isProved: same === REPLAYED,
    says: `${count(same)} of ${count(REPLAYED)} seeds left the same trace${different ? `; ${different[0]} did not` : ''}`,
  };
}

/** A deployment under way: functions start from the code of today or from an older one, on the same table and queues. */
export async function proveMixed({ folder, bundle, schedules, from, workers }: Setting): Promise<Proved> {
  const older = await bundleOlder(folder);
  if (!older)
    return { isProved: true, says: 'left out: there is no commit of an older version here, or no tar' };
  const seeds = { from, count: Math.ceil(schedules / 10) };
  const { done, wrong } = await run([bundle, older.bundle], seeds, workers);
  return {
    isProved: wrong.length === 0,
    says: `${count(done)} schedules with functions of today and of ${older.name}, ${wrong.length} violations`,
  };
}
