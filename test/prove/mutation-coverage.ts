// Which tests pass which mutants, and what they cost: only those can kill it, and the cheapest of them soon.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Mutant } from './mutation-mutants.ts';
import type { Runner } from './mutation-process.ts';
import type { Answer } from './mutation-worker.ts';
import { showProgress } from './part.ts';

/** Slower than that, and a test only looks for mutants that hardly any other test passes. */
const SLOW_MS = 1_000;
const HARDLY_ANY = 20;
/** Of tests for one mutant. What is left after that might have killed it: it counts as a survivor. */
const BUDGET_MS = 3_000;
/** A test file that takes longer than this without a mutant looks for none. */
const COVERAGE_LIMIT_MS = 300_000;

/** By test file: what its tests passed, without a mutant. */
export type Coverage = Record<string, Answer>;

/** The tests of one file that may kill a mutant. */
export interface Chance {
  suite: string;
  tests: number[];
  cpuMs: number;
  /** How often they pass the mutant. */
  hits: number;
}

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
  readonly #filesOf = new Map<string, Map<string, number>>();

  constructor(coverage: Coverage, mutants: readonly Mutant[]) {
    this.#coverage = coverage;
    const files = new Map(mutants.map(({ id, file }) => [id, file]));
    for (const [suite, { ran }] of Object.entries(coverage)) {
      const passed = new Set(ran.flatMap(({ covered }) => Object.keys(covered)));
      const counts = new Map<string, number>();
      for (const id of passed) {
        const file = files.get(id) ?? '';
        counts.set(file, (counts.get(file) ?? 0) + 1);
      }
      this.#filesOf.set(suite, counts);
    }
  }

  /** Those files first that pass most of the mutant's own file. */
  of(mutant: Mutant): Chance[] {
    const all = Object.keys(this.#coverage).flatMap((suite) => this.#chanceIn(suite, mutant));
    const count = all.reduce((sum, { tests }) => sum + tests.length, 0);
    const kept = count < HARDLY_ANY ? all : all.map((chance) => this.#withoutSlow(chance));
    const near = ({ suite }: Chance) => this.#nearness(suite, mutant);
    const sorted = kept
      .filter(({ tests }) => tests.length > 0)
      .sort((a, b) => near(b) - near(a) || a.cpuMs - b.cpuMs);
    let spentMs = 0;
    return sorted.filter(({ cpuMs }, at) => {
      if (at > 0 && spentMs + cpuMs > BUDGET_MS) return false;
      spentMs += cpuMs;
      return true;
    });
  }

  #nearness(suite: string, { file }: Mutant): number {
    return this.#filesOf.get(suite)?.get(file) ?? 0;
  }

  #chanceIn(suite: string, mutant: Mutant): Chance[] {
    const { ran, atLoad } = this.#coverage[suite] as Answer;
    const loaded = atLoad[mutant.id] ?? 0;
    // What is made while a file is loaded, such as a table, is for the tests that pass the functions beside it.
    const tests = loaded > 0 && this.#hasNear(mutant) && this.#nearness(suite, mutant) === 0 ? [] : ran;
    const passing = loaded > 0 ? tests : tests.filter(({ covered }) => mutant.id in covered);
    if (passing.length === 0) return [];
    const hits = passing.reduce((sum, { covered }) => sum + (covered[mutant.id] ?? 0), loaded);
    const cpuMs = passing.reduce((sum, test) => sum + test.cpuMs, 0);
    return [{ suite, tests: passing.map(({ index }) => index), cpuMs, hits }];
  }

  #hasNear(mutant: Mutant): boolean {
    return [...this.#filesOf.keys()].some((suite) => this.#nearness(suite, mutant) > 0);
  }

  #withoutSlow({ suite, tests, ...rest }: Chance): Chance {
    const { ran } = this.#coverage[suite] as Answer;
    const costs = new Map(ran.map(({ index, cpuMs }) => [index, cpuMs]));
    const quick = tests.filter((index) => (costs.get(index) ?? 0) <= SLOW_MS);
    const cpuMs = quick.reduce((sum, index) => sum + (costs.get(index) ?? 0), 0);
    return { ...rest, suite, tests: quick, cpuMs };
  }
}
