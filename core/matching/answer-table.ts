/**
 * Numbers for texts, each under the number of a question, in flat arrays (see PairTable). It takes a part of a text
 * without cutting it out, and a hash alone is never a yes.
 */
export class AnswerTable {
  /** By slot: 0 where it is free, else a byte of the hash. */
  #tags = new Uint8Array(16);
  /** By slot: the question and the number. */
  #slots = new Int32Array(32);
  /** By number. */
  readonly #texts: string[] = [''];

  /** The number of a part of a text as an answer to a question; 0 for one that has none. */
  get(question: number, text: string, from = 0, to = text.length): number {
    const tags = this.#tags;
    const mask = tags.length - 1;
    const hash = hashOf(question, text, from, to);
    const wanted = tagOf(hash);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const tag = tags[at];
      if (!tag) return 0;
      if (tag !== wanted) continue;
      const number = this.#slots[at * 2 + 1] as number;
      if (this.#slots[at * 2] === question && this.#is(number, text, from, to)) return number;
    }
  }

  add(question: number, text: string): number {
    const known = this.get(question, text);
    if (known) return known;
    const number = this.#texts.push(text) - 1;
    if (number * 4 > this.#tags.length * 3) this.#grow();
    this.#fill(question, number);
    return number;
  }

  #is(number: number, text: string, from: number, to: number): boolean {
    const known = this.#texts[number] as string;
    if (to - from === text.length) return known === text;
    return known.length === to - from && text.startsWith(known, from);
  }

  #grow(): void {
    const [tags, slots] = [this.#tags, this.#slots];
    this.#tags = new Uint8Array(tags.length * 2);
    this.#slots = new Int32Array(slots.length * 2);
    tags.forEach((tag, at) => {
      if (tag) this.#fill(slots[at * 2] as number, slots[at * 2 + 1] as number);
    });
  }

  #fill(question: number, number: number): void {
    const text = this.#texts[number] as string;
    const hash = hashOf(question, text, 0, text.length);
    const mask = this.#tags.length - 1;
    let at = hash & mask;
    while (this.#tags[at]) at = (at + 1) & mask;
    this.#tags[at] = tagOf(hash);
    this.#slots[at * 2] = question;
    this.#slots[at * 2 + 1] = number;
  }
}

/** FNV-1a, with the bits mixed once more at the end. */
function hashOf(question: number, text: string, from: number, to: number): number {
  let hash = Math.imul(question, 0x9e3779b1) ^ 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** The upper bits, which the place of a slot does not use; never 0. */
function tagOf(hash: number): number {
  return (hash >>> 24) | 1;
}
