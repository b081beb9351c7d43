import { grown } from './grown.ts';

/** What stands in an entry: the one behind it, a hint of two numbers, and in the first of a list how many there are. */
const NEXT = 0;
const HINT = 1;
const ANSWER = 2;
const LENGTH = 3;
const ENTRY = 4;

/**
 * Many lists of things, each with a hint that tells whether it has to be looked at. A list is chained entries in one
 * flat array, so that a thing itself is fetched from memory only when it is needed. The number of a list is that of its
 * first entry, which stays when the list is empty.
 */
export class EntryTable<Thing> {
  #entries = new Int32Array(16 * ENTRY);
  readonly #things: (Thing | undefined)[] = [undefined];
  readonly #free: number[] = [];

  addList(): number {
    return this.#addEntry();
  }

  put(list: number, thing: Thing, hint: number): void {
    const length = this.lengthOf(list);
    const entry = length === 0 ? list : this.#addEntry();
    if (entry !== list) {
      this.#write(entry, NEXT, this.#read(list, NEXT));
      this.#write(list, NEXT, entry);
    }
    this.#write(list, LENGTH, length + 1);
    this.#things[entry] = thing;
    this.setHint(entry, hint, 0);
  }

  /** Whether the thing was in the list. */
  remove(list: number, thing: Thing): boolean {
    let before = 0;
    let entry = this.firstOf(list);
    while (entry > 0 && this.#things[entry] !== thing) {
      before = entry;
      entry = this.after(entry);
    }
    if (entry === 0) return false;
    this.#write(list, LENGTH, this.lengthOf(list) - 1);
    if (before > 0) this.#dropAfter(before);
    else this.#dropFirst(list);
    return true;
  }

  lengthOf(list: number): number {
    return list === 0 ? 0 : this.#read(list, LENGTH);
  }

  /** 0 for a list that is empty, or none. */
  firstOf(list: number): number {
    return list > 0 && this.#read(list, LENGTH) > 0 ? list : 0;
  }

  /** The entry behind another; 0 for none. */
  after(entry: number): number {
    return this.#read(entry, NEXT);
  }

  thingOf(entry: number): Thing {
    return this.#things[entry] as Thing;
  }

  hintOf(entry: number): number {
    return this.#read(entry, HINT);
  }

  answerOf(entry: number): number {
    return this.#read(entry, ANSWER);
  }

  setHint(entry: number, hint: number, answer: number): void {
    this.#write(entry, HINT, hint);
    this.#write(entry, ANSWER, answer);
  }

  #addEntry(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const entry = this.#things.push(undefined) - 1;
    this.#entries = grown(this.#entries, (entry + 1) * ENTRY);
    return entry;
  }

  /** The first keeps its number: it takes over what the second holds. */
  #dropFirst(list: number): void {
    const second = this.after(list);
    this.#things[list] = this.#things[second];
    if (second === 0) return;
    this.setHint(list, this.hintOf(second), this.answerOf(second));
    this.#dropAfter(list);
  }

  #dropAfter(before: number): void {
    const entry = this.after(before);
    this.#write(before, NEXT, this.after(entry));
    this.#things[entry] = undefined;
    this.#write(entry, NEXT, 0);
    this.#free.push(entry);
  }

  #read(entry: number, field: number): number {
    return this.#entries[entry * ENTRY + field] as number;
  }

  #write(entry: number, field: number, value: number): void {
    this.#entries[entry * ENTRY + field] = value;
  }
}
