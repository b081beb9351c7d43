import type { Threshold } from '../automation.ts';

const aggregates: Record<Threshold['aggregate'], (window: number[]) => number> = {
  last: (window) => window.at(-1) ?? Number.NaN,
  min: (window) => Math.min(...window),
  max: (window) => Math.max(...window),
  average: (window) => window.reduce((sum, value) => sum + value, 0) / window.length,
};

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
