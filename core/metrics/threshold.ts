import type { Threshold } from '../automation.ts';

const aggregates: Record<Threshold['aggregate'], (window: number[]) => number> = {
  last: (window) => window.at(-1) ?? Number.NaN,
  min: (window) => Math.min(...window),
  max: (window) => Math.max(...window),
  average,
};

function average(window: number[]): number {
  const sum = window.reduce((total, value) => total + value, 0);
  // Only values near the largest double add up to infinity; their shares don't.
  return Number.isFinite(sum)
    ? sum / window.length
    : window.reduce((total, value) => total + value / window.length, 0);
}

const comparisons: Record<Threshold['comparison'], (value: number, bound: number) => boolean> = {
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '==': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
};

/** The value that a full window is judged by, and whether the threshold is met. */
export function judgeThreshold(threshold: Threshold, window: number[]): { value: number; met: boolean } {
  const value = aggregates[threshold.aggregate](window);
  return { value, met: comparisons[threshold.comparison](value, threshold.value) };
}

/** The condition as people read it: `average(loss, 5) < 0.3`. */
export function describeThreshold({ metric, aggregate, window, comparison, value }: Threshold): string {
  const left = window === 1 ? metric : `${aggregate}(${metric}, ${window})`;
  return `${left} ${comparison} ${value}`;
}
