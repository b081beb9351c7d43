import type { Trigger } from './automation.ts';
import type { EventType } from './event.ts';
import { type Scope, scopeKey } from './scope.ts';

/**
 * What one automation looks at: a scope, an event type and, for metrics, the metric.
 * An event touches a watch when all three fit; everything else about the automation is not read for it.
 */
export interface Watch {
  scopeKey: string;
  event: EventType;
  /** Empty for events that carry no metrics. */
  metric: string;
}

/** The one watch of an automation. */
export function watchOf(automation: { scope: Scope; trigger: Trigger }): Watch {
  const { trigger } = automation;
  const metric = trigger.event === 'run.metrics' ? trigger.threshold.metric : '';
  return { scopeKey: scopeKey(automation.scope), event: trigger.event, metric };
}

export function sameWatch(a: Watch, b: Watch): boolean {
  return a.scopeKey === b.scopeKey && a.event === b.event && a.metric === b.metric;
}
