/** A number for each name that some automation names. What has none, nobody watches. */
export class Words {
  readonly #numbers = new Map<string, number>();
  /** The word that was asked for last: an event's scopes ask for the same one after the other. */
  #last: string = '';
  #lastNumber = 0;

  /** 0 for a word that nobody named. */
  get(word: string): number {
    if (word === this.#last) return this.#lastNumber;
    this.#last = word;
    this.#lastNumber = this.#numbers.get(word) ?? 0;
    return this.#lastNumber;
  }

  add(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(word, number);
    this.#last = word;
    this.#lastNumber = number;
    return number;
  }
}
