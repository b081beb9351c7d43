/**
 * Numbers by pairs of numbers, in one flat array. Among 100,000 automations it is cache misses that cost: a look-up
 * here is one, where a Map takes three or four.
 */
export class PairTable {
  /** Slots of four: the pair, its number (0: the slot is free), and nothing, so that none lies across a cache line. */
  #slots = new Int32Array(SLOT * 16);
  #mask = 15;
  #size = 0;

  /** 0 for a pair that has none. */
  get(a: number, b: number): number {
    const slots = this.#slots;
    for (let at = placeOf(a, b) & this.#mask; ; at = (at + 1) & this.#mask) {
      const value = slots[at * SLOT + 2];
      if (!value) return 0;
      if (slots[at * SLOT] === a && slots[at * SLOT + 1] === b) return value;
    }
  }

  /** The number of a pair; a new pair gets the one that `make` gives, above 0. */
  getOrMake(a: number, b: number, make: () => number): number {
    const known = this.get(a, b);
    if (known) return known;
    const made = make();
    this.#size++;
    if (this.#size * 2 > this.#mask) this.#grow();
    this.#fill(a, b, made);
    return made;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += SLOT) {
      if (old[at + 2]) this.#fill(old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0);
    }
  }

  #fill(a: number, b: number, value: number): void {
    let at = placeOf(a, b) & this.#mask;
    while (this.#slots[at * SLOT + 2]) at = (at + 1) & this.#mask;
    this.#slots.set([a, b, value], at * SLOT);
  }
}

const SLOT = 4;

/** Any odd factors with their bits well mixed do; the shift brings the upper bits to where the mask looks. */
function placeOf(a: number, b: number): number {
  const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
