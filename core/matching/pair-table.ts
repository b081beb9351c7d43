/** What stands in a slot: the two numbers of a pair, and the number that they have, 0 where the slot is free. */
const FIRST = 0;
const SECOND = 1;
const NUMBER = 2;
const SLOT = 4;
const LEAST_CAPACITY = 16;

/**
 * Numbers by pairs of numbers, in one flat array. Among 100,000 automations it is cache misses that cost, and a Map
 * takes three or four for a look-up, each of which waits for the one before. Here it is one, found by arithmetic alone:
 * the processor begins to fetch what is asked for next while it still waits.
 */
export class PairTable {
  #slots = new Int32Array(LEAST_CAPACITY * SLOT);
  #size = 0;

  /** 0 for a pair that has none. */
  get(a: number, b: number): number {
    const slots = this.#slots;
    const last = slots.length - SLOT;
    for (let at = placeOf(a, b) & last; ; at = (at + SLOT) & last) {
      const number = slots[at + NUMBER] as number;
      if (number === 0 || (slots[at + SECOND] === b && slots[at + FIRST] === a)) return number;
    }
  }

  /** The number of a pair; a new pair gets the one that `make` gives, above 0. */
  getOrMake(a: number, b: number, make: () => number): number {
    const known = this.get(a, b);
    if (known) return known;
    const made = make();
    this.#size++;
    if (this.#size * SLOT * 3 > this.#slots.length * 2) this.#grow();
    this.#fill(a, b, made);
    return made;
  }

  #grow(): void {
    const slots = this.#slots;
    this.#slots = new Int32Array(slots.length * 2);
    for (let at = 0; at < slots.length; at += SLOT) {
      const number = slots[at + NUMBER] as number;
      if (number > 0) this.#fill(slots[at + FIRST] as number, slots[at + SECOND] as number, number);
    }
  }

  #fill(a: number, b: number, number: number): void {
    const slots = this.#slots;
    const last = slots.length - SLOT;
    let at = placeOf(a, b) & last;
    while (slots[at + NUMBER] !== 0) at = (at + SLOT) & last;
    slots[at + FIRST] = a;
    slots[at + SECOND] = b;
    slots[at + NUMBER] = number;
  }
}

/** Odd factors spread the bits upwards, and the shift brings them down to where a slot's place is read. */
function placeOf(a: number, b: number): number {
  const spread = Math.imul(a, 0x85ebca6b) ^ Math.imul(b, 0x9e3779b1);
  const mixed = Math.imul(spread ^ (spread >>> 15), 0x2c1b3c6d);
  return Math.imul(mixed ^ (mixed >>> 15), SLOT);
}
