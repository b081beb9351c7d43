/**
 * The smallest and the largest value of a window, kept up while it slides. Most values cost two comparisons each that
 * nearly always end the same way, which counts for more than their number: an extreme is looked for only when the old
 * one leaves the window.
 */
export class Extremes {
  least = Number.NaN;
  most = Number.NaN;
  private readonly size: number;
  private readonly isSmall: boolean;
  private readonly lower: Succession;
  private readonly upper: Succession;

  constructor(size: number) {
    this.size = size;
    this.isSmall = size <= SMALL;
    this.lower = new Succession(size, -1);
    this.upper = new Succession(size, 1);
  }

  /** Moves on to the value at `at`, which was the value number `position` of all. */
  slide(value: number, gone: number, values: Float64Array, at: number, position: number): void {
    const { least, most } = this;
    if (value <= least) this.least = value;
    else if (gone === least) this.findLeast(values, at, position);
    if (value >= most) this.most = value;
    else if (gone === most) this.findMost(values, at, position);
  }

  // They answer nothing: a number that a function answers is put into a box.
  private findLeast(values: Float64Array, at: number, position: number): void {
    if (!this.isSmall) {
      this.least = this.lower.next(values, at, position);
      return;
    }
    let least = values[at] as number;
    for (let from = at - this.size + 1; from < at; from++) least = lesser(least, values[from] as number);
    this.least = least;
  }

  private findMost(values: Float64Array, at: number, position: number): void {
    if (!this.isSmall) {
      this.most = this.upper.next(values, at, position);
      return;
    }
    let most = values[at] as number;
    for (let from = at - this.size + 1; from < at; from++) most = greater(most, values[from] as number);
    this.most = most;
  }

  clear(): void {
    this.least = Number.NaN;
    this.most = Number.NaN;
  }

  /** Begins anew with the values that end at `at`. */
  fill(values: Float64Array, at: number, position: number): void {
    this.least = this.lower.fill(values, at, position);
    this.most = this.upper.fill(values, at, position);
  }
}

/** A window of this size is looked through faster than what is said below could be kept up. */
const SMALL = 16;

/**
 * Says which value is the largest when the largest has left; with a sign of −1, of the values turned around. Of a block
 * of values as long as the window, the largest from each value to the block's end are known, and of the newer values
 * the largest as far as they were looked at; a block is made only when the whole last one has left. So each value is
 * looked at twice at most, in order or not.
 */
class Succession {
  private readonly size: number;
  private readonly sign: 1 | -1;
  private readonly tops: Float64Array;
  /** Where the block ends, counted as positions are. */
  private blockEnd = 0;
  /** How many of the newer values were looked at, and the largest of them. */
  private looked = 0;
  private newer = Number.NEGATIVE_INFINITY;

  constructor(size: number, sign: 1 | -1) {
    this.size = size;
    this.sign = sign;
    this.tops = new Float64Array(size);
  }

  next(values: Float64Array, at: number, position: number): number {
    const { sign } = this;
    const beyond = position - this.blockEnd;
    if (beyond >= this.size) return this.fill(values, at, position);
    let { newer } = this;
    for (let from = at - beyond + this.looked + 1; from <= at; from++) {
      newer = greater(newer, sign * (values[from] as number));
    }
    this.newer = newer;
    this.looked = beyond;
    return sign * greater(newer, this.tops[beyond] as number);
  }

  fill(values: Float64Array, at: number, position: number): number {
    const { sign, tops, size } = this;
    let top = Number.NEGATIVE_INFINITY;
    for (let rank = size - 1, from = at; rank >= 0; rank--, from--) {
      top = greater(top, sign * (values[from] as number));
      tops[rank] = top;
    }
    this.blockEnd = position;
    this.looked = 0;
    this.newer = Number.NEGATIVE_INFINITY;
    return sign * top;
  }
}

// Math.min and Math.max look after zeros of either sign as well, at more than the price of the rest.
export function lesser(a: number, b: number): number {
  return a < b ? a : b;
}

export function greater(a: number, b: number): number {
  return a > b ? a : b;
}
