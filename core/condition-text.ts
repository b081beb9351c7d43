import type { Change, Condition, Threshold, ZScore } from './trigger.ts';

/** The condition as people read it: `average(loss, 5) < 0.3`. */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'threshold':
      return describeThreshold(condition);
    case 'change':
      return describeChange(condition);
    case 'zscore':
      return describeZScore(condition);
    case 'not_finite':
      return `${condition.metric} is NaN or infinite`;
  }
}

function describeThreshold(threshold: Threshold): string {
  const { comparison, value, values } = threshold;
  const left = measured(threshold);
  return values ? `${left} ${comparison} ${values[0]} and ${values[1]}` : `${left} ${comparison} ${value}`;
}

/** The condition in few words, without windows: `loss < 0.3`. */
export function describeConditionShortly(condition: Condition): string {
  switch (condition.kind) {
    case 'threshold':
      return describeThreshold({ ...condition, window: 1 });
    case 'change':
      return `${condition.metric} ${changes[condition.direction]} ${amountOf(condition)}`;
    case 'zscore':
      return boundOf(condition, `zscore(${condition.metric})`);
    case 'not_finite':
      return describeCondition(condition);
  }
}

/** What was found where the condition was met: `average(loss, 5) is 0.28 at step 12`. */
export function describeStatus(condition: Condition, value: number, step: number): string {
  return `${describeMeasured(condition, value)} at step ${step}`;
}

/** What was compared, and what it is: `average(loss, 5) is 0.28`. */
export function describeMeasured(condition: Condition, value: number): string {
  switch (condition.kind) {
    case 'threshold':
      return `${measured(condition)} is ${value}`;
    case 'change': {
      const by = condition.change_type === 'relative' ? `${rounded(value * 100)} %` : String(value);
      return `${condition.aggregate}(${condition.metric}, ${condition.window}) changed by ${value > 0 ? '+' : ''}${by}`;
    }
    case 'zscore':
      return `zscore(${condition.metric}) is ${rounded(value)}`;
    case 'not_finite':
      return `${condition.metric} is ${value}`;
  }
}

/** 0.07 * 100 is 7.000000000000001. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

function measured({ metric, aggregate, window }: Threshold): string {
  return window === 1 ? metric : `${aggregate}(${metric}, ${window})`;
}

const changes = {
  increase: 'increases by at least',
  decrease: 'decreases by at least',
  either: 'changes by at least',
};

function amountOf({ change_type: type, amount }: Change): string {
  return type === 'relative' ? `${rounded(amount * 100)} %` : String(amount);
}

function describeChange(change: Change): string {
  const { metric, aggregate, window, prior_window: prior, direction } = change;
  return `${aggregate}(${metric}, ${window}) ${changes[direction]} ${amountOf(change)} from the ${prior} values before`;
}

function describeZScore(zscore: ZScore): string {
  const { metric, window, across } = zscore;
  const of = across === 'runs' ? `the last ${window} runs` : `the ${window} values before`;
  return boundOf(zscore, `zscore(${metric}) against ${of}`);
}

function boundOf({ threshold, direction }: ZScore, z: string): string {
  if (direction === 'above') return `${z} >= ${threshold}`;
  return direction === 'below' ? `${z} <= ${-threshold}` : `|${z}| >= ${threshold}`;
}
