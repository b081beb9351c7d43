import type { Attributes } from './attributes.ts';

export interface IndexKeys {
  hash: { name: string };
  range: { name: string };
}

type Key = { pk: string; sk: string };

interface Change {
  atMs: number;
  id: string;
  entry: Attributes | undefined;
}

/** A keys-only index, which shows a write some time after it. */
export class IndexOfTable {
  readonly rangeName: string;
  readonly #hashName: string;
  readonly #clock: { nowMs: number };
  readonly #shown = new Map<string, Map<string, Attributes>>();
  /** As it will be. */
  readonly #written = new Map<string, Attributes>();
  readonly #hashes = new Map<string, string>();
  /** What is written and not shown, in the order of the writes. */
  #pending: Change[] = [];

  constructor({ hash, range }: IndexKeys, clock: { nowMs: number }) {
    this.#hashName = hash.name;
    this.rangeName = range.name;
    this.#clock = clock;
  }

  /** Takes over the state of another one. */
  become(other: IndexOfTable): void {
    for (const [hash, partition] of other.#shown) this.#shown.set(hash, new Map(partition));
    for (const [id, entry] of other.#written) this.#written.set(id, entry);
    for (const [id, hash] of other.#hashes) this.#hashes.set(id, hash);
    this.#pending = [...other.#pending];
  }

  /** Answers where it changes: by hash and range. */
  note(
    key: Key,
    before: Attributes | undefined,
    after: Attributes | undefined,
    delayMs: () => number,
  ): [hash: unknown, range: unknown][] {
    const [was, is] = [this.#entryOf(key, before), this.#entryOf(key, after)];
    if (was?.[this.rangeName] === is?.[this.rangeName]) return [];
    const id = `${key.pk} ${key.sk}`;
    if (is) this.#written.set(id, is);
    else this.#written.delete(id);
    const delay = delayMs();
    const isBehind = this.#pending.some((change) => change.id === id);
    if (delay === 0 && !isBehind) this.#show(id, is);
    else this.#pending.push({ atMs: this.#clock.nowMs + delay, id, entry: is });
    return [was, is].flatMap((one) => (one ? [[one[this.#hashName], one[this.rangeName]]] : []));
  }

  entries(hash: string): Attributes[] {
    this.#catchUp();
    const partition = this.#shown.get(hash);
    return partition ? [...partition.values()] : [];
  }

  least(): number | undefined {
    let least: number | undefined;
    for (const entry of this.#written.values()) {
      const range = entry[this.rangeName] as number;
      if (least === undefined || range < least) least = range;
    }
    return least;
  }

  /** A later write of an item is never shown before an earlier one. */
  #catchUp(): void {
    if (this.#pending.length === 0) return;
    const waiting = new Set<string>();
    this.#pending = this.#pending.filter(({ atMs, id, entry }) => {
      if (atMs > this.#clock.nowMs || waiting.has(id)) {
        waiting.add(id);
        return true;
      }
      this.#show(id, entry);
      return false;
    });
  }

  #show(id: string, entry: Attributes | undefined): void {
    const known = this.#hashes.get(id);
    if (known !== undefined) this.#shown.get(known)?.delete(id);
    if (!entry) return;
    const hash = String(entry[this.#hashName]);
    const partition = this.#shown.get(hash) ?? new Map<string, Attributes>();
    this.#shown.set(hash, partition.set(id, entry));
    this.#hashes.set(id, hash);
  }

  /** None of what has not both keys. */
  #entryOf({ pk, sk }: Key, item: Attributes | undefined): Attributes | undefined {
    const [hash, range] = [item?.[this.#hashName], item?.[this.rangeName]];
    if (hash === undefined || range === undefined) return undefined;
    return { pk, sk, [this.#hashName]: hash, [this.rangeName]: range };
  }
}
