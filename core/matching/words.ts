/** A number for each name that some automation names. What has none, nobody watches. */
export class Words {
  readonly #numbers = new Map<string, number>();
  /** The last word of each length: an event's scopes ask for the same one after the other, and events for a few. */
  readonly #last: string[] = new Array(LENGTHS).fill('');
  readonly #lastNumbers = new Int32Array(LENGTHS);

  /** 0 for a word that nobody named. */
  get(word: string): number {
    const length = word.length & (LENGTHS - 1);
    if (word === this.#last[length]) return this.#lastNumbers[length] as number;
    return this.#note(word, this.#numbers.get(word) ?? 0);
  }

  add(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(word, number);
    return this.#note(word, number);
  }

  #note(word: string, number: number): number {
    const length = word.length & (LENGTHS - 1);
    this.#last[length] = word;
    this.#lastNumbers[length] = number;
    return number;
  }
}

const LENGTHS = 32;
