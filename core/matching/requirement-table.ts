import { matchesRegex } from '../filters/regex.ts';
import type { Requirement } from '../filters/requirements.ts';
import type { JsonValue } from '../json.ts';
import type { Watcher } from './watcher.ts';

/** Watchers by what they require of one field. Whatever a value is, looking it up is no walk over all of them. */
export class RequirementTable {
  /** Only of the kinds that occur. */
  readonly #tables = new Map<Requirement['kind'], KindTable>();
  #equals: KindTable | undefined;
  #textual: KindTable[] = [];

  put(requirement: Requirement, watcher: Watcher): void {
    const table = this.#tables.get(requirement.kind) ?? this.#add(requirement.kind);
    for (const key of keysOf(requirement)) table.put(key, watcher);
  }

  /** Takes a watcher out that was put in under the same requirement. */
  remove(requirement: Requirement, watcher: Watcher): void {
    const table = this.#tables.get(requirement.kind);
    for (const key of keysOf(requirement)) table?.remove(key, watcher);
  }

  /** How many watchers come up at the same time as one with this requirement would. */
  filedUnder(requirement: Requirement): number {
    const table = this.#tables.get(requirement.kind);
    return table ? keysOf(requirement).reduce<number>((sum, key) => sum + table.filedUnder(key), 0) : 0;
  }

  /** Adds the watchers whose requirement this value meets. */
  collect(value: JsonValue, into: Watcher[]): void {
    if (value === null || typeof value === 'object') return;
    this.#equals?.collect(value, into);
    if (typeof value !== 'string') return;
    for (const table of this.#textual) table.collect(value, into);
  }

  #add(kind: Requirement['kind']): KindTable {
    const table = tableOfKind[kind]();
    this.#tables.set(kind, table);
    if (kind === 'equals') this.#equals = table;
    else this.#textual = [...this.#textual, table];
    return table;
  }
}

const tableOfKind: Record<Requirement['kind'], () => KindTable> = {
  equals: () => new Equals(),
  prefix: () => new Affixes((value, length) => value.slice(0, length)),
  suffix: () => new Affixes((value, length) => value.slice(value.length - length)),
  contains: () => new Contained(),
  pattern: () => new Patterns(),
};

type Scalar = string | number | boolean;

function keysOf(requirement: Requirement): Scalar[] {
  if (requirement.kind === 'equals') return [...new Set(requirement.values)];
  return [requirement.kind === 'pattern' ? requirement.source : requirement.text];
}

/** The watchers with one kind of requirement, by the value, text or pattern that they name. */
interface KindTable {
  filedUnder: (key: Scalar) => number;
  put: (key: Scalar, watcher: Watcher) => void;
  remove: (key: Scalar, watcher: Watcher) => boolean;
  collect: (value: Scalar, into: Watcher[]) => void;
}

class Equals implements KindTable {
  protected readonly lists = new Map<Scalar, Watcher[]>();

  filedUnder(key: Scalar): number {
    return this.lists.get(key)?.length ?? 0;
  }

  put(key: Scalar, watcher: Watcher): void {
    const list = this.lists.get(key);
    if (list) list.push(watcher);
    else this.lists.set(key, [watcher]);
  }

  remove(key: Scalar, watcher: Watcher): boolean {
    const list = this.lists.get(key) ?? [];
    const at = list.indexOf(watcher);
    if (at >= 0) list.splice(at, 1);
    if (list.length === 0) this.lists.delete(key);
    return at >= 0;
  }

  collect(value: Scalar, into: Watcher[]): void {
    for (const watcher of this.lists.get(value) ?? NONE) into.push(watcher);
  }
}

const NONE: readonly Watcher[] = [];

/** Beginnings or ends of texts: one look-up for each length that occurs. */
class Affixes extends Equals {
  /** How many keys of each length there are. */
  readonly #lengths = new Map<number, number>();
  readonly #cut: (value: string, length: number) => string;

  constructor(cut: (value: string, length: number) => string) {
    super();
    this.#cut = cut;
  }

  override put(key: Scalar, watcher: Watcher): void {
    if (!this.lists.has(key)) this.#count(key, 1);
    super.put(key, watcher);
  }

  override remove(key: Scalar, watcher: Watcher): boolean {
    const removed = super.remove(key, watcher);
    if (removed && !this.lists.has(key)) this.#count(key, -1);
    return removed;
  }

  override collect(value: Scalar, into: Watcher[]): void {
    const text = String(value);
    for (const length of this.#lengths.keys()) {
      if (length <= text.length) super.collect(this.#cut(text, length), into);
    }
  }

  #count(key: Scalar, change: number): void {
    const { length } = String(key);
    const left = (this.#lengths.get(length) ?? 0) + change;
    if (left > 0) this.#lengths.set(length, left);
    else this.#lengths.delete(length);
  }
}

/** True regular expressions: each distinct one is tried. */
class Patterns extends Equals {
  override collect(value: Scalar, into: Watcher[]): void {
    for (const [source, watchers] of this.lists) {
      if (matchesRegex(String(source), String(value))) for (const watcher of watchers) into.push(watcher);
    }
  }
}

const GRAM = 3;

/** Texts that must occur somewhere, found by their first letters, three at most. */
class Contained implements KindTable {
  readonly #texts = new Equals();
  /** How many watchers each text has, by its first letters. */
  readonly #byGram = new Map<string, Map<string, number>>();

  filedUnder(key: Scalar): number {
    return this.#texts.filedUnder(key);
  }

  put(key: Scalar, watcher: Watcher): void {
    this.#texts.put(key, watcher);
    this.#count(String(key), 1);
  }

  remove(key: Scalar, watcher: Watcher): boolean {
    const removed = this.#texts.remove(key, watcher);
    if (removed) this.#count(String(key), -1);
    return removed;
  }

  collect(value: Scalar, into: Watcher[]): void {
    if (this.#byGram.size === 0) return;
    const text = String(value);
    for (const gram of gramsOf(text)) {
      for (const wanted of this.#byGram.get(gram)?.keys() ?? []) {
        if (text.includes(wanted)) this.#texts.collect(wanted, into);
      }
    }
  }

  #count(text: string, change: number): void {
    const gram = text.slice(0, GRAM);
    const texts = this.#byGram.get(gram) ?? new Map<string, number>();
    const left = (texts.get(text) ?? 0) + change;
    if (left > 0) this.#byGram.set(gram, texts.set(text, left));
    else texts.delete(text);
    if (texts.size === 0) this.#byGram.delete(gram);
  }
}

/** All runs of one to three letters of a text, each once. */
function gramsOf(text: string): Set<string> {
  const grams = new Set<string>();
  for (let length = 1; length <= GRAM; length++) {
    for (let at = 0; at + length <= text.length; at++) grams.add(text.slice(at, at + length));
  }
  return grams;
}
