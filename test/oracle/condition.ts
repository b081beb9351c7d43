// The four conditions on metrics, each as the table of docs/triggers.md has it.
import type { Change, Condition, Threshold, Zscore } from './world.ts';

export interface Judgement {
  met: boolean;
  /** What was compared; absent where there was nothing to compare. */
  value?: number;
  /** So near to the bound that rounding may decide. */
  borderline: boolean;
}

/** The metric that a condition is on. */
export function metricOf(condition: Condition): string {
  if ('threshold' in condition) return condition.threshold.metric;
  if ('change' in condition) return condition.change.metric;
  if ('zscore' in condition) return condition.zscore.metric;
  return condition.not_finite.metric;
}

/** How many values of the series a condition looks at. */
export function reachOf(condition: Condition): number {
  if ('threshold' in condition) return condition.threshold.window ?? 1;
  if ('change' in condition) return (condition.change.window ?? 10) + (condition.change.prior_window ?? 50);
  if ('zscore' in condition) return isAcrossRuns(condition) ? 1 : zscoreWindow(condition.zscore) + 1;
  return 1;
}

/** Whether the condition compares with the last values of other runs. */
export function isAcrossRuns(condition: Condition): boolean {
  return 'zscore' in condition && condition.zscore.across === 'runs';
}

/** The number of values, or of runs, that the z-score is taken against. */
export function zscoreWindow(zscore: Zscore): number {
  return zscore.window ?? 30;
}

/** `values` are as many as the window, the newest last. */
export function judgeThreshold(threshold: Threshold, values: number[]): Judgement {
  const x = aggregated(threshold.aggregate ?? 'last', values);
  return { met: compares(x, threshold), value: x, borderline: false };
}

function aggregated(aggregate: 'last' | 'min' | 'max' | 'average', values: number[]): number {
  if (aggregate === 'last') return values.at(-1) ?? Number.NaN;
  if (aggregate === 'min') return Math.min(...values);
  if (aggregate === 'max') return Math.max(...values);
  return average(values);
}

function average(values: number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

function compares(x: number, threshold: Threshold): boolean {
  const bound = threshold.value ?? Number.NaN;
  const [low, high] = threshold.values ?? [Number.NaN, Number.NaN];
  switch (threshold.comparison) {
    case '>':
      return x > bound;
    case '>=':
      return x >= bound;
    case '<':
      return x < bound;
    case '<=':
      return x <= bound;
    case '==':
      return x === bound;
    case '!=':
      return x !== bound;
    case 'between':
      return low <= x && x <= high;
    case 'outside':
      return x < low || x > high;
  }
}

/** `values` are the prior window and then the current one, the newest last. */
export function judgeChange(change: Change, values: number[]): Judgement {
  const aggregate = change.aggregate ?? 'average';
  const window = change.window ?? 10;
  const c = aggregated(aggregate, values.slice(-window));
  const p = aggregated(aggregate, values.slice(0, -window));
  const isRelative = (change.change_type ?? 'relative') === 'relative';
  if (isRelative && p === 0) return { met: false, borderline: false };
  const difference = isRelative ? (c - p) / Math.abs(p) : c - p;
  const isExact = isShortBinary(c) && isShortBinary(p);
  return {
    met: movesEnough(change, difference),
    value: difference,
    borderline: !isExact && isNear(Math.abs(difference), change.amount),
  };
}

function movesEnough(change: Change, difference: number): boolean {
  const rises = difference >= change.amount;
  const falls = -difference >= change.amount;
  if (change.direction === 'increase') return rises;
  if (change.direction === 'decrease') return falls;
  return rises || falls;
}

/** Such numbers are added and subtracted without any rounding. */
function isShortBinary(x: number): boolean {
  return Number.isInteger(x * 1024);
}

function isNear(x: number, bound: number): boolean {
  return Math.abs(x - bound) <= 1e-9 * Math.max(1, bound);
}

/** `before` are the values that the newest one is held against. */
export function judgeZscore(zscore: Zscore, newest: number, before: number[]): Judgement {
  const mean = average(before);
  const squares = before.map((each) => (each - mean) ** 2);
  const deviation = Math.sqrt(squares.reduce((sum, each) => sum + each, 0) / (before.length - 1));
  if (deviation === 0) return { met: false, borderline: false };
  const z = (newest - mean) / deviation;
  const threshold = zscore.threshold ?? 3;
  const direction = zscore.direction ?? 'either';
  const isAbove = direction !== 'below' && z >= threshold;
  const isBelow = direction !== 'above' && z <= -threshold;
  return { met: isAbove || isBelow, value: z, borderline: isNear(Math.abs(z), threshold) };
}
