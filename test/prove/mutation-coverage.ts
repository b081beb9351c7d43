// Which tests pass which mutants, and what they cost: only those can kill it, and the cheapest of them soon.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Mutant } from './mutation-mutants.ts';
import type { Runner } from './mutation-process.ts';
import type { Answer, Ran } from './mutation-worker.ts';
import { showProgress } from './part.ts';

/** Slower tests than that come after all others, each by itself. */
const SLOW_MS = 300;
/** Of tests for one mutant, counting. What is left after that might have killed it: it counts as a survivor. */
const BUDGET_MS = 8_000;
/** Of that, for the tests of one file: more of the same kind find little. */
const BUDGET_OF_SUITE_MS = 2_500;
/** What it costs to load a test file once more, about. */
const LOAD_MS = 100;
/** A test file that takes longer than this without a mutant looks for none. */
const COVERAGE_LIMIT_MS = 300_000;

/** By test file: what its tests passed, without a mutant. */
export type Coverage = Record<string, Answer>;

/** Tests of one file that may kill a mutant. */
export interface Chance {
  suite: string;
  tests: number[];
  cpuMs: number;
  /** How often they pass the mutant. */
  hits: number;
}

/** What a test costs, and how often it passes a mutant. */
interface PassingTest {
  test: Ran;
  index: number;
  cpuMs: number;
  hits: number;
}

interface Passing {
  suite: string;
  tests: PassingTest[];
}

const costOf = ({ tests }: Passing) => tests.reduce((sum, { cpuMs }) => sum + cpuMs, 0);

/** Runs a test file as it is. One that fails could kill anything, and one that does not end says nothing. */
async function coverageOf(runner: Runner, suite: string): Promise<Answer> {
  const answer = await runner.run({ suite }, COVERAGE_LIMIT_MS);
  if (answer?.failure !== undefined) throw new Error(`${suite} fails without a mutant: ${answer.failure}`);
  return answer ?? { ran: [], atLoad: {} };
}

/** What the file of coverages holds, line by line. */
interface Kept {
  /** Of the product and the test file as they were. */
  digest: string;
  suite: string;
  answer: Answer;
}

function keptIn(file: string): Kept[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** Runs every test file whose coverage is not in `file` yet, and keeps it there. */
export async function coverageIn(
  file: string,
  digests: ReadonlyMap<string, string>,
  withRunner: <Value>(work: (runner: Runner) => Promise<Value>) => Promise<Value>,
): Promise<Coverage> {
  const fresh = keptIn(file).filter(({ suite, digest }) => digests.get(suite) === digest);
  const coverage: Coverage = Object.fromEntries(fresh.map(({ suite, answer }) => [suite, answer]));
  const missing = [...digests].filter(([suite]) => coverage[suite] === undefined);
  const runs = missing.map(([suite, digest]) =>
    withRunner(async (runner) => {
      const answer = await coverageOf(runner, suite);
      coverage[suite] = answer;
      appendFileSync(file, `${JSON.stringify({ digest, suite, answer } satisfies Kept)}\n`);
      showProgress(`${Object.keys(coverage).length} of ${digests.size} test files`);
    }),
  );
  await Promise.all(runs);
  return coverage;
}

/** The chances to kill each mutant, the best one first. */
export class Chances {
  readonly #coverage: Coverage;
  /** How many mutants of each file the tests of a file pass, and each test by itself. */
  readonly #ofSuite = new Map<string, Map<string, number>>();
  readonly #ofTest = new Map<Ran, Map<string, number>>();

  constructor(coverage: Coverage, mutants: readonly Mutant[]) {
    this.#coverage = coverage;
    const files = new Map(mutants.map(({ id, file }) => [id, file]));
    for (const [suite, { ran }] of Object.entries(coverage)) {
      for (const test of ran) this.#ofTest.set(test, countsByFile(Object.keys(test.covered), files));
      const passed = new Set(ran.flatMap(({ covered }) => Object.keys(covered)));
      this.#ofSuite.set(suite, countsByFile(passed, files));
    }
  }

  /** First what passes most of the mutant's own file for its time; slow tests stand for themselves. */
  of(mutant: Mutant): Chance[] {
    const rated = Object.keys(this.#coverage).flatMap((suite) => {
      const all = this.#passing(suite, mutant);
      const quick = { suite, tests: all.filter(({ cpuMs }) => cpuMs <= SLOW_MS) };
      const slow = all.filter(({ cpuMs }) => cpuMs > SLOW_MS);
      return [
        { passing: quick, yield: (this.#nearness(suite, mutant) + 1) / (costOf(quick) + LOAD_MS) },
      ].concat(this.#ratedSlow(suite, slow, mutant));
    });
    return withinBudget(rated.sort((a, b) => b.yield - a.yield).map(({ passing }) => passing));
  }

  /** Slow tests of one file are much alike: each further one is worth less. */
  #ratedSlow(suite: string, slow: PassingTest[], { file }: Mutant) {
    const yieldOf = ({ test, cpuMs }: PassingTest) =>
      (this.#ofTest.get(test)?.get(file) ?? 0) / (cpuMs + LOAD_MS);
    return slow
      .map((one) => ({ passing: { suite, tests: [one] }, yield: yieldOf(one) }))
      .sort((a, b) => b.yield - a.yield)
      .map((one, rank) => ({ ...one, yield: one.yield / (1 + rank) }));
  }

  #nearness(suite: string, { file }: Mutant): number {
    return this.#ofSuite.get(suite)?.get(file) ?? 0;
  }

  #passing(suite: string, mutant: Mutant): PassingTest[] {
    const { ran, atLoad } = this.#coverage[suite] as Answer;
    // What is made while a file is loaded, such as a table or a schema, may matter to any of its tests.
    const loaded = atLoad[mutant.id] ?? 0;
    const passing = loaded > 0 ? ran : ran.filter(({ covered }) => mutant.id in covered);
    return passing.map((test) => {
      const { index, cpuMs, covered } = test;
      return { test, index, cpuMs, hits: (covered[mutant.id] ?? 0) + loaded };
    });
  }
}

function countsByFile(ids: Iterable<string>, files: ReadonlyMap<string, string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const file = files.get(id) ?? '';
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return counts;
}

/** The cheapest tests of one file after the other, until the file's time is spent, or all of it. */
function withinBudget(all: readonly Passing[]): Chance[] {
  const spentMs = new Map<string, number>();
  let allSpentMs = 0;
  return all.flatMap(({ suite, tests }) => {
    const kept = tests
      .toSorted((a, b) => a.cpuMs - b.cpuMs)
      .filter(({ cpuMs }) => {
        const ofSuiteMs = spentMs.get(suite) ?? 0;
        if (allSpentMs > BUDGET_MS || ofSuiteMs > BUDGET_OF_SUITE_MS) return false;
        spentMs.set(suite, ofSuiteMs + cpuMs);
        allSpentMs += cpuMs;
        return true;
      });
    if (kept.length === 0) return [];
    allSpentMs += LOAD_MS;
    const hits = kept.reduce((sum, one) => sum + one.hits, 0);
    return [{ suite, tests: kept.map(({ index }) => index), cpuMs: costOf({ suite, tests: kept }), hits }];
  });
}
