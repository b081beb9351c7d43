// Which automations look at a run, and what their filters see.
import { isScopeOf, type RunPlace } from './scope.ts';
import type { Json, MetricsTrigger, OracleAutomation, Run, StateTrigger } from './world.ts';

export type StateAutomation = OracleAutomation & { trigger: StateTrigger };
export type MetricsAutomation = OracleAutomation & { trigger: MetricsTrigger };

/** Whether the automation's trigger is on run states. */
export function isOnStates(automation: OracleAutomation): automation is StateAutomation {
  return automation.trigger.event === 'run.state';
}

/** Whether the automation's trigger is on metrics. */
export function isOnMetrics(automation: OracleAutomation): automation is MetricsAutomation {
  return automation.trigger.event === 'run.metrics';
}

/** Those that watch the states of a run. */
export function watchersOfStates(existing: OracleAutomation[], place: RunPlace): StateAutomation[] {
  return existing.filter((each) => isScopeOf(each, place)).filter(isOnStates);
}

/** What a filter on a run trigger sees. */
export function filterSubject({ user, run }: { user?: string | undefined; run: Run }): Json {
  return { ...(user === undefined ? {} : { user }), run: run as unknown as Json };
}
