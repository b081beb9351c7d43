/**
 * The smallest and largest value of a window. The window is made of the end of a finished block, whose extremes from
 * each value to its end are known, and of newer values, of which one of each is enough. A block is as long as the
 * window, so a value costs four comparisons, in order or not.
 */
export class Extremes {
  private readonly size: number;
  private readonly minima: Float64Array;
  private readonly maxima: Float64Array;
  /** By how many values the window is beyond the block. */
  private beyond = 0;
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.size = size;
    this.minima = new Float64Array(size);
    this.maxima = new Float64Array(size);
  }

  min(): number {
    return lesser(this.least, this.minima[this.beyond] as number);
  }

  max(): number {
    return greater(this.most, this.maxima[this.beyond] as number);
  }

  /** Moves on to the value at `at`. */
  slide(values: Float64Array, at: number): void {
    this.beyond++;
    if (this.beyond === this.size) {
      this.fill(values, at + 1);
    } else {
      const value = values[at] as number;
      if (value < this.least) this.least = value;
      if (value > this.most) this.most = value;
    }
  }

  /** Begins anew with the values that end at `end`. */
  fill(values: Float64Array, end: number): void {
    const { minima, maxima } = this;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let rank = this.size - 1, at = end - 1; rank >= 0; rank--, at--) {
      const value = values[at] as number;
      least = lesser(least, value);
      most = greater(most, value);
      minima[rank] = least;
      maxima[rank] = most;
    }
    this.beyond = 0;
    this.least = Number.POSITIVE_INFINITY;
    this.most = Number.NEGATIVE_INFINITY;
  }
}

// Math.min and Math.max look after zeros of either sign as well, at more than the price of the rest.
export function lesser(a: number, b: number): number {
  return a < b ? a : b;
}

export function greater(a: number, b: number): number {
  return a > b ? a : b;
}
