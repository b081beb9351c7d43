import type { Condition } from '../trigger.ts';
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
  return [...(isUp ? [up] : []), ...(isDown ? [down] : [])];
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
  /** Only of the kinds that occur. */
  readonly #tables = new Map<Part['kind'], PartTable>();
  #inUse: PartTable[] = [];

  put(parts: Part[], watcher: Watcher): void {
    for (const part of parts) this.#tableOf(part.kind).put(part, watcher);
  }

  /** Takes out a watcher that was put in with the same parts. */
  remove(parts: Part[], watcher: Watcher): void {
    for (const part of parts) this.#tableOf(part.kind).remove(part, watcher);
  }

  /** Adds the watchers whose condition this number meets. */
  collect(x: number, into: Watcher[]): void {
    // Where the rules say "never met" there is no number, and even != is not met.
    if (Number.isNaN(x)) return;
    for (const table of this.#inUse) table.collect(x, into);
  }

  #tableOf(kind: Part['kind']): PartTable {
    const known = this.#tables.get(kind);
    if (known) return known;
    const table = tableOfKind[kind]();
    this.#tables.set(kind, table);
    this.#inUse = [...this.#tables.values()];
    return table;
  }
}

const tableOfKind: Record<Part['kind'], () => PartTable> = {
  above: () => new Rays((bound, isStrict, x) => (isStrict ? bound < x : bound <= x), ascending),
  below: () => new Rays((bound, isStrict, x) => (isStrict ? bound > x : bound >= x), descending),
  at: () => new Points(),
  apart: () => new Gaps(),
  within: () => new Spans(),
};

/** The parts of one kind. */
interface PartTable {
  put: (part: Part, watcher: Watcher) => void;
  remove: (part: Part, watcher: Watcher) => void;
  collect: (x: number, into: Watcher[]) => void;
}

const boundOf = (part: Part) => ('bound' in part ? part.bound : Number.NaN);

/** Single numbers. */
class Points implements PartTable {
  readonly #at = new Map<number, Watcher[]>();

  put(part: Part, watcher: Watcher): void {
    const known = this.#at.get(boundOf(part));
    if (known) known.push(watcher);
    else this.#at.set(boundOf(part), [watcher]);
  }

  remove(part: Part, watcher: Watcher): void {
    const known = this.#at.get(boundOf(part)) ?? [];
    const left = known.filter((one) => one !== watcher);
    if (left.length > 0) this.#at.set(boundOf(part), left);
    else this.#at.delete(boundOf(part));
  }

  collect(x: number, into: Watcher[]): void {
    for (const watcher of this.#at.get(x) ?? []) into.push(watcher);
  }
}

/** Everything but a number: nearly all are met by any number, so a walk over all costs what is met. */
class Gaps implements PartTable {
  readonly #gaps = new Map<Watcher, number>();

  put(part: Part, watcher: Watcher): void {
    this.#gaps.set(watcher, boundOf(part));
  }

  remove(_part: Part, watcher: Watcher): void {
    this.#gaps.delete(watcher);
  }

  collect(x: number, into: Watcher[]): void {
    for (const [watcher, bound] of this.#gaps) if (x !== bound) into.push(watcher);
  }
}

interface Ray {
  bound: number;
  isStrict: boolean;
  watcher: Watcher;
}

// A ray that holds its bound is met before one that does not.
const ascending = (a: Ray, b: Ray) => a.bound - b.bound || Number(a.isStrict) - Number(b.isStrict);
const descending = (a: Ray, b: Ray) => b.bound - a.bound || Number(a.isStrict) - Number(b.isStrict);

/** Half-lines in the order in which a growing (or falling) number comes to meet them. */
class Rays implements PartTable {
  readonly #rays: Ray[] = [];
  /** Loading many is pushing them; the order is made when it is first needed, and kept from then on. */
  #isSorted = false;
  readonly #isMet: (bound: number, isStrict: boolean, x: number) => boolean;
  readonly #order: (a: Ray, b: Ray) => number;

  constructor(
    isMet: (bound: number, isStrict: boolean, x: number) => boolean,
    order: (a: Ray, b: Ray) => number,
  ) {
    this.#isMet = isMet;
    this.#order = order;
  }

  put(part: Part, watcher: Watcher): void {
    const isStrict = 'isStrict' in part && part.isStrict;
    const ray = { bound: boundOf(part), isStrict, watcher };
    if (this.#isSorted) this.#rays.splice(placeIn(this.#rays, ray, this.#order), 0, ray);
    else this.#rays.push(ray);
  }

  remove(_part: Part, watcher: Watcher): void {
    const at = this.#rays.findIndex((ray) => ray.watcher === watcher);
    if (at >= 0) this.#rays.splice(at, 1);
  }

  collect(x: number, into: Watcher[]): void {
    if (!this.#isSorted) this.#rays.sort(this.#order);
    this.#isSorted = true;
    for (const { bound, isStrict, watcher } of this.#rays) {
      if (!this.#isMet(bound, isStrict, x)) return;
      into.push(watcher);
    }
  }
}

/** Where a new item goes in a sorted list, by halving. */
function placeIn<Item>(sorted: Item[], item: Item, order: (a: Item, b: Item) => number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(sorted[middle] as Item, item) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Span {
  low: number;
  high: number;
  watcher: Watcher;
}

/** Ranges, both ends inside, as an interval tree laid over a list that is sorted by where they begin. */
class Spans implements PartTable {
  readonly #spans: Span[] = [];
  /** For the middle of each part of the list that a search halves: the highest end in that part. */
  #highest: Float64Array | undefined;

  put(part: Part, watcher: Watcher): void {
    if (part.kind === 'within') this.#spans.push({ low: part.low, high: part.high, watcher });
    this.#highest = undefined;
  }

  remove(_part: Part, watcher: Watcher): void {
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
