import { Frame, type FramePart } from './frame.ts';
import { type Measure, measureKey, reachOf } from './measure.ts';
import { emptySeries, newestValues, placeValue, type Series, sizeOf } from './series.ts';

/** Reads one measure off a series, as of the last update of its board. */
export interface Gauge {
  /** Not a number while the windows are not full, and where the rules say "never met". */
  read(): number;
}

/** Classes, because what a function closes over costs more to reach than all the rest of a reading. */
abstract class FrameGauge implements Gauge {
  protected readonly frame: Frame;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  abstract read(): number;
}

class Average extends FrameGauge {
  read(): number {
    return this.frame.average();
  }
}

class Min extends FrameGauge {
  read(): number {
    return this.frame.min();
  }
}

class Max extends FrameGauge {
  read(): number {
    return this.frame.max();
  }
}

class Deviation extends FrameGauge {
  read(): number {
    return this.frame.deviation();
  }
}

type Aggregate = 'last' | 'min' | 'max' | 'average';

/**
 * The gauges of one series: one for each measure, which share what they know of the same window. An update costs no
 * more than the values that came since the last one, and at most one pass over each window. For the length of a batch:
 * what the gauges know is made from the series and nowhere kept.
 */
export class GaugeBoard {
  private readonly series: Series;
  private readonly gauges = new Map<string, Gauge>();
  private first: Frame | undefined = undefined;

  constructor(series: Series) {
    this.series = series;
  }

  /** To be called after changes of the series, before gauges are read. */
  update(): void {
    for (let frame = this.first; frame !== undefined; frame = frame.next) frame.update();
  }

  gauge(measure: Measure): Gauge {
    const key = measureKey(measure);
    const gauge = this.gauges.get(key) ?? this.make(measure);
    this.gauges.set(key, gauge);
    return gauge;
  }

  /** The sample standard deviation of the newest `window` values. */
  deviation(window: number): Gauge {
    return new Deviation(this.frame(window, 0, 'spread'));
  }

  private make(measure: Measure): Gauge {
    switch (measure.kind) {
      case 'aggregate':
        return this.aggregate(measure.aggregate, measure.window, 0);
      case 'change':
        return this.change(measure);
      case 'zscore':
        return this.zscore(measure.window);
    }
  }

  private aggregate(aggregate: Aggregate, window: number, offset: number): Gauge {
    const { series } = this;
    if (aggregate === 'last') {
      return {
        read: () => (sizeOf(series) < window ? Number.NaN : (series.values[series.end - 1] as number)),
      };
    }
    if (aggregate === 'average') return new Average(this.frame(window, offset, 'sum'));
    const frame = this.frame(window, offset, 'extremes');
    return aggregate === 'min' ? new Min(frame) : new Max(frame);
  }

  private change({
    aggregate,
    window,
    priorWindow,
    changeType,
  }: Extract<Measure, { kind: 'change' }>): Gauge {
    const current = this.aggregate(aggregate, window, 0);
    const prior = this.aggregate(aggregate, priorWindow, window);
    if (changeType === 'absolute') return { read: () => current.read() - prior.read() };
    return { read: () => relativeChange(current.read(), prior.read()) };
  }

  private zscore(window: number): Gauge {
    const { series } = this;
    const frame = this.frame(window, 1, 'spread');
    return { read: () => frame.zscore(series.values[series.end - 1] as number) };
  }

  private frame(size: number, offset: number, part: FramePart): Frame {
    let frame = this.first;
    while (frame !== undefined && (frame.size !== size || frame.offset !== offset)) frame = frame.next;
    if (frame === undefined) {
      frame = new Frame(this.series, size, offset, this.first);
      this.first = frame;
    }
    frame.want(part);
    frame.update();
    return frame;
  }
}

/** The values that a measure is made from, oldest first; of a change the current window, of a z-score the newest too. */
export function windowOf(series: Series, measure: Measure): number[] {
  return newestValues(series, measure.kind === 'change' ? measure.window : reachOf(measure));
}

/** How far `newest` is from `others`, in sample standard deviations; not a number when they have none. */
export function zscoreAgainst(newest: number, others: number[]): number {
  if (others.length < 2) return Number.NaN;
  const series = emptySeries(others.length);
  for (const [step, value] of others.entries()) {
    placeValue(series, { step, value, receivedAtMs: 0 }, others.length);
  }
  const frame = new Frame(series, others.length, 0);
  frame.want('spread');
  frame.update();
  return frame.zscore(newest);
}

/** Never met against 0. Only changes among the largest doubles overflow; their shares don't. */
function relativeChange(now: number, before: number): number {
  if (before === 0) return Number.NaN;
  const size = Math.abs(before);
  const change = now - before;
  return Number.isFinite(change) ? change / size : now / size - Math.sign(before);
}
