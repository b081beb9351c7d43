import { describeCondition } from '../../core/condition-text.ts';
import { conditionOf, isMetricsTrigger, isStateTrigger, type Trigger } from '../../core/trigger.ts';

/** What an automation fires on, in a line. */
export function triggerText(trigger: Trigger): string {
  const filter = Object.keys(trigger.filter).length === 0 ? '' : ` if ${JSON.stringify(trigger.filter)}`;
  return firesOn(trigger) + filter;
}

function firesOn(trigger: Trigger): string {
  if (isMetricsTrigger(trigger)) return describeCondition(conditionOf(trigger));
  return isStateTrigger(trigger) ? `run is ${trigger.states.join(' or ')}` : trigger.event;
}
