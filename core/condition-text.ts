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

function describeThreshold({ metric, aggregate, window, comparison, value, values }: Threshold): string {
  const left = window === 1 ? metric : `${aggregate}(${metric}, ${window})`;
  return values ? `${left} ${comparison} ${values[0]} and ${values[1]}` : `${left} ${comparison} ${value}`;
}

const changes = {
  increase: 'increases by at least',
  decrease: 'decreases by at least',
  either: 'changes by at least',
};

function describeChange(change: Change): string {
  const { metric, aggregate, window, prior_window: prior, change_type: type, direction, amount } = change;
  // Rounded, because 0.07 * 100 is 7.000000000000001.
  const by = type === 'relative' ? `${Number((amount * 100).toPrecision(12))} %` : String(amount);
  return `${aggregate}(${metric}, ${window}) ${changes[direction]} ${by} from the ${prior} values before`;
}

function describeZScore({ metric, window, threshold, direction, across }: ZScore): string {
  const of = across === 'runs' ? `the last ${window} runs` : `the ${window} values before`;
  const z = `zscore(${metric}) against ${of}`;
  if (direction === 'above') return `${z} >= ${threshold}`;
  return direction === 'below' ? `${z} <= ${-threshold}` : `|${z}| >= ${threshold}`;
}
