/**
 * Numbers by pairs of numbers, in flat arrays. Among 100,000 automations it is cache misses that cost, and a Map takes
 * three or four for a look-up. Here a byte of each pair's hash stands apart, in an array that is small enough to stay
 * in the cache: it mostly says at once that there is nothing.
 */
export class PairTable {
  /** By slot: 0 where it is free, else a byte of the pair's hash. */
  #tags = new Uint8Array(16);
  /** By slot: the pair and its number. */
  #slots = new Int32Array(16 * SLOT);
  #size = 0;

  /** 0 for a pair that has none. */
  get(a: number, b: number): number {
    const [tags, slots] = [this.#tags, this.#slots];
    const mask = tags.length - 1;
    const hash = hashOf(a, b);
    const wanted = tagOf(hash);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const tag = tags[at];
      if (!tag) return 0;
      if (tag !== wanted) continue;
      if (slots[at * SLOT] === a && slots[at * SLOT + 1] === b) return slots[at * SLOT + 2] as number;
    }
  }

  /** The number of a pair; a new pair gets the one that `make` gives, above 0. */
  getOrMake(a: number, b: number, make: () => number): number {
    const known = this.get(a, b);
    if (known) return known;
    const made = make();
    this.#size++;
    if (this.#size * 4 > this.#tags.length * 3) this.#grow();
    this.#fill(a, b, made);
    return made;
  }

  #grow(): void {
    const [tags, slots] = [this.#tags, this.#slots];
    this.#tags = new Uint8Array(tags.length * 2);
    this.#slots = new Int32Array(slots.length * 2);
    tags.forEach((tag, slot) => {
      const at = slot * SLOT;
      if (tag) this.#fill(slots[at] as number, slots[at + 1] as number, slots[at + 2] as number);
    });
  }

  #fill(a: number, b: number, value: number): void {
    const hash = hashOf(a, b);
    const mask = this.#tags.length - 1;
    let at = hash & mask;
    while (this.#tags[at]) at = (at + 1) & mask;
    this.#tags[at] = tagOf(hash);
    this.#slots[at * SLOT] = a;
    this.#slots[at * SLOT + 1] = b;
    this.#slots[at * SLOT + 2] = value;
  }
}

const SLOT = 3;

/** The upper bits, which the place of a slot does not use; never 0. */
export function tagOf(hash: number): number {
  return (hash >>> 24) | 1;
}

/** Odd factors spread the bits upwards, and the shifts bring them down to where a slot's place is read. */
function hashOf(a: number, b: number): number {
  const mixed = Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
