import { median } from './figure.ts';

/** Something that is timed: works for about `budgetMs` and says what one operation took, by name, in ns. */
export type Contestant = (budgetMs: number) => Record<string, number> | Promise<Record<string, number>>;

export interface Rounds {
  rounds: number;
  budgetMs: number;
  warmUpMs: number;
}

/** The samples of each name, one a round: those of one round were taken within a moment of each other. */
export type Series = Map<string, number[]>;

/** Runs the contestants in turn, round after round, so that a busy moment of the machine falls on all of them. */
export async function interleave(
  contestants: Contestant[],
  { rounds, budgetMs, warmUpMs }: Rounds,
): Promise<Series> {
  const series: Series = new Map();
  for (const contestant of contestants) await contestant(warmUpMs);
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) append(series, await contestant(budgetMs));
  }
  return series;
}

function append(series: Series, samples: Record<string, number>): void {
  for (const [name, sample] of Object.entries(samples)) {
    const known = series.get(name);
    if (known) known.push(sample);
    else series.set(name, [sample]);
  }
}

/** What timed work counts its results in, so that no compiler leaves the work out. */
export const kept = { count: 0 };

export const medianOf = (series: Series, name: string) => median(series.get(name) ?? []);

/** The median over the rounds of one round's ratio; absolute times of different rounds are not compared. */
export function medianRatio(series: Series, over: string, under: string): number {
  const below = series.get(under) ?? [];
  return median((series.get(over) ?? []).map((sample, round) => sample / (below[round] ?? Number.NaN)));
}

/** Collects what is garbage now, so that the next round does not pay for the last one. */
export async function collectGarbage(): Promise<void> {
  const [v8, vm] = await Promise.all([import('node:v8'), import('node:vm')]);
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
}
