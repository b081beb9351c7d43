import type { Requirement } from '../filters/requirements.ts';
import type { JsonValue } from '../json.ts';
import { RequirementTable } from './requirement-table.ts';
import type { Watcher } from './watcher.ts';

/** An event as an index reads it: by dotted path, so that what stands in its route needs no opening. */
export interface EventReader {
  /** The values at a path; of lists, each element as well. */
  values: (path: string) => JsonValue[];
  /** A top-level field. */
  field: (root: string) => JsonValue | undefined;
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
  #size = 0;

  get size(): number {
    return this.#size;
  }

  put(watcher: Watcher): void {
    this.#size++;
    const anchor = anchorOf(watcher);
    if (!anchor) {
      this.#always.push(watcher);
      return;
    }
    const table = this.#tables.get(anchor.path) ?? new RequirementTable();
    this.#tables.set(anchor.path, table);
    table.put(anchor, watcher);
  }

  remove(watcher: Watcher): void {
    const anchor = anchorOf(watcher);
    const removed = anchor
      ? (this.#tables.get(anchor.path)?.remove(anchor, watcher) ?? false)
      : removeFrom(this.#always, watcher);
    if (removed) this.#size--;
  }

  /** The watchers whose filter takes the event. */
  matching(event: EventReader, counts?: MatchCounts): Watcher[] {
    const candidates = this.#candidates(event);
    if (counts) counts.candidates += candidates.length;
    return candidates.filter((watcher) => watcher.filter.test(event.field));
  }

  #candidates(event: EventReader): Watcher[] {
    const found = this.#always.slice();
    let isManifold = false;
    for (const [path, table] of this.#tables) {
      const values = event.values(path);
      isManifold ||= values.length > 1;
      for (const value of values) table.collect(value, found);
    }
    // Several items of a list may lead to one watcher.
    return isManifold ? [...new Set(found)] : found;
  }
}

function removeFrom(list: Watcher[], watcher: Watcher): boolean {
  const at = list.indexOf(watcher);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** What the watcher is filed under: the most selective of what its filter requires, if it requires anything. */
function anchorOf(watcher: Watcher): Requirement | undefined {
  return watcher.filter.requirements()[0];
}
