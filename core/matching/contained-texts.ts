/** How many letters of a text are looked up before the text itself is looked for. */
const GRAM = 3;

/** Texts that may occur anywhere in a value, found by their first letters, three at most. */
export class ContainedTexts {
  /** By those letters, the texts, and how often each was added. */
  readonly #byGram = new Map<string, Map<string, number>>();
  /** How long the grams are: nearly always all have three letters. */
  #lengths: number[] = [];

  add(text: string): void {
    const gram = text.slice(0, GRAM);
    const texts = this.#byGram.get(gram) ?? new Map<string, number>();
    this.#byGram.set(gram, texts.set(text, (texts.get(text) ?? 0) + 1));
    if (!this.#lengths.includes(gram.length)) this.#lengths.push(gram.length);
  }

  /** Takes out a text that was added, once. */
  remove(text: string): void {
    const gram = text.slice(0, GRAM);
    const texts = this.#byGram.get(gram) ?? new Map<string, number>();
    const left = (texts.get(text) ?? 0) - 1;
    if (left > 0) texts.set(text, left);
    else texts.delete(text);
    if (texts.size > 0) return;
    this.#byGram.delete(gram);
    this.#lengths = [...new Set([...this.#byGram.keys()].map(({ length }) => length))];
  }

  /** The texts that a value contains; one may come twice. */
  foundIn(value: string): string[] {
    const found: string[] = [];
    for (const length of this.#lengths) {
      for (let at = 0; at + length <= value.length; at++) {
        const texts = this.#byGram.get(value.slice(at, at + length));
        if (texts) addContained(value, texts.keys(), found);
      }
    }
    return found;
  }
}

function addContained(value: string, texts: Iterable<string>, into: string[]): void {
  for (const text of texts) if (value.includes(text)) into.push(text);
}
