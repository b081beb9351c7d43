import { Average } from './average.ts';
import { Extreme } from './extreme.ts';
import { Follower } from './follower.ts';
import { type Measure, reachOf } from './measure.ts';
import { newestValues, type Series, sizeOf } from './series.ts';
import { Spread } from './spread.ts';

/**
 * Reads one measure off a series, again and again while values are placed in it: each reading costs no more than the
 * values that came since the last one, and at most one pass over the measure's reach. Gauges are for the length of a
 * batch: what they know is made from the series and nowhere kept.
 */
export interface Gauge {
  /** Undefined while the windows are not full, and where the rules say "never met". */
  read(): number | undefined;
}

export function makeGauge(series: Series, measure: Measure): Gauge {
  switch (measure.kind) {
    case 'aggregate':
      return aggregateGauge(series, measure.aggregate, measure.window, 0);
    case 'change':
      return changeGauge(series, measure);
    case 'zscore':
      return zscoreGauge(series, measure.window);
  }
}

/** The values that a measure is made from, oldest first; of a change the current window, of a z-score the newest too. */
export function windowOf(series: Series, measure: Measure): number[] {
  return newestValues(series, measure.kind === 'change' ? measure.window : reachOf(measure));
}

/** How far `newest` is from `others`, in sample standard deviations; undefined when they have none. */
export function zscoreAgainst(newest: number, others: number[]): number | undefined {
  if (others.length < 2) return undefined;
  const spread = new Spread(others.length);
  spread.fill(Float64Array.from(others), 0, others.length);
  spread.settle();
  return spread.zscore(newest);
}

/** The sample standard deviation of the newest `window` values. */
export function deviationGauge(series: Series, window: number): Gauge {
  const follower = new Follower(series, window, 0, new Spread(window));
  return { read: () => preciseSpread(follower)?.deviation() };
}

function aggregateGauge(
  series: Series,
  aggregate: 'last' | 'min' | 'max' | 'average',
  window: number,
  offset: number,
): Gauge {
  switch (aggregate) {
    case 'last':
      return { read: () => (sizeOf(series) < window ? undefined : series.values[series.end - 1]) };
    case 'average': {
      const follower = new Follower(series, window, offset, new Average(window));
      return { read: () => follower.current()?.read() };
    }
    default: {
      const follower = new Follower(series, window, offset, new Extreme(window, aggregate));
      return { read: () => follower.current()?.read() };
    }
  }
}

function changeGauge(
  series: Series,
  { aggregate, window, priorWindow, changeType }: Extract<Measure, { kind: 'change' }>,
): Gauge {
  const current = aggregateGauge(series, aggregate, window, 0);
  const prior = aggregateGauge(series, aggregate, priorWindow, window);
  const change = changeType === 'relative' ? relativeChange : (now: number, before: number) => now - before;
  return {
    read: () => {
      const before = prior.read();
      const now = before === undefined ? undefined : current.read();
      return now === undefined || before === undefined ? undefined : change(now, before);
    },
  };
}

/** Never met against 0. Only changes among the largest doubles overflow; their shares don't. */
function relativeChange(now: number, before: number): number | undefined {
  if (before === 0) return undefined;
  const size = Math.abs(before);
  const change = now - before;
  return Number.isFinite(change) ? change / size : now / size - Math.sign(before);
}

function zscoreGauge(series: Series, window: number): Gauge {
  const follower = new Follower(series, window, 1, new Spread(window));
  return { read: () => preciseSpread(follower)?.zscore(series.values[series.end - 1] as number) };
}

function preciseSpread(follower: Follower<Spread>): Spread | undefined {
  const spread = follower.current();
  if (spread && !spread.settle()) {
    follower.refill();
    spread.settle();
  }
  return spread;
}
