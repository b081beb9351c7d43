import type { Part } from './bound-table.ts';

/**
 * For each of many metrics the stretch of values at which no condition is met, flat in one array: most values lie in
 * it, and end the search for automations there.
 */
export class QuietBands {
  /** For each metric two numbers: where its band ends upwards, and downwards with the sign turned. */
  #ends = new Float64Array(32).fill(Number.POSITIVE_INFINITY);

  /** Takes the numbers that meet a part of a condition out of a band. Bands only shrink: what is in them is quiet. */
  shrink(metric: number, part: Part): void {
    this.#reach(metric);
    const [low, high] = stretchOf(part);
    // Either end will do; the one that leaves zero in the band keeps more of it.
    if (low >= 0 || high === Number.POSITIVE_INFINITY) this.#lower(metric * 2, low);
    else this.#lower(metric * 2 + 1, -high);
  }

  /** Leaves nothing in a band: of a metric whose values are looked at in another way than one by one. */
  close(metric: number): void {
    this.#reach(metric);
    this.#ends[metric * 2] = Number.NEGATIVE_INFINITY;
  }

  /** Whether a value meets no condition on the metric. */
  holds(metric: number, x: number): boolean {
    return x < (this.#ends[metric * 2] ?? 0) && -x < (this.#ends[metric * 2 + 1] ?? 0);
  }

  #reach(metric: number): void {
    while (metric * 2 >= this.#ends.length) this.#grow();
  }

  #lower(at: number, end: number): void {
    if (end < (this.#ends[at] ?? 0)) this.#ends[at] = end;
  }

  #grow(): void {
    const larger = new Float64Array(this.#ends.length * 2).fill(Number.POSITIVE_INFINITY);
    larger.set(this.#ends);
    this.#ends = larger;
  }
}

/** The smallest stretch of numbers that holds a part. */
function stretchOf(part: Part): [low: number, high: number] {
  switch (part.kind) {
    case 'above':
      return [part.bound, Number.POSITIVE_INFINITY];
    case 'below':
      return [Number.NEGATIVE_INFINITY, part.bound];
    case 'at':
      return [part.bound, part.bound];
    case 'apart':
      return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    case 'within':
      return [part.low, part.high];
  }
}
