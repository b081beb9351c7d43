/**
 * Numbers for texts, each under the number of a question, in one flat array. It takes a part of a text without cutting
 * it out, and that nobody waits for it is mostly known after one look, at a hash; a hash alone is never a yes.
 */
export class AnswerTable {
  /** Slots of two: hash and number (0: the slot is free). */
  #slots = new Int32Array(64);
  #mask = 31;
  /** By number: the text, and the question. */
  readonly #texts: string[] = [''];
  readonly #questions: number[] = [0];

  /** The number of a part of a text as an answer to a question; 0 for one that has none. */
  get(question: number, text: string, from = 0, to = text.length): number {
    const hash = hashOf(question, text, from, to);
    const slots = this.#slots;
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const number = slots[at * 2 + 1];
      if (!number) return 0;
      if (slots[at * 2] === hash && this.#is(number, question, text, from, to)) return number;
    }
  }

  add(question: number, text: string): number {
    const known = this.get(question, text);
    if (known) return known;
    const number = this.#texts.push(text) - 1;
    this.#questions.push(question);
    if (number * 2 > this.#mask) this.#grow();
    this.#fill(hashOf(question, text, 0, text.length), number);
    return number;
  }

  #is(number: number, question: number, text: string, from: number, to: number): boolean {
    const known = this.#texts[number] as string;
    return this.#questions[number] === question && known.length === to - from && text.startsWith(known, from);
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += 2) if (old[at + 1]) this.#fill(old[at] ?? 0, old[at + 1] ?? 0);
  }

  #fill(hash: number, number: number): void {
    let at = hash & this.#mask;
    while (this.#slots[at * 2 + 1]) at = (at + 1) & this.#mask;
    this.#slots[at * 2] = hash;
    this.#slots[at * 2 + 1] = number;
  }
}

/** FNV-1a, with the bits mixed once more at the end. */
function hashOf(question: number, text: string, from: number, to: number): number {
  let hash = Math.imul(question, 0x9e3779b1) ^ 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
