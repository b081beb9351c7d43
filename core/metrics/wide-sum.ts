const LIMB_BITS = 32;
/** Enough for the 2,098 bits of all doubles. */
const LIMBS = 67;
/** The lowest bit of the smallest double. */
const LOWEST_EXPONENT = -1074;
/** Far more than the 53 bits of a double: rounded once, at the end. */
const KEPT_BITS = 128;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * A sum of doubles of any size that forgets no bit: one fixed-point number as long as the range of doubles, in limbs of
 * 32 bits that may outgrow them until they are read. Good for sums of up to 100,000 values at a time, however many came
 * and went.
 */
export class WideSum {
  private readonly limbs = new Float64Array(LIMBS);
  private lowest = LIMBS;
  private highest = 0;

  static of(...values: number[]): WideSum {
    const sum = new WideSum();
    for (const value of values) sum.add(value);
    return sum;
  }

  /** Adds `times` × value; `times` is a whole number of up to 1,000. */
  add(value: number, times = 1): void {
    scratch.setFloat64(0, value);
    const head = scratch.getUint32(0);
    const low = scratch.getUint32(4);
    const exponent = (head >>> 20) & 0x7ff;
    const high = (head & 0xfffff) + (exponent > 0 ? 0x100000 : 0);
    const shift = Math.max(exponent, 1) - 1;
    const at = Math.floor(shift / LIMB_BITS);
    const factor = 2 ** (shift % LIMB_BITS);
    const sign = head >>> 31 === 1 ? -times : times;
    this.addProduct(at, low * factor, sign);
    this.addProduct(at + 1, high * factor, sign);
    this.lowest = Math.min(this.lowest, at);
    this.highest = Math.max(this.highest, at + 2);
  }

  /** The sum, correctly rounded, as significand × 2 ** exponent, since it may be larger than any double. */
  read(): { significand: number; exponent: number } {
    const total = this.total();
    const size = total < 0n ? -total : total;
    const surplus = Math.max(0, size.toString(16).length * 4 - KEPT_BITS);
    const drop = BigInt(surplus);
    const kept = size >> drop;
    const rest = kept << drop === size ? 0n : 1n;
    const significand = Number((kept << 1n) | rest);
    const exponent = surplus - 1 + this.lowest * LIMB_BITS + LOWEST_EXPONENT;
    return { significand: total < 0n ? -significand : significand, exponent };
  }

  private addProduct(at: number, product: number, sign: number): void {
    const upper = Math.floor(product / 2 ** LIMB_BITS);
    this.limbs[at] = (this.limbs[at] as number) + sign * (product - upper * 2 ** LIMB_BITS);
    this.limbs[at + 1] = (this.limbs[at + 1] as number) + sign * upper;
  }

  /** The sum in units of the lowest limb. */
  private total(): bigint {
    let total = 0n;
    for (let at = this.highest; at >= this.lowest; at--) {
      total = (total << BigInt(LIMB_BITS)) + BigInt(this.limbs[at] as number);
    }
    return total;
  }
}
