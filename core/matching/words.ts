import { AnswerTable } from './answer-table.ts';

/** A number for each name that some automation names. What has none, nobody watches. */
export class Words {
  readonly #numbers = new AnswerTable();
  /** The last word of each length: an event's scopes ask for the same one after the other, and events for a few. */
  readonly #last: string[] = new Array(LENGTHS).fill('');
  readonly #lastNumbers = new Int32Array(LENGTHS);

  /** 0 for a word that nobody named. */
  get(word: string): number {
    const length = word.length & (LENGTHS - 1);
    if (word === this.#last[length]) return this.#lastNumbers[length] as number;
    return this.#note(word, this.#numbers.get(0, word));
  }

  add(word: string): number {
    const known = this.get(word);
    return known > 0 ? known : this.#note(word, this.#numbers.add(0, internalized(word)));
  }

  #note(word: string, number: number): number {
    const length = word.length & (LENGTHS - 1);
    this.#last[length] = word;
    this.#lastNumbers[length] = number;
    return number;
  }
}

const LENGTHS = 32;

/** The engine's one copy of a name, which short texts and keys are when they are parsed: comparing these reads neither. */
function internalized(word: string): string {
  return Object.keys({ [word]: true })[0] ?? word;
}
