import { ExactSum, lostIn } from './exact-sum.ts';
import type { Tally } from './follower.ts';

/** What has gone through the sum of squares may be so many times what is left in it: 256 × 2^-52 < 1e-13. */
const TRUSTED_LOSS = 256;

/** More than squares lose that are too small for a double; nothing beside squares of the window's own scale. */
const UNDERFLOW = 2 ** -900;

/**
 * Mean and sample standard deviation (n − 1) of a window. The squares are those of distances from a fixed centre near
 * the mean, in units near the range of the window, so that nothing overflows or cancels out. When the values have moved
 * away from the centre, `settle` says so, and the spread wants to be filled again.
 */
export class Spread implements Tally {
  private readonly size: number;
  private readonly sum = new ExactSum();
  private scale = 1;
  private centre = 0;
  private scaledCentre = 0;
  private squares = 0;
  private lost = 0;
  /** All that was added to the squares and taken from them: bounds their error. */
  private traffic = 0;
  private scaledDeviation = 0;

  constructor(size: number) {
    this.size = size;
  }

  fill(values: Float64Array, from: number, to: number): void {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    this.sum.clear();
    for (let at = from; at < to; at++) {
      const value = values[at] as number;
      low = Math.min(low, value);
      high = Math.max(high, value);
      this.sum.add(value);
    }
    this.choose(low, high);
    this.squares = 0;
    this.lost = 0;
    for (let at = from; at < to; at++) this.addSquares(this.distance(values[at] as number) ** 2);
    this.traffic = 0;
  }

  slide(entering: number, leaving: number): void {
    this.sum.add(entering);
    this.sum.add(-leaving);
    const to = this.distance(entering);
    const from = this.distance(leaving);
    const change = (to - from) * (to + from);
    this.addSquares(change);
    if (entering !== leaving) this.traffic += Math.abs(change) + UNDERFLOW;
  }

  /** Makes the answers; false when they may be off by more than 1e-13 of themselves. */
  settle(): boolean {
    const { size, sum, centre, scale } = this;
    const distance = sum.beyond(size, centre, scale);
    // n Σd² − (Σd)²: exact for whole numbers of ordinary size.
    const numerator = size * (this.squares + this.lost) - distance * distance;
    this.scaledDeviation = Math.sqrt(Math.max(0, numerator) / (size * (size - 1)));
    return (this.traffic + this.squares) * size <= TRUSTED_LOSS * numerator;
  }

  deviation(): number {
    return this.scaledDeviation / this.scale;
  }

  /** How many deviations `value` is from the mean; undefined when there is no deviation. */
  zscore(value: number): number | undefined {
    const { size, sum, scale, scaledDeviation } = this;
    return scaledDeviation === 0 ? undefined : (0 - sum.beyond(size, value, scale)) / size / scaledDeviation;
  }

  private distance(value: number): number {
    return value * this.scale - this.scaledCentre;
  }

  private addSquares(change: number): void {
    const sum = this.squares + change;
    this.lost += lostIn(this.squares, change, sum);
    this.squares = sum;
  }

  /** A centre of few bits, so that whole numbers have exact distances; of equal values, the value itself. */
  private choose(low: number, high: number): void {
    const range = Math.min(high - low, Number.MAX_VALUE);
    const exponent = Math.max(-1000, Math.min(1000, Math.floor(Math.log2(range))));
    this.scale = range > 0 ? 2 ** -exponent : 1;
    const mean = this.sum.average(this.size) * this.scale;
    this.scaledCentre = range > 0 ? Math.round(mean * 16) / 16 : low;
    this.centre = this.scaledCentre / this.scale;
  }
}
