import type { Tally } from './follower.ts';

/**
 * The smallest or largest value of a window. The window is made of the end of a finished block, whose minima from each
 * value to its end are known, and of newer values, of which one minimum is enough. A block is as long as the window, so
 * each value costs two comparisons, in order or not.
 */
export class Extreme implements Tally {
  /** 1 for the smallest; -1 for the largest, which is the smallest of the values with their signs changed. */
  private readonly sign: 1 | -1;
  private readonly size: number;
  private finished: Float64Array;
  private growing: Float64Array;
  private grown = 0;
  private newer = Number.POSITIVE_INFINITY;

  constructor(size: number, which: 'min' | 'max') {
    this.sign = which === 'min' ? 1 : -1;
    this.size = size;
    this.finished = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    this.growing = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
  }

  fill(values: Float64Array, from: number, to: number): void {
    for (let at = from; at < to; at++) this.growing[at - from] = this.sign * (values[at] as number);
    this.finishBlock();
  }

  slide(entering: number): void {
    const value = this.sign * entering;
    this.growing[this.grown++] = value;
    this.newer = Math.min(this.newer, value);
    if (this.grown === this.size) this.finishBlock();
  }

  read(): number {
    return this.sign * Math.min(this.newer, this.finished[this.grown] as number);
  }

  private finishBlock(): void {
    const block = this.growing;
    for (let at = this.size - 1; at >= 0; at--) {
      block[at] = Math.min(block[at] as number, block[at + 1] as number);
    }
    this.growing = this.finished;
    this.finished = block;
    this.grown = 0;
    this.newer = Number.POSITIVE_INFINITY;
  }
}
