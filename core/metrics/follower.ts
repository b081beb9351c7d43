import type { Series } from './series.ts';

/** A number made from the values of a window, which can follow the window when it moves on by one value. */
export interface Tally {
  fill(values: Float64Array, from: number, to: number): void;
  slide(entering: number, leaving: number): void;
}

/** Keeps a tally at the window of `size` values that ends `offset` values before the newest. */
export class Follower<T extends Tally> {
  readonly tally: T;
  private readonly series: Series;
  private readonly size: number;
  private readonly offset: number;
  private position = 0;
  private revision = -1;

  constructor(series: Series, size: number, offset: number, tally: T) {
    this.series = series;
    this.size = size;
    this.offset = offset;
    this.tally = tally;
  }

  /** Brings the tally up to date; undefined while the window is not full. */
  current(): T | undefined {
    const { series, size, tally } = this;
    const end = series.end - this.offset;
    if (end - series.start < size) return undefined;
    const position = series.moved + end;
    const behind = position - this.position;
    if (this.revision !== series.revision || behind > size || end - behind < size) {
      tally.fill(series.values, end - size, end);
      this.revision = series.revision;
    } else {
      for (let at = end - behind; at < end; at++) {
        tally.slide(series.values[at] as number, series.values[at - size] as number);
      }
    }
    this.position = position;
    return tally;
  }

  /** Makes the tally anew from the window that it stands at. */
  refill(): void {
    const end = this.series.end - this.offset;
    this.tally.fill(this.series.values, end - this.size, end);
  }
}
