/**
 * `npm run prove:mutation`: changes the core in one place after the other, and counts what a test notices.
 *   -- --sample 2000 --seed 1   so many mutants, drawn from all of core/
 *   -- --file core/filters      all mutants of the files whose path begins so
 *   -- --results FILE           keeps what came of each mutant, and goes on from there
 *   -- --minutes 9              stops after that time; --again runs the survivors in FILE once more
 *   -- --folder DIR             a product elsewhere, with a core/ and a test/unit/
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleSuites, suitesIn } from './mutation-bundle.ts';
import { Chances, coverageIn } from './mutation-coverage.ts';
import { Hunt, type Outcome } from './mutation-hunt.ts';
import { filesIn, type Mutant, type Mutated, mutate } from './mutation-mutants.ts';
import { Runners } from './mutation-process.ts';
import { describeSurvivor, isKilled, scoresOf, scoreTable } from './mutation-score.ts';
import { endProgress, showProgress } from './part.ts';

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    file: { type: 'string', default: 'core/' },
    results: { type: 'string' },
    minutes: { type: 'string', default: 'Infinity' },
    again: { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
    folder: { type: 'string', default: resolve(import.meta.dirname, '../..') },
  },
});
const root = resolve(values.folder);
const endsAt = performance.now() + Number(values.minutes) * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'signalbox-mutation-'));
const results = values.results ?? join(folder, 'results.jsonl');
mkdirSync(dirname(results), { recursive: true });

const MAKER = `${import.meta.dirname}/mutation-mutants.ts`;
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** The same ones for the same seed, and still the same when a file elsewhere changes. */
function drawn(mutants: readonly Mutant[]): Mutant[] {
  const inFiles = mutants.filter(({ file }) => file.startsWith(values.file));
  if (values.sample === undefined) return inFiles;
  const lots = inFiles.map((mutant) => ({ mutant, lot: digest(`${values.seed} ${mutant.key}`) }));
  const sorted = lots.sort((a, b) => (a.lot < b.lot ? -1 : 1));
  return sorted.slice(0, Number(values.sample)).map(({ mutant }) => mutant);
}

/** What is known from before; of a mutant that was run twice, the last. */
function known(): Map<string, Outcome> {
  if (!existsSync(results)) return new Map();
  const lines = readFileSync(results, 'utf8').trimEnd().split('\n');
  const outcomes = lines.map((line): Outcome => JSON.parse(line));
  return new Map(outcomes.map((outcome) => [outcome.key, outcome]));
}

/** What a coverage depends on, nearly: support files of the tests change nothing that they pass. */
function digestsOf(suites: readonly string[], texts: ReadonlyMap<string, string>): Map<string, string> {
  const core = digest([...texts.values()].join());
  return new Map(suites.map((suite) => [suite, digest(core + readFileSync(join(root, suite), 'utf8'))]));
}

/** All mutants of core/, kept beside the results: making them takes longer than many a mutant. */
async function mutated(): Promise<Mutated> {
  const files = filesIn(root);
  const sources = files.map((name) => readFileSync(join(root, name), 'utf8'));
  const stamp = digest(JSON.stringify([files, sources, readFileSync(MAKER, 'utf8')]));
  const kept = `${results}.mutants`;
  if (existsSync(kept)) {
    const { stamp: of, texts, ...rest } = JSON.parse(readFileSync(kept, 'utf8'));
    if (of === stamp) return { ...rest, texts: new Map(texts) };
  }
  const made = await mutate(root, files);
  writeFileSync(kept, JSON.stringify({ ...made, stamp, texts: [...made.texts] }));
  return made;
}

function report(wanted: readonly Mutant[], texted: number): void {
  const outcomes = known();
  const of = wanted.flatMap(({ key }) => outcomes.get(key) ?? []);
  const survivors = of.filter((outcome) => !isKilled(outcome));
  for (const survivor of survivors) console.log(describeSurvivor(survivor));
  console.log(`\n${scoreTable(scoresOf(of), values.sample !== undefined)}`);
  console.log(`${texted} mutants of wording are left out of core/.`);
  if (of.length < wanted.length)
    console.log(`${of.length} of ${wanted.length} mutants were run: the same command goes on.`);
}

let runners: Runners | undefined;
try {
  const { texts, mutants, texted } = await mutated();
  const suites = suitesIn(root);
  const code = await bundleSuites(root, suites, texts);
  const bundle = join(folder, 'bundle.cjs');
  writeFileSync(bundle, code);
  runners = new Runners(Number(values.workers), bundle, root);
  const coverage = await coverageIn(`${results}.coverage`, digestsOf(suites, texts), runners.lend);
  const hunt = new Hunt(new Chances(coverage, mutants));
  const before = known();
  const wanted = drawn(mutants);
  const toRun = wanted.filter(({ key }) => {
    const outcome = before.get(key);
    return outcome === undefined || (values.again && !isKilled(outcome));
  });
  let done = 0;
  const runs = toRun.map((mutant) =>
    runners?.lend(async (runner) => {
      if (performance.now() > endsAt) return;
      const outcome = await hunt.outcomeOf(mutant, runner);
      appendFileSync(results, `${JSON.stringify(outcome)}\n`);
      showProgress(`${++done} of ${toRun.length} mutants`);
    }),
  );
  await Promise.all(runs);
  endProgress();
  report(wanted, texted);
} finally {
  runners?.end();
  rmSync(folder, { recursive: true, force: true });
}
