import { WideSum } from './wide-sum.ts';

/** What a + b lost when it was rounded to `sum` (Knuth's TwoSum). */
export function lostIn(a: number, b: number, sum: number): number {
  const rounded = sum - a;
  return a - (sum - rounded) + (b - rounded);
}

/** Splits off the upper 26 bits of a double, so that products with whole numbers up to 2^26 are exact. */
const upperBits = (value: number) => {
  const spread = value * 134_217_729;
  return spread - (spread - value);
};

/**
 * A sum that forgets nothing: adding and taking away values in any order ends at the same number, which is the true sum
 * rounded once. Two doubles hold it; where 106 bits are too few, or a double too small, it goes on in a wider sum.
 */
export class ExactSum {
  private high = 0;
  private low = 0;
  private wide: WideSum | undefined;

  clear(): void {
    this.high = 0;
    this.low = 0;
    this.wide = undefined;
  }

  add(value: number): void {
    if (this.wide) this.wide.add(value);
    else this.addNarrow(value);
  }

  /** The sum divided by `count`; stays within the range of doubles even where the sum does not. */
  average(count: number): number {
    if (!this.wide) return this.high / count;
    const { significand, exponent } = this.wide.read();
    const sum = scaled(significand, exponent, 1);
    return Number.isFinite(sum) ? sum / count : scaled(significand / count, exponent, 1);
  }

  /** (sum − count × value) × scale, `scale` being a power of 2: precise even where next to nothing is left. */
  beyond(count: number, value: number, scale: number): number {
    if (!this.wide) {
      const difference = this.narrowBeyond(count, value);
      if (Number.isFinite(difference)) return difference * scale;
    }
    return this.wideBeyond(count, value, scale);
  }

  private addNarrow(value: number): void {
    const { high, low } = this;
    const sum = high + value;
    const rest = lostIn(high, value, sum);
    const lower = low + rest;
    if (lostIn(low, rest, lower) !== 0) {
      this.wide = this.widened();
      this.wide.add(value);
      return;
    }
    this.high = sum + lower;
    this.low = lostIn(sum, lower, this.high);
  }

  private narrowBeyond(count: number, value: number): number {
    const upper = upperBits(value);
    const larger = -count * upper;
    const smaller = -count * (value - upper);
    const first = this.high + larger;
    const second = first + smaller;
    return second + (lostIn(this.high, larger, first) + lostIn(first, smaller, second) + this.low);
  }

  private wideBeyond(count: number, value: number, scale: number): number {
    const sum = this.wide ?? this.widened();
    sum.add(value, -count);
    const { significand, exponent } = sum.read();
    sum.add(value, count);
    return scaled(significand, exponent, scale);
  }

  private widened(): WideSum {
    const wide = new WideSum();
    wide.add(this.high);
    wide.add(this.low);
    return wide;
  }
}

/** significand × 2 ** exponent × scale, in an order in which nothing overflows or vanishes on the way. */
function scaled(significand: number, exponent: number, scale: number): number {
  if (exponent > 0)
    return significand * scale * 2 ** Math.min(exponent, 900) * 2 ** Math.max(exponent - 900, 0);
  return significand * 2 ** Math.max(exponent, -900) * scale * 2 ** Math.min(exponent + 900, 0);
}
