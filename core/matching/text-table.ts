import { matchesRegex } from '../filters/regex.ts';
import type { Requirement } from '../filters/requirements.ts';
import type { JsonValue } from '../json.ts';
import type { Watcher } from './watcher.ts';

type Scalar = string | number | boolean;

/** Watchers by what they require of one field. Whatever a value is, looking it up never costs a walk over all of them. */
export class TextTable {
  readonly #equals = new Map<Scalar, Watcher[]>();
  readonly #prefixes = new Map<string, Watcher[]>();
  readonly #suffixes = new Map<string, Watcher[]>();
  /** By the first letters of the text that must occur, three at most. */
  readonly #contained = new Map<string, { text: string; watchers: Watcher[] }[]>();
  readonly #patterns = new Map<string, Watcher[]>();
  /** How many keys of each length the three maps above hold. */
  readonly #lengths = { prefix: new Map<number, number>(), suffix: new Map<number, number>() };

  put(requirement: Requirement, watcher: Watcher): void {
    switch (requirement.kind) {
      case 'equals':
        for (const value of requirement.values) push(this.#equals, value, watcher);
        return;
      case 'prefix':
        if (push(this.#prefixes, requirement.text, watcher)) count(this.#lengths.prefix, requirement.text, 1);
        return;
      case 'suffix':
        if (push(this.#suffixes, requirement.text, watcher)) count(this.#lengths.suffix, requirement.text, 1);
        return;
      case 'contains':
        this.#putContained(requirement.text, watcher);
        return;
      case 'pattern':
        push(this.#patterns, requirement.source, watcher);
    }
  }

  /** Takes a watcher out that was put in under the same requirement; false when it was not there. */
  remove(requirement: Requirement, watcher: Watcher): boolean {
    switch (requirement.kind) {
      case 'equals':
        return requirement.values.map((value) => pull(this.#equals, value, watcher)).some((how) => how > 0);
      case 'prefix':
        return this.#removeAffix(this.#prefixes, this.#lengths.prefix, requirement.text, watcher);
      case 'suffix':
        return this.#removeAffix(this.#suffixes, this.#lengths.suffix, requirement.text, watcher);
      case 'contains':
        return this.#removeContained(requirement.text, watcher);
      case 'pattern':
        return pull(this.#patterns, requirement.source, watcher) > 0;
    }
  }

  /** Adds the watchers whose requirement this value meets. */
  collect(value: JsonValue, into: Watcher[]): void {
    if (value === null || typeof value === 'object') return;
    addAll(this.#equals.get(value), into);
    if (typeof value !== 'string') return;
    for (const length of this.#lengths.prefix.keys()) {
      if (length <= value.length) addAll(this.#prefixes.get(value.slice(0, length)), into);
    }
    for (const length of this.#lengths.suffix.keys()) {
      if (length <= value.length) addAll(this.#suffixes.get(value.slice(value.length - length)), into);
    }
    if (this.#contained.size > 0) this.#collectContained(value, into);
    for (const [source, watchers] of this.#patterns) {
      if (matchesRegex(source, value)) addAll(watchers, into);
    }
  }

  #collectContained(value: string, into: Watcher[]): void {
    for (const gram of gramsOf(value)) {
      for (const { text, watchers } of this.#contained.get(gram) ?? []) {
        if (value.includes(text)) addAll(watchers, into);
      }
    }
  }

  #putContained(text: string, watcher: Watcher): void {
    const gram = text.slice(0, GRAM);
    const entries = this.#contained.get(gram) ?? [];
    this.#contained.set(gram, entries);
    const entry = entries.find((one) => one.text === text);
    if (entry) entry.watchers.push(watcher);
    else entries.push({ text, watchers: [watcher] });
  }

  #removeContained(text: string, watcher: Watcher): boolean {
    const gram = text.slice(0, GRAM);
    const entries = this.#contained.get(gram) ?? [];
    const entry = entries.find((one) => one.text === text);
    const at = entry?.watchers.indexOf(watcher) ?? -1;
    if (!entry || at < 0) return false;
    entry.watchers.splice(at, 1);
    if (entry.watchers.length === 0) entries.splice(entries.indexOf(entry), 1);
    if (entries.length === 0) this.#contained.delete(gram);
    return true;
  }

  #removeAffix(
    map: Map<string, Watcher[]>,
    lengths: Map<number, number>,
    text: string,
    watcher: Watcher,
  ): boolean {
    const how = pull(map, text, watcher);
    if (how === LAST) count(lengths, text, -1);
    return how > 0;
  }
}

const GRAM = 3;

/** All runs of one to three letters of a text, each once. */
function gramsOf(text: string): Set<string> {
  const grams = new Set<string>();
  for (let length = 1; length <= GRAM; length++) {
    for (let at = 0; at + length <= text.length; at++) grams.add(text.slice(at, at + length));
  }
  return grams;
}

const LAST = 2;

function addAll(found: Watcher[] | undefined, into: Watcher[]): void {
  if (found) for (const watcher of found) into.push(watcher);
}

/** True when the key is new. */
function push<Key>(map: Map<Key, Watcher[]>, key: Key, watcher: Watcher): boolean {
  const list = map.get(key);
  if (list) list.push(watcher);
  else map.set(key, [watcher]);
  return list === undefined;
}

/** 0 when the watcher was not there, 2 when it was the last of its key, else 1. */
function pull<Key>(map: Map<Key, Watcher[]>, key: Key, watcher: Watcher): number {
  const list = map.get(key);
  const at = list?.indexOf(watcher) ?? -1;
  if (!list || at < 0) return 0;
  list.splice(at, 1);
  if (list.length > 0) return 1;
  map.delete(key);
  return LAST;
}

function count(lengths: Map<number, number>, { length }: string, change: number): void {
  const left = (lengths.get(length) ?? 0) + change;
  if (left > 0) lengths.set(length, left);
  else lengths.delete(length);
}
