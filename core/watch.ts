import type { EventType } from './event.ts';
import { reachOfCondition } from './matching/metric-index.ts';
import { type Scope, scopeAround, scopeKey } from './scope.ts';
import { conditionOf, isMetricsTrigger, type Trigger } from './trigger.ts';

/**
 * What one automation looks at: a scope, an event type and, for metrics, the metric. `run.ended` stands for the end
 * of a run: automations across runs want the last value of their metric then. `inside` stands in the scope around a
 * collection for whatever an automation on that collection fires on, so that all of a project's or registry's are found.
 * An event touches a watch when all three fit; everything else about the automation is not read for it.
 */
export interface Watch {
  scopeKey: string;
  event: EventType | 'run.ended' | 'inside';
  /** Empty for events that carry no metrics. */
  metric: string;
}

/** The watches of an automation. The first is the one that it fires on. */
export function watchesOf({ scope, trigger }: { scope: Scope; trigger: Trigger }): [Watch, ...Watch[]] {
  const key = scopeKey(scope);
  if (!isMetricsTrigger(trigger)) {
    const own: Watch = { scopeKey: key, event: trigger.event, metric: '' };
    const around = scopeAround(scope);
    return around ? [own, { scopeKey: scopeKey(around), event: 'inside', metric: '' }] : [own];
  }
  const condition = conditionOf(trigger);
  const watch: Watch = { scopeKey: key, event: 'run.metrics', metric: condition.metric };
  const isAcrossRuns = condition.kind === 'zscore' && condition.across === 'runs';
  return isAcrossRuns ? [watch, { ...watch, event: 'run.ended' }] : [watch];
}

/** How many values of a run's series a trigger looks at (docs/triggers.md: reach); 0 for those without a series. */
export function reachOf(trigger: Trigger): number {
  return isMetricsTrigger(trigger) ? reachOfCondition(conditionOf(trigger)) : 0;
}
