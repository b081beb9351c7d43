/**
 * The newest values of one metric of one run, in the order of their steps. The three lists run in parallel and hold
 * the series at `start` to `end`: what is before was let go, what is behind is room, so that a value at the end
 * costs the same whatever the series holds. Plain data; changed by the functions here only.
 */
export interface Series {
  steps: Float64Array;
  values: Float64Array;
  receivedAtMs: Float64Array;
  start: number;
  end: number;
  /** How many values were moved out of the lists: `moved + end` counts on when the lists are made shorter. */
  moved: number;
  /** Goes up whenever something else happens than a value at the end. */
  revision: number;
  /** From this index on the times of receipt never go back. */
  orderedFrom: number;
  /** When the series last got a value, even if it holds that one no more; 0 before the first. */
  lastReceivedAtMs: number;
  /** Values at lower steps are late since a rewind, however few are held; 0 before the first. */
  floor: number;
}

export interface SeriesPoint {
  step: number;
  value: number;
  receivedAtMs: number;
}

/**
 * What became of a value: `repeated` was there already and `late` is older than all that a full series holds, or held
 * before a rewind: both change nothing. `placed` took its place, `rank` values before the newest one (0: it is the newest).
 */
export type Placement =
  | { readonly placement: 'late' | 'repeated' }
  | { readonly placement: 'placed'; readonly rank: number };

const LATE: Placement = Object.freeze({ placement: 'late' });
const REPEATED: Placement = Object.freeze({ placement: 'repeated' });
const NEWEST: Placement = Object.freeze({ placement: 'placed', rank: 0 });

/** Moving what is held to the front costs three calls, whatever their length: with room, few values pay for it. */
const LEAST_ROOM = 256;

/** A series without values, and room for some. */
export function emptySeries(room = 0): Series {
  return {
    steps: new Float64Array(room),
    values: new Float64Array(room),
    receivedAtMs: new Float64Array(room),
    start: 0,
    end: 0,
    moved: 0,
    revision: 0,
    orderedFrom: 0,
    lastReceivedAtMs: 0,
    floor: 0,
  };
}

/** Puts a value at its step and keeps the `capacity` newest. Changes the series. */
export function placeValue(series: Series, point: SeriesPoint, capacity: number): Placement {
  if (series.end === series.steps.length) makeRoom(series);
  const { end } = series;
  const { step, value, receivedAtMs } = point;
  if (end > series.start) {
    if (step <= (series.steps[end - 1] as number)) return insertValue(series, point, capacity);
  } else if (step < series.floor) return LATE;
  series.steps[end] = step;
  series.values[end] = value;
  series.receivedAtMs[end] = receivedAtMs;
  series.end = end + 1;
  if (end + 1 - series.start > capacity) series.start = end + 1 - capacity;
  if (receivedAtMs >= series.lastReceivedAtMs) series.lastReceivedAtMs = receivedAtMs;
  else if (end > 0 && receivedAtMs < (series.receivedAtMs[end - 1] as number)) series.orderedFrom = end;
  return NEWEST;
}

/** Forgets the values at `step` and later. What is older than all that was held does not come back. Changes the series. */
export function forgetFrom(series: Series, step: number): void {
  const end = indexOfStep(series, step);
  if (end === series.end && series.floor <= step) return;
  const oldest = sizeOf(series) > 0 ? (series.steps[series.start] as number) : series.floor;
  series.floor = Math.min(oldest, step);
  series.end = end;
  series.orderedFrom = Math.min(series.orderedFrom, end);
  series.revision++;
}

export function sizeOf(series: Series): number {
  return series.end - series.start;
}

/** The newest step held; undefined when the series holds none. */
export function newestStep(series: Series): number | undefined {
  return series.end > series.start ? series.steps[series.end - 1] : undefined;
}

/** The `count` newest values, or as many as there are, oldest first. */
export function newestValues(series: Series, count: number): number[] {
  return [...series.values.subarray(Math.max(series.start, series.end - count), series.end)];
}

/** All that the series holds, oldest first. */
export function pointsOf({ steps, values, receivedAtMs, start, end }: Series): SeriesPoint[] {
  return Array.from({ length: end - start }, (_, rank) => ({
    step: steps[start + rank] as number,
    value: values[start + rank] as number,
    receivedAtMs: receivedAtMs[start + rank] as number,
  }));
}

/** The earliest time of receipt among the `reach` newest values, or as many as there are; Infinity of none. */
export function oldestReceipt({ receivedAtMs, start, end, orderedFrom }: Series, reach: number): number {
  const first = Math.max(start, end - reach);
  if (first === end) return Number.POSITIVE_INFINITY;
  let oldest = receivedAtMs[first] as number;
  for (let at = first + 1; at <= Math.min(orderedFrom, end - 1); at++) {
    oldest = Math.min(oldest, receivedAtMs[at] as number);
  }
  return oldest;
}

function insertValue(series: Series, point: SeriesPoint, capacity: number): Placement {
  const { end, steps, values, receivedAtMs } = series;
  series.start = Math.max(series.start, end - capacity);
  const at = indexOfStep(series, point.step);
  if (steps[at] === point.step) return REPEATED;
  if (at === series.start && (sizeOf(series) >= capacity || point.step < series.floor)) return LATE;
  for (const list of [steps, values, receivedAtMs]) list.copyWithin(at + 1, at, end);
  steps[at] = point.step;
  values[at] = point.value;
  receivedAtMs[at] = point.receivedAtMs;
  series.end = end + 1;
  series.start = Math.max(series.start, series.end - capacity);
  // The values behind the new one kept their order; no more is known.
  series.orderedFrom = Math.max(series.orderedFrom, at) + 1;
  series.lastReceivedAtMs = Math.max(series.lastReceivedAtMs, point.receivedAtMs);
  series.revision++;
  return { placement: 'placed', rank: end - at };
}

/** Moves what is held to the front, into longer lists where these have no room: once in as many values as are held. */
function makeRoom(series: Series): void {
  const { start, end, steps, values, receivedAtMs } = series;
  const held = end - start;
  if (steps.length >= Math.max(LEAST_ROOM, held * 2)) {
    for (const list of [steps, values, receivedAtMs]) list.copyWithin(0, start, end);
  } else {
    const room = Math.max(LEAST_ROOM, held * 2);
    series.steps = longer(steps, start, room);
    series.values = longer(values, start, room);
    series.receivedAtMs = longer(receivedAtMs, start, room);
  }
  series.start = 0;
  series.end = held;
  series.moved += start;
  series.orderedFrom = Math.max(0, series.orderedFrom - start);
}

function longer(list: Float64Array, start: number, room: number): Float64Array {
  const copy = new Float64Array(room);
  copy.set(list.subarray(start));
  return copy;
}

/** Index of the first value held at `step` or later. */
function indexOfStep({ steps, start, end }: Series, step: number): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] as number) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
