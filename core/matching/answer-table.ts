/** What stands in a slot: the hash, the question, and the number, 0 where the slot is free. */
const HASH = 0;
const QUESTION = 1;
const NUMBER = 2;
const SLOT = 4;
const LEAST_CAPACITY = 16;

/**
 * Numbers for texts, each under the number of a question, in flat arrays (see PairTable). It takes a part of a text
 * without cutting it out, and a hash alone is never a yes. A text stands under the number of its slot, so that memory
 * is asked for both at once.
 */
export class AnswerTable {
  #slots = new Int32Array(LEAST_CAPACITY * SLOT);
  #texts = emptyTexts(LEAST_CAPACITY);
  #size = 0;

  /** The number of a part of a text as an answer to a question; 0 for one that has none. */
  get(question: number, text: string, from = 0, to = text.length): number {
    const [slots, texts] = [this.#slots, this.#texts];
    const mask = texts.length - 1;
    const hash = hashOf(question, text, from, to);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const known = texts[at] as string;
      const number = slots[at * SLOT + NUMBER] as number;
      if (number === 0) return 0;
      if (slots[at * SLOT + HASH] !== hash || slots[at * SLOT + QUESTION] !== question) continue;
      if (isPart(known, text, from, to)) return number;
    }
  }

  add(question: number, text: string): number {
    const known = this.get(question, text);
    if (known) return known;
    this.#size++;
    if (this.#size * 4 > this.#texts.length * 3) this.#grow();
    this.#fill(hashOf(question, text, 0, text.length), question, this.#size, text);
    return this.#size;
  }

  #grow(): void {
    const [slots, texts] = [this.#slots, this.#texts];
    this.#slots = new Int32Array(slots.length * 2);
    this.#texts = emptyTexts(texts.length * 2);
    for (let at = 0; at < texts.length; at++) {
      const number = slots[at * SLOT + NUMBER] as number;
      if (number === 0) continue;
      const [hash, question] = [slots[at * SLOT + HASH] as number, slots[at * SLOT + QUESTION] as number];
      this.#fill(hash, question, number, texts[at] as string);
    }
  }

  #fill(hash: number, question: number, number: number, text: string): void {
    const mask = this.#texts.length - 1;
    let at = hash & mask;
    while (this.#slots[at * SLOT + NUMBER] !== 0) at = (at + 1) & mask;
    this.#slots[at * SLOT + HASH] = hash;
    this.#slots[at * SLOT + QUESTION] = question;
    this.#slots[at * SLOT + NUMBER] = number;
    this.#texts[at] = text;
  }
}

function emptyTexts(count: number): string[] {
  return new Array<string>(count).fill('');
}

function isPart(known: string, text: string, from: number, to: number): boolean {
  if (to - from === text.length) return known === text;
  return known.length === to - from && text.startsWith(known, from);
}

/** FNV-1a, with the bits mixed once more at the end. */
function hashOf(question: number, text: string, from: number, to: number): number {
  let hash = Math.imul(question, 0x9e3779b1) ^ 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
