import { grown } from './grown.ts';

/** What stands in the header of a first number. */
const START = 0;
const CAPACITY = 1;
const SIZE = 2;
const HEADER = 4;

/** A second number, 0 where the slot is free, and the number of the pair. */
const SLOT = 2;
const LEAST_CAPACITY = 4;

/**
 * Numbers by pairs of numbers, in flat arrays. Among 100,000 automations it is cache misses that cost, and a Map takes
 * three or four for a look-up. Here the pairs of one first number stand side by side, in a small hash table of their
 * own: an event that asks a scope for several things finds them in the same lines of memory.
 */
export class PairTable {
  #headers = new Int32Array(16 * HEADER);
  #slots = new Int32Array(64 * SLOT);
  /** Up to where the slots are used. */
  #top = 0;

  /** 0 for a pair that has none. No first number is negative; no second one is 0, which may be asked for all the same. */
  get(a: number, b: number): number {
    const [headers, slots] = [this.#headers, this.#slots];
    const capacity = headers[a * HEADER + CAPACITY];
    if (!capacity) return 0;
    const start = headers[a * HEADER + START] as number;
    for (let at = hashOf(b) & (capacity - 1); ; at = (at + 1) & (capacity - 1)) {
      const key = slots[(start + at) * SLOT];
      // Nobody has 0 as a second number: a free slot answers for it.
      if (key === b) return slots[(start + at) * SLOT + 1] as number;
      if (key === 0) return 0;
    }
  }

  /** The number of a pair; a new pair gets the one that `make` gives, above 0. */
  getOrMake(a: number, b: number, make: () => number): number {
    const known = this.get(a, b);
    if (known) return known;
    const made = make();
    this.#headers = grown(this.#headers, (a + 1) * HEADER);
    const size = (this.#headers[a * HEADER + SIZE] as number) + 1;
    if (size * 4 > (this.#headers[a * HEADER + CAPACITY] as number) * 3) this.#enlarge(a);
    this.#headers[a * HEADER + SIZE] = size;
    this.#fill(a, b, made);
    return made;
  }

  #enlarge(a: number): void {
    const capacity = Math.max(LEAST_CAPACITY, (this.#headers[a * HEADER + CAPACITY] as number) * 2);
    if ((this.#top + capacity) * SLOT > this.#slots.length) this.#rebuild(capacity);
    this.#move(a, capacity, this.#slots);
  }

  /** Copies the pairs of a first number out of these slots to the top. */
  #move(a: number, capacity: number, slots: Int32Array): void {
    const start = this.#headers[a * HEADER + START] as number;
    const end = start + (this.#headers[a * HEADER + CAPACITY] as number);
    this.#headers[a * HEADER + START] = this.#top;
    this.#headers[a * HEADER + CAPACITY] = capacity;
    this.#slots.fill(0, this.#top * SLOT, (this.#top + capacity) * SLOT);
    this.#top += capacity;
    for (let at = start; at < end; at++) {
      const key = slots[at * SLOT] as number;
      if (key !== 0) this.#fill(a, key, slots[at * SLOT + 1] as number);
    }
  }

  /** Into new slots, with as much room again, one first number after the other: what moved away leaves no gaps. */
  #rebuild(wanted: number): void {
    const [headers, slots] = [this.#headers, this.#slots];
    let used = wanted;
    for (let at = CAPACITY; at < headers.length; at += HEADER) used += headers[at] as number;
    this.#slots = new Int32Array(used * 2 * SLOT);
    this.#top = 0;
    for (let a = 0; a * HEADER < headers.length; a++) {
      this.#move(a, headers[a * HEADER + CAPACITY] as number, slots);
    }
  }

  #fill(a: number, b: number, value: number): void {
    const start = this.#headers[a * HEADER + START] as number;
    const mask = (this.#headers[a * HEADER + CAPACITY] as number) - 1;
    let at = hashOf(b) & mask;
    while (this.#slots[(start + at) * SLOT] !== 0) at = (at + 1) & mask;
    this.#slots[(start + at) * SLOT] = b;
    this.#slots[(start + at) * SLOT + 1] = value;
  }
}

/** An odd factor spreads the bits upwards, and the shift brings them down to where a slot's place is read. */
function hashOf(b: number): number {
  const mixed = Math.imul(b, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
