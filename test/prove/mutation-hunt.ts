import type { Chance, Chances } from './mutation-coverage.ts';
import type { Mutant } from './mutation-mutants.ts';
import type { Runner } from './mutation-process.ts';

export type Fate = 'killed' | 'timed out' | 'survived' | 'not covered';

export interface Outcome extends Omit<Mutant, 'id'> {
  fate: Fate;
  /** The test that killed it, and how it failed. */
  by?: string;
}

/** A mutant may pass its place so many times as often as the product does; where it does not even do that, time ends it. */
const PATIENCE = 20;
const LEAST_MS = 20_000;
const MOST_MS = 120_000;
const LEAST_HITS = 10_000;

/** Runs the tests that pass a mutant until one fails. */
export class Hunt {
  readonly #chances: Chances;
  /** Tests that fail when run alone, mutant or not: they need another test before them, and kill nothing. */
  readonly #alone = new Map<string, Promise<boolean>>();
  readonly #lastKiller = new Map<string, string>();

  constructor(chances: Chances) {
    this.#chances = chances;
  }

  async outcomeOf(mutant: Mutant, runner: Runner): Promise<Outcome> {
    const { id: _id, ...what } = mutant;
    const chances = this.#chances.of(mutant);
    if (chances.length === 0) return { ...what, fate: 'not covered' };
    const last = this.#lastKiller.get(mutant.file);
    const inTurn = chances.toSorted((a, b) => Number(b.suite === last) - Number(a.suite === last));
    for (const chance of inTurn) {
      const killed = await this.#try(mutant, chance, runner);
      if (!killed) continue;
      this.#lastKiller.set(mutant.file, chance.suite);
      return { ...what, ...killed };
    }
    return { ...what, fate: 'survived' };
  }

  async #try(
    { id }: Mutant,
    { suite, tests, cpuMs, hits }: Chance,
    runner: Runner,
  ): Promise<Pick<Outcome, 'fate' | 'by'> | undefined> {
    const hitLimit = LEAST_HITS + PATIENCE * hits;
    const limitMs = Math.min(LEAST_MS + PATIENCE * cpuMs, MOST_MS);
    let left = tests;
    while (left.length > 0) {
      const answer = await runner.run({ suite, tests: left, mutant: id, hitLimit }, limitMs);
      if (!answer) return { fate: 'timed out', by: suite };
      const { failure, failed } = answer;
      if (failure === undefined) return undefined;
      if (failed === undefined || (await this.#passesAlone(suite, failed, runner)))
        return { fate: 'killed', by: `${suite}: ${failure}` };
      left = left.filter((index) => index !== failed);
    }
    return undefined;
  }

  #passesAlone(suite: string, index: number, runner: Runner): Promise<boolean> {
    const name = `${suite} ${index}`;
    const known = this.#alone.get(name);
    if (known !== undefined) return known;
    const run = runner.run({ suite, tests: [index], mutant: 'none' }, MOST_MS);
    const passes = run.then((answer) => answer !== undefined && answer.failure === undefined);
    this.#alone.set(name, passes);
    return passes;
  }
}
