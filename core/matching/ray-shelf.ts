import { grown } from './grown.ts';
import type { Watcher } from './watcher.ts';

/** What stands in the header of a list. */
const START = 0;
const LENGTH = 1;
const CAPACITY = 2;
const IS_SORTED = 3;
const HEADER = 4;

/**
 * Many lists of half-lines that go up, each in the order in which a growing number comes to meet them. All of them
 * stand in the same flat arrays: a list that is an object is several more things to fetch before its first bound.
 */
export class RayShelf {
  /** From list 1 on; 0 stands for none. */
  #headers = new Int32Array(16 * HEADER);
  #lists = 0;
  /** Lists that nobody needs any more. */
  readonly #free: number[] = [];
  #firsts = new Float64Array(64);
  #watchers: (Watcher | undefined)[] = [];
  /** Up to where the arrays are used. */
  #top = 0;

  /** The number of a new list. */
  addList(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.#lists++;
    this.#headers = grown(this.#headers, (this.#lists + 1) * HEADER);
    return this.#lists;
  }

  put(list: number, first: number, watcher: Watcher): void {
    if (this.#read(list, LENGTH) === this.#read(list, CAPACITY)) this.#makeRoom(list);
    const [firsts, watchers] = [this.#firsts, this.#watchers];
    const start = this.#read(list, START);
    const end = start + this.#read(list, LENGTH);
    // Loading many is putting them at the end; the order is made when it is first needed, and kept from then on.
    const at = this.#read(list, IS_SORTED) === 1 ? this.#placeOf(first, start, end) : end;
    for (let to = end; to > at; to--) {
      firsts[to] = firsts[to - 1] as number;
      watchers[to] = watchers[to - 1];
    }
    firsts[at] = first;
    watchers[at] = watcher;
    this.#write(list, LENGTH, end + 1 - start);
  }

  /** Answers the number of the list; 0 when that was all it held, and it is gone. */
  remove(list: number, watcher: Watcher): number {
    const [firsts, watchers] = [this.#firsts, this.#watchers];
    const start = this.#read(list, START);
    const last = start + this.#read(list, LENGTH) - 1;
    let at = start;
    while (at <= last && watchers[at] !== watcher) at++;
    if (at > last) return list;
    for (; at < last; at++) {
      firsts[at] = firsts[at + 1] as number;
      watchers[at] = watchers[at + 1];
    }
    watchers[last] = undefined;
    this.#write(list, LENGTH, last - start);
    if (last > start) return list;
    this.#free.push(list);
    return 0;
  }

  /** Adds the watchers whose half-line holds the number. */
  collect(list: number, x: number, into: Watcher[]): void {
    if (this.#read(list, IS_SORTED) === 0) this.#sort(list);
    const firsts = this.#firsts;
    const start = this.#read(list, START);
    const end = start + this.#read(list, LENGTH);
    for (let at = start; at < end && (firsts[at] as number) <= x; at++) {
      into.push(this.#watchers[at] as Watcher);
    }
  }

  #read(list: number, field: number): number {
    return this.#headers[list * HEADER + field] as number;
  }

  #write(list: number, field: number, value: number): void {
    this.#headers[list * HEADER + field] = value;
  }

  /** Behind those that are as large, by halving. */
  #placeOf(first: number, start: number, end: number): number {
    let [low, high] = [start, end];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#firsts[middle] as number) <= first) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #sort(list: number): void {
    const start = this.#read(list, START);
    const length = this.#read(list, LENGTH);
    this.#write(list, IS_SORTED, 1);
    if (length < 2) return;
    const firsts = this.#firsts.slice(start, start + length);
    const watchers = this.#watchers.slice(start, start + length);
    const order = new Uint32Array(length).map((_, at) => at);
    order.sort((a, b) => (firsts[a] as number) - (firsts[b] as number));
    for (let at = 0; at < length; at++) {
      this.#firsts[start + at] = firsts[order[at] as number] as number;
      this.#watchers[start + at] = watchers[order[at] as number];
    }
  }

  /** Gives a list twice the room, at the top. What it leaves behind, all in all, is less than what it has then. */
  #makeRoom(list: number): void {
    const start = this.#read(list, START);
    const length = this.#read(list, LENGTH);
    const [top, capacity] = [this.#top, Math.max(1, length * 2)];
    this.#top = top + capacity;
    this.#firsts = grown(this.#firsts, this.#top);
    const [firsts, watchers] = [this.#firsts, this.#watchers];
    firsts.copyWithin(top, start, start + length);
    for (let at = 0; at < capacity; at++) {
      watchers[top + at] = at < length ? watchers[start + at] : undefined;
    }
    watchers.fill(undefined, start, start + length);
    this.#write(list, START, top);
    this.#write(list, CAPACITY, capacity);
  }
}
