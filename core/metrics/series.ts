/** The newest values of one metric of one run, in the order of their steps. The three lists run in parallel. */
export interface Series {
  steps: number[];
  values: number[];
  receivedAtMs: number[];
}

export interface SeriesPoint {
  step: number;
  value: number;
  receivedAtMs: number;
}

/**
 * What became of a value: `newest` ends the window, `inside` took its place in it, `repeated` was there
 * already and `late` is older than anything that a window still reaches (both change nothing; our choice).
 */
export type Placement = 'newest' | 'inside' | 'repeated' | 'late';

export function emptySeries(): Series {
  return { steps: [], values: [], receivedAtMs: [] };
}

/** Puts a value at its step and keeps the `capacity` newest. Changes the series. */
export function placeValue(series: Series, point: SeriesPoint, capacity: number): Placement {
  const at = insertionIndex(series.steps, point.step);
  if (at > 0 && series.steps[at - 1] === point.step) return 'repeated';
  if (at === 0 && series.steps.length >= capacity) return 'late';
  series.steps.splice(at, 0, point.step);
  series.values.splice(at, 0, point.value);
  series.receivedAtMs.splice(at, 0, point.receivedAtMs);
  const placement = at === series.steps.length - 1 ? 'newest' : 'inside';
  keepNewest(series, capacity);
  return placement;
}

/** Forgets the values at `step` and later: a newer attempt replaces them. Changes the series. */
export function forgetFrom(series: Series, step: number): void {
  const end = insertionIndex(series.steps, step - 1);
  for (const list of [series.steps, series.values, series.receivedAtMs]) list.length = end;
}

/** The newest `size` values received at `sinceMs` or later, oldest first; undefined while there are fewer. */
export function newestWindow(series: Series, size: number, sinceMs: number): number[] | undefined {
  const window: number[] = [];
  for (let at = series.steps.length - 1; at >= 0 && window.length < size; at--) {
    if ((series.receivedAtMs[at] ?? 0) >= sinceMs) window.push(series.values[at] ?? Number.NaN);
  }
  return window.length === size ? window.reverse() : undefined;
}

function keepNewest(series: Series, capacity: number): void {
  const surplus = series.steps.length - capacity;
  if (surplus <= 0) return;
  for (const list of [series.steps, series.values, series.receivedAtMs]) list.splice(0, surplus);
}

/** Index behind the last step that is <= `step`. Searched from the end, where nearly every value belongs. */
function insertionIndex(steps: number[], step: number): number {
  let at = steps.length;
  while (at > 0 && (steps[at - 1] ?? 0) > step) at--;
  return at;
}
