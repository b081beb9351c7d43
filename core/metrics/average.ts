import { ExactSum } from './exact-sum.ts';
import type { Tally } from './follower.ts';

/** The average of a window: its true sum, rounded once, over its size. */
export class Average implements Tally {
  private readonly sum = new ExactSum();
  private readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  fill(values: Float64Array, from: number, to: number): void {
    this.sum.clear();
    for (let at = from; at < to; at++) this.sum.add(values[at] as number);
  }

  slide(entering: number, leaving: number): void {
    this.sum.add(entering);
    this.sum.add(-leaving);
  }

  read(): number {
    return this.sum.average(this.size);
  }
}
