import { AnswerTable } from './answer-table.ts';

/** How many letters of a text are looked up before the text itself is looked for. */
const GRAM = 3;
const LETTERS = 128;

/** Texts that may occur anywhere in a value, found by their first letters, three at most. */
export class ContainedTexts {
  readonly #grams = new AnswerTable();
  /** By the number of those letters, the texts, and how often each was added. */
  readonly #texts: Map<string, number>[] = [new Map()];
  /** How long the grams are: nearly always all have three letters. */
  readonly #lengths: number[] = [];
  /** By a letter's last bits, whether a text began with such a one: most letters of a value end the search at once. */
  readonly #beginnings = new Uint8Array(LETTERS);

  add(text: string): void {
    const gram = text.slice(0, GRAM);
    this.#beginnings[gram.charCodeAt(0) % LETTERS] = 1;
    if (!this.#lengths.includes(gram.length)) this.#lengths.push(gram.length);
    const number = this.#grams.add(0, gram);
    const texts = this.#texts[number] ?? new Map<string, number>();
    this.#texts[number] = texts.set(text, (texts.get(text) ?? 0) + 1);
  }

  /** Takes out a text that was added, once. */
  remove(text: string): void {
    const texts = this.#texts[this.#grams.get(0, text.slice(0, GRAM))];
    const left = (texts?.get(text) ?? 0) - 1;
    if (left > 0) texts?.set(text, left);
    else texts?.delete(text);
  }

  /** The texts that a value contains; one may come twice. */
  foundIn(value: string): string[] {
    const found: string[] = [];
    for (const length of this.#lengths) {
      for (let at = 0; at + length <= value.length; at++) {
        if (this.#beginnings[value.charCodeAt(at) % LETTERS] === 0) continue;
        const gram = this.#grams.get(0, value, at, at + length);
        if (gram > 0) addContained(value, this.#texts[gram]?.keys() ?? [], found);
      }
    }
    return found;
  }
}

function addContained(value: string, texts: Iterable<string>, into: string[]): void {
  for (const text of texts) if (value.includes(text)) into.push(text);
}
