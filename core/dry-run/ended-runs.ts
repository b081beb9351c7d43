import type { MetricContext } from '../runs/metrics.ts';

interface Name {
  team: string;
  project: string;
  run: string;
}

interface End {
  metric: string;
  value: number;
  endedAtMs: number;
}

/** The ends of runs in a dry run, for conditions across runs. */
export class EndedRuns {
  readonly #ends: (Name & End)[] = [];

  add({ team, project, run }: Name, { metric, value, endedAtMs }: End): void {
    this.#ends.push({ team, project, run, metric, value, endedAtMs });
  }

  /** The last values of the other runs of the project that had ended before a moment: each by its latest end. */
  lastOfOthers(name: Name, beforeMs: number): MetricContext['lastOfOthers'] {
    return (metric, runs) => {
      const values = this.#valuesBefore(name, metric, beforeMs);
      return values.length >= runs ? values.slice(0, runs) : undefined;
    };
  }

  #valuesBefore({ team, project, run }: Name, metric: string, beforeMs: number): number[] {
    const isOther = (end: Name & End) =>
      end.team === team && end.project === project && end.metric === metric && end.run !== run;
    const newestFirst = this.#ends
      .filter((end) => isOther(end) && end.endedAtMs < beforeMs)
      .sort((a, b) => b.endedAtMs - a.endedAtMs || (a.run < b.run ? 1 : -1));
    const byRun = new Map<string, number>();
    for (const end of newestFirst) if (!byRun.has(end.run)) byRun.set(end.run, end.value);
    return [...byRun.values()];
  }
}
