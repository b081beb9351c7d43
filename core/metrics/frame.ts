import { averageOf, beyondOf, lostIn, upperBits } from './exact-sum.ts';
import { Extremes, greater, lesser } from './extremes.ts';
import type { Series } from './series.ts';
import { WideSum } from './wide-sum.ts';

export type FramePart = 'sum' | 'extremes' | 'spread';

/** All that the sum of squares ever was may be so many times the variance: 2^11 × 2^-51 < 1e-12, of its root half. */
const TRUSTED_LOSS = 2048;

/** More than all squares ever lose that are too small for a double; nothing beside squares of the window's own scale. */
const UNDERFLOW = 2 ** -900;

/**
 * The window of `size` values that ends `offset` values before the newest of a series, and what is to be known of it,
 * kept up while the series grows: a value costs the same whatever the size. Anything but growth at the end, or growth
 * by more than the window, is one pass over the window. One class, since values handed between objects cost more than
 * what is done with them.
 *
 * What is asked for is not a number while the window is not full.
 *
 * - The sum forgets nothing: whatever came and went, it is the true sum rounded once. Two doubles hold it; where these
 *   are too short or a double too small, it goes on in a wider sum.
 * - The spread is a sum of squares of distances from a fixed centre near the mean, in units near the range of the
 *   window, so that nothing overflows or cancels out. When the values have moved away from there, it is made anew.
 */
export class Frame {
  private readonly series: Series;
  readonly size: number;
  readonly offset: number;
  /** The next one that its board keeps up. */
  readonly next: Frame | undefined;
  /** 1 / (n (n − 1)), which makes the variance of n Σd² − (Σd)². */
  private readonly perPair: number;
  private extremes: Extremes | undefined = undefined;
  private hasSum = false;
  private hasSpread = false;
  /** Where the window ends, counted from the first value that the series ever had. */
  private position = 0;
  private revision = -1;

  private high = 0;
  private low = 0;
  private wide: WideSum | undefined = undefined;

  /** Powers of 2: scale × unit is 1. */
  private scale = 1;
  private unit = 1;
  private scaledCentre = 0;
  /** size × centre in two exact parts. */
  private upper = 0;
  private lower = 0;
  private squares = 0;
  /** The sum of all that the squares were since they were made: bounds their error. */
  private traffic = 0;

  constructor(series: Series, size: number, offset: number, next: Frame | undefined = undefined) {
    this.series = series;
    this.size = size;
    this.offset = offset;
    this.next = next;
    this.perPair = 1 / (size * (size - 1));
  }

  /** Keeps up a part from now on. */
  want(part: FramePart): void {
    if (part === 'extremes') {
      this.extremes ??= new Extremes(this.size);
    } else {
      this.hasSum = true;
      this.hasSpread ||= part === 'spread';
    }
    this.revision = -1;
  }

  /** Brings all parts up to date with the series; what is asked for is as of then. */
  update(): void {
    const { series, size } = this;
    const end = series.end - this.offset;
    const position = series.moved + end;
    const moved = position - this.position;
    this.position = position;
    if (end - series.start < size) this.clear();
    else if (this.revision !== series.revision) this.fill(end);
    else if (moved === 1 && end > size) this.slide(end - 1);
    else if (moved !== 0) this.catchUp(end, moved);
  }

  average(): number {
    return this.wide === undefined ? (this.high + this.low) / this.size : averageOf(this.wide, this.size);
  }

  min(): number {
    return this.extremes === undefined ? Number.NaN : this.extremes.least;
  }

  max(): number {
    return this.extremes === undefined ? Number.NaN : this.extremes.most;
  }

  /** The sample standard deviation (n − 1). */
  deviation(): number {
    return this.spread() * this.unit;
  }

  /** How many deviations `value` is from the average; not a number when there is none. */
  zscore(value: number): number {
    const spread = this.spread();
    if (spread === 0 || Number.isNaN(spread)) return Number.NaN;
    const zscore = (0 - this.sumBeyond(value)) / this.size / spread;
    return Number.isFinite(zscore) ? zscore : this.farZscore(value);
  }

  private catchUp(end: number, moved: number): void {
    const first = end - moved;
    if (moved > this.size || first < this.size) this.fill(end);
    else for (let at = first; at < end; at++) this.advance(at);
  }

  private advance(at: number): void {
    this.position = this.series.moved + at + 1;
    this.slide(at);
  }

  /** While the window is not full. */
  private clear(): void {
    this.revision = -1;
    this.high = Number.NaN;
    this.wide = undefined;
    this.extremes?.clear();
  }

  /** Moves all parts on to the value at `at`. One long function: handing doubles on would cost more than this does. */
  private slide(at: number): void {
    const { values } = this.series;
    const entering = values[at] as number;
    const leaving = values[at - this.size] as number;
    if (this.hasSum === true) {
      const { high, low } = this;
      const change = entering - leaving;
      const sum = high + change;
      const lost = lostIn(high, change, sum);
      const lower = low + lost;
      const lostBefore = lostIn(entering, -leaving, change);
      const lowest = lower + lostBefore;
      // Not a number where something overflowed, and no zero either.
      if (lostIn(low, lost, lower) === 0 && lostIn(lower, lostBefore, lowest) === 0) {
        this.high = sum;
        this.low = lowest;
      } else {
        this.slideWide(at);
      }
      if (this.hasSpread === true && change !== 0) {
        const { scale, scaledCentre } = this;
        const to = entering * scale - scaledCentre;
        const from = leaving * scale - scaledCentre;
        const squares = this.squares + (to - from) * (to + from);
        this.squares = squares;
        this.traffic += squares;
      }
    }
    this.extremes?.slide(entering, leaving, values, at, this.position);
  }

  private fill(end: number): void {
    this.revision = this.series.revision;
    if (this.hasSum) this.fillSum(end);
    if (this.hasSpread) this.fillSquares(end);
    this.extremes?.fill(this.series.values, end - 1, this.position);
  }

  private slideWide(at: number): void {
    const { values } = this.series;
    this.wide ??= WideSum.of(this.high, this.low);
    this.wide.add(values[at] as number);
    this.wide.add(values[at - this.size] as number, -1);
    this.high = Number.NaN;
  }

  /** The deviation, in units of the window. */
  private spread(): number {
    const { size, squares } = this;
    const distance = (this.high - this.upper + (this.low - this.lower)) * this.scale;
    // n Σd² − (Σd)²: exact for whole numbers of ordinary size.
    const numerator = size * squares - distance * distance;
    const isPrecise = this.traffic * size <= TRUSTED_LOSS * numerator;
    // Two returns: one number made in two ways would be put into a box.
    if (!isPrecise) return Math.sqrt(this.preciseNumerator() * this.perPair);
    return Math.sqrt(numerator * this.perPair);
  }

  /** The same with a sum of any kind, and with the squares made anew where that is not enough. */
  private preciseNumerator(): number {
    if (this.revision === -1) return Number.NaN;
    const numerator = this.numerator();
    if (this.traffic * this.size <= TRUSTED_LOSS * numerator) return numerator;
    this.fillSquares(this.series.end - this.offset);
    return Math.max(0, this.numerator());
  }

  /** In units of the window as it is now, nothing overflows that a double can hold (but for a factor of its size). */
  private farZscore(value: number): number {
    this.fillSquares(this.series.end - this.offset);
    const spread = this.spread();
    return (0 - this.sumBeyond(value)) / this.size / spread;
  }

  private numerator(): number {
    const distance = this.sumBeyond(this.scaledCentre / this.scale);
    return this.size * this.squares - distance * distance;
  }

  /** (sum − size × value) × scale */
  private sumBeyond(value: number): number {
    return beyondOf(this.wide ?? { high: this.high, low: this.low }, this.size, value, this.scale);
  }

  private fillSum(end: number): void {
    const { values } = this.series;
    const start = end - this.size;
    let high = 0;
    let low = 0;
    let isExact = true;
    for (let at = start; at < end && isExact; at++) {
      const sum = high + (values[at] as number);
      const lost = lostIn(high, values[at] as number, sum);
      const lower = low + lost;
      isExact = lostIn(low, lost, lower) === 0;
      high = sum;
      low = lower;
    }
    this.high = high;
    this.low = low;
    this.wide = undefined;
    if (!isExact) this.fillWide(start, end);
  }

  private fillWide(start: number, end: number): void {
    this.high = Number.NaN;
    this.wide = new WideSum();
    for (let at = start; at < end; at++) this.wide.add(this.series.values[at] as number);
  }

  private fillSquares(end: number): void {
    const { values } = this.series;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let at = end - this.size; at < end; at++) {
      low = lesser(low, values[at] as number);
      high = greater(high, values[at] as number);
    }
    this.chooseCentre(low, high);
    const { scale, scaledCentre } = this;
    let squares = 0;
    let lost = 0;
    for (let at = end - this.size; at < end; at++) {
      const distance = (values[at] as number) * scale - scaledCentre;
      const sum = squares + distance * distance;
      lost += lostIn(squares, distance * distance, sum);
      squares = sum;
    }
    this.squares = squares + lost;
    this.traffic = this.squares + UNDERFLOW;
  }

  /** Of few bits, so that whole numbers have exact distances; of equal values, the value itself. */
  private chooseCentre(low: number, high: number): void {
    const range = Math.min(high - low, Number.MAX_VALUE);
    const exponent = Math.max(-1000, Math.min(1000, Math.floor(Math.log2(range))));
    this.scale = range > 0 ? 2 ** -exponent : 1;
    this.unit = 1 / this.scale;
    this.scaledCentre = range > 0 ? Math.round(this.average() * this.scale * 16) / 16 : low;
    const centre = this.scaledCentre / this.scale;
    const upper = upperBits(centre);
    this.upper = this.size * upper;
    this.lower = this.size * (centre - upper);
  }
}
