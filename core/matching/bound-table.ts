import type { Condition } from '../trigger.ts';
import { RayShelf } from './ray-shelf.ts';
import type { Watcher } from './watcher.ts';

/** A part of the number line on which a condition is met. */
export type Part =
  | { kind: 'above' | 'below'; bound: number /** The bound itself does not count. */; isStrict: boolean }
  | { kind: 'at' | 'apart'; bound: number }
  | { kind: 'within'; low: number; high: number };

/** Where on the number line a condition's measure meets it: at most two parts, which never overlap. */
export function partsOf(condition: Condition): Part[] {
  switch (condition.kind) {
    case 'threshold':
      return partsOfThreshold(condition);
    case 'change':
      return outwards(
        condition.amount,
        condition.direction !== 'decrease',
        condition.direction !== 'increase',
      );
    case 'zscore':
      return outwards(condition.threshold, condition.direction !== 'below', condition.direction !== 'above');
    case 'not_finite':
      return [];
  }
}

function outwards(bound: number, isUp: boolean, isDown: boolean): Part[] {
  const up: Part = { kind: 'above', bound, isStrict: false };
  const down: Part = { kind: 'below', bound: -bound, isStrict: false };
  if (!isDown) return [up];
  return isUp ? [up, down] : [down];
}

function partsOfThreshold({ comparison, value, values }: Extract<Condition, { kind: 'threshold' }>): Part[] {
  const bound = value ?? Number.NaN;
  const [low, high] = values ?? [Number.NaN, Number.NaN];
  switch (comparison) {
    case '>':
    case '>=':
      return [{ kind: 'above', bound, isStrict: comparison === '>' }];
    case '<':
    case '<=':
      return [{ kind: 'below', bound, isStrict: comparison === '<' }];
    case '==':
      return [{ kind: 'at', bound }];
    case '!=':
      return [{ kind: 'apart', bound }];
    case 'between':
      return [{ kind: 'within', low, high }];
    case 'outside':
      return [
        { kind: 'below', bound: low, isStrict: true },
        { kind: 'above', bound: high, isStrict: true },
      ];
  }
}

/**
 * The conditions on one measure, sorted by their bounds: which of them a number meets is read off the ends of sorted
 * lists, at a cost of what is met and not of what is there.
 */
export class BoundTable {
  readonly #rays: RayShelf;
  /** A list on the shelf; as with the others, only where the kind occurs. */
  #above = 0;
  /** With the number line turned round: x below a bound is -x above the negative one. */
  #below = 0;
  #at: Points | undefined;
  #apart: Gaps | undefined;
  #within: Spans | undefined;

  /** The half-lines of many tables stand on one shelf. */
  constructor(rays = new RayShelf()) {
    this.#rays = rays;
  }

  put(parts: Part[], watcher: Watcher): void {
    for (const part of parts) this.#put(part, watcher);
  }

  #put(part: Part, watcher: Watcher): void {
    switch (part.kind) {
      case 'above':
        this.#above ||= this.#rays.addList();
        this.#rays.put(this.#above, firstIn(part.bound, part.isStrict), watcher);
        break;
      case 'below':
        this.#below ||= this.#rays.addList();
        this.#rays.put(this.#below, firstIn(-part.bound, part.isStrict), watcher);
        break;
      case 'at':
        this.#at ??= new Points();
        this.#at.put(part.bound, watcher);
        break;
      case 'apart':
        this.#apart ??= new Gaps();
        this.#apart.put(part.bound, watcher);
        break;
      case 'within':
        this.#within ??= new Spans();
        this.#within.put(part, watcher);
        break;
    }
  }

  /** Takes out a watcher that was put in with the same parts. */
  remove(parts: Part[], watcher: Watcher): void {
    for (const part of parts) this.#remove(part, watcher);
  }

  #remove(part: Part, watcher: Watcher): void {
    switch (part.kind) {
      case 'above':
        this.#above = this.#rays.remove(this.#above, watcher);
        break;
      case 'below':
        this.#below = this.#rays.remove(this.#below, watcher);
        break;
      case 'at':
        this.#at?.remove(part.bound, watcher);
        break;
      case 'apart':
        this.#apart?.remove(watcher);
        break;
      case 'within':
        this.#within?.remove(watcher);
        break;
    }
  }

  /** Adds the watchers whose condition this number meets. */
  collect(x: number, into: Watcher[]): void {
    // Where the rules say "never met" there is no number, and even != is not met.
    if (Number.isNaN(x)) return;
    if (this.#above > 0) this.#rays.collect(this.#above, x, into);
    if (this.#below > 0) this.#rays.collect(this.#below, -x, into);
    this.#at?.collect(x, into);
    this.#apart?.collect(x, into);
    this.#within?.collect(x, into);
  }
}

/** The first number on a half-line that goes up from a bound: the bound, or the next number there is. */
function firstIn(bound: number, isStrict: boolean): number {
  return isStrict ? nextAbove(bound) : bound;
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** Floats of one sign are ordered as their bits are. */
function nextAbove(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  float[0] = x;
  bits[0] = (bits[0] ?? 0n) + (x > 0 ? 1n : -1n);
  return float[0];
}

/** Single numbers. */
class Points {
  readonly #at = new Map<number, Watcher[]>();

  put(point: number, watcher: Watcher): void {
    const known = this.#at.get(point);
    if (known) known.push(watcher);
    else this.#at.set(point, [watcher]);
  }

  remove(point: number, watcher: Watcher): void {
    const left = (this.#at.get(point) ?? []).filter((one) => one !== watcher);
    if (left.length > 0) this.#at.set(point, left);
    else this.#at.delete(point);
  }

  collect(x: number, into: Watcher[]): void {
    for (const watcher of this.#at.get(x) ?? []) into.push(watcher);
  }
}

/** Everything but a number: nearly all are met by any number, so a walk over all costs what is met. */
class Gaps {
  readonly #gaps = new Map<Watcher, number>();

  put(gap: number, watcher: Watcher): void {
    this.#gaps.set(watcher, gap);
  }

  remove(watcher: Watcher): void {
    this.#gaps.delete(watcher);
  }

  collect(x: number, into: Watcher[]): void {
    for (const [watcher, gap] of this.#gaps) if (x !== gap) into.push(watcher);
  }
}

interface Span {
  low: number;
  high: number;
  watcher: Watcher;
}

/** Ranges, both ends inside, as an interval tree laid over a list that is sorted by where they begin. */
class Spans {
  readonly #spans: Span[] = [];
  /** For the middle of each part of the list that a search halves: the highest end in that part. */
  #highest: Float64Array | undefined;

  put({ low, high }: { low: number; high: number }, watcher: Watcher): void {
    this.#spans.push({ low, high, watcher });
    this.#highest = undefined;
  }

  remove(watcher: Watcher): void {
    const at = this.#spans.findIndex((span) => span.watcher === watcher);
    if (at >= 0) this.#spans.splice(at, 1);
    this.#highest = undefined;
  }

  collect(x: number, into: Watcher[]): void {
    if (this.#spans.length > 0) this.#collect(x, 0, this.#spans.length, this.#tree(), into);
  }

  #collect(x: number, from: number, to: number, highest: Float64Array, into: Watcher[]): void {
    if (from >= to) return;
    const middle = (from + to) >> 1;
    if (!(x <= (highest[middle] ?? Number.NaN))) return;
    this.#collect(x, from, middle, highest, into);
    const span = this.#spans[middle];
    if (!span || span.low > x) return;
    if (x <= span.high) into.push(span.watcher);
    this.#collect(x, middle + 1, to, highest, into);
  }

  #tree(): Float64Array {
    if (this.#highest) return this.#highest;
    this.#spans.sort((a, b) => a.low - b.low);
    const highest = new Float64Array(this.#spans.length);
    const fill = (from: number, to: number): number => {
      if (from >= to) return Number.NEGATIVE_INFINITY;
      const middle = (from + to) >> 1;
      const high = Math.max(
        fill(from, middle),
        fill(middle + 1, to),
        this.#spans[middle]?.high ?? Number.NaN,
      );
      highest[middle] = high;
      return high;
    };
    fill(0, this.#spans.length);
    this.#highest = highest;
    return highest;
  }
}
