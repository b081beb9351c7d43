// The ends of runs, as automations across runs want them.
import { isAcrossRuns, metricOf } from './condition.ts';
import { type History, seriesOf } from './history.ts';
import { type RunPlace, runKey } from './scope.ts';
import { isOnMetrics } from './watching.ts';
import type { OracleAutomation, State } from './world.ts';

const ENDS: State[] = ['FINISHED', 'FAILED', 'CRASHED', 'KILLED', 'PREEMPTED'];

export const isEnd = (state: State): boolean => ENDS.includes(state);

/** An end is remembered for each metric that an automation across runs watches in a scope of the run. */
export function rememberEnd(
  history: History,
  inScope: OracleAutomation[],
  place: RunPlace,
  receivedAtMs: number,
): void {
  const run = runKey(place);
  const metrics = inScope
    .filter(isOnMetrics)
    .filter((each) => isAcrossRuns(each.trigger))
    .map((each) => metricOf(each.trigger));
  for (const metric of new Set(metrics)) {
    const last = seriesOf(history, run, metric).at(-1);
    if (last === undefined) continue;
    const project = `${place.team}/${place.project}`;
    history.ends.push({ run, project, metric, lastValue: last.value, receivedAtMs });
  }
}
