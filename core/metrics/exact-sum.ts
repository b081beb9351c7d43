import { WideSum } from './wide-sum.ts';

/** An exact sum: in two doubles, or where these are too short, in a wider number. */
export type ExactSum = WideSum | { high: number; low: number };

/** What a + b lost when it was rounded to `sum` (Knuth's TwoSum). */
export function lostIn(a: number, b: number, sum: number): number {
  const rounded = sum - a;
  return a - (sum - rounded) + (b - rounded);
}

/** The upper 26 bits of a double: products of these, and of the rest, with whole numbers up to 2^26 are exact. */
export function upperBits(value: number): number {
  const spread = value * 134_217_729;
  return spread - (spread - value);
}

/** The sum divided by `count`; stays within the range of doubles even where the sum does not. */
export function averageOf(sum: WideSum, count: number): number {
  const { significand, exponent } = sum.read();
  const total = scaled(significand, exponent, 1);
  return Number.isFinite(total) ? total / count : scaled(significand / count, exponent, 1);
}

/** (sum − count × value) × scale, `scale` being a power of 2: precise even where next to nothing is left. */
export function beyondOf(sum: ExactSum, count: number, value: number, scale: number): number {
  if (sum instanceof WideSum) return wideBeyond(sum, count, value, scale);
  const { high, low } = sum;
  const upper = upperBits(value);
  const larger = -count * upper;
  const smaller = -count * (value - upper);
  const first = high + larger;
  const second = first + smaller;
  const beyond = second + (lostIn(high, larger, first) + lostIn(first, smaller, second) + low);
  return Number.isFinite(beyond) ? beyond * scale : wideBeyond(WideSum.of(high, low), count, value, scale);
}

function wideBeyond(sum: WideSum, count: number, value: number, scale: number): number {
  sum.add(value, -count);
  const { significand, exponent } = sum.read();
  sum.add(value, count);
  return scaled(significand, exponent, scale);
}

/** significand × 2 ** exponent × scale, in an order in which nothing overflows or vanishes on the way. */
function scaled(significand: number, exponent: number, scale: number): number {
  if (exponent > 0)
    return significand * scale * 2 ** Math.min(exponent, 900) * 2 ** Math.max(exponent - 900, 0);
  return significand * 2 ** Math.max(exponent, -900) * scale * 2 ** Math.min(exponent + 900, 0);
}
