import type { Requirement } from '../filters/requirements.ts';
import type { JsonValue } from '../json.ts';
import { RequirementTable } from './requirement-table.ts';
import type { Watcher } from './watcher.ts';

/** An event as an index reads it. */
export interface EventReader {
  /** A top-level field. */
  field: (root: string) => JsonValue | undefined;
  /** The values at a dotted path: one, or a list of them where lists are on the way; undefined for none. */
  values: (path: string) => JsonValue | undefined;
}

/** How much was looked at, for the proof that cost does not grow with automations that don't match. */
export interface MatchCounts {
  candidates: number;
}

/**
 * The automations that watch one type of event in one scope, found by one thing that their filter requires: a value
 * that a field equals, or how its text begins, ends, or what it contains. Only those that the event meets there are
 * tested further, so an event costs what it comes near to, not what there is.
 */
export class FilterIndex {
  readonly #always: Watcher[] = [];
  readonly #tables = new Map<string, RequirementTable>();
  /** What each watcher is filed under; those without stand in #always. */
  readonly #anchors = new Map<Watcher, Requirement | undefined>();

  get size(): number {
    return this.#anchors.size;
  }

  put(watcher: Watcher): void {
    const anchor = this.#anchorOf(watcher);
    this.#anchors.set(watcher, anchor);
    if (anchor) this.#tableOf(anchor.path).put(anchor, watcher);
    else this.#always.push(watcher);
  }

  remove(watcher: Watcher): void {
    const anchor = this.#anchors.get(watcher);
    if (!this.#anchors.delete(watcher)) return;
    if (anchor) this.#tableOf(anchor.path).remove(anchor, watcher);
    else this.#always.splice(this.#always.indexOf(watcher), 1);
  }

  /** The watchers whose filter takes the event. */
  matching(event: EventReader, counts?: MatchCounts): Watcher[] {
    const candidates = this.#candidates(event);
    if (counts) counts.candidates += candidates.length;
    if (candidates.length === 0) return candidates;
    return candidates.filter((watcher) => watcher.filter.test(event.field));
  }

  #candidates(event: EventReader): Watcher[] {
    const found = this.#always.slice();
    let isManifold = false;
    for (const [path, table] of this.#tables) {
      const value = event.values(path);
      if (Array.isArray(value)) {
        isManifold = true;
        for (const item of value) table.collect(item, found);
      } else if (value !== undefined) table.collect(value, found);
    }
    // Several items of a list may lead to one watcher.
    return isManifold ? [...new Set(found)] : found;
  }

  /** What tells the watcher apart best: what the fewest others are filed under so far. */
  #anchorOf(watcher: Watcher): Requirement | undefined {
    const requirements = watcher.filter.requirements();
    if (requirements.length < 2) return requirements[0];
    const sizes = requirements.map((one) => this.#tables.get(one.path)?.filedUnder(one) ?? 0);
    return requirements[sizes.indexOf(Math.min(...sizes))];
  }

  #tableOf(path: string): RequirementTable {
    const known = this.#tables.get(path);
    if (known) return known;
    const table = new RequirementTable();
    this.#tables.set(path, table);
    return table;
  }
}
