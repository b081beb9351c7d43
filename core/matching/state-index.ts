import type { RunState } from '../event.ts';
import { takenStates } from '../trigger.ts';
import type { EventReader } from './event-reader.ts';
import type { MatchCounts } from './filter-index.ts';
import type { MatchIndex } from './match-index.ts';
import { waitsForFalse } from './metric-group.ts';
import type { Watcher } from './watcher.ts';

/** The automations that watch the states of runs in one scope, by the states that they name. */
export class StateIndex {
  readonly #all: MatchIndex;
  readonly #scope: number;
  #afterFalse: Map<string, Watcher> | undefined;
  readonly #watchers = new Set<Watcher>();

  constructor(all: MatchIndex, scope: number) {
    this.#all = all;
    this.#scope = scope;
  }

  get size(): number {
    return this.#watchers.size;
  }

  put(watcher: Watcher): void {
    this.#watchers.add(watcher);
    for (const state of takenStates(watcher.definition.trigger))
      this.#all.addFilters(this.#scope, state).put(watcher);
    if (!waitsForFalse(watcher)) return;
    this.#afterFalse ??= new Map();
    this.#afterFalse.set(watcher.automationId, watcher);
  }

  /** Takes out a watcher that was put in. */
  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    for (const state of takenStates(watcher.definition.trigger))
      this.#all.filters(this.#scope, state)?.remove(watcher);
    this.#afterFalse?.delete(watcher.automationId);
  }

  /** Since when one of those that watch now has watched. */
  get watchedSinceMs(): number {
    let sinceMs = Number.POSITIVE_INFINITY;
    for (const { countsFromMs } of this.#watchers) sinceMs = Math.min(sinceMs, countsFromMs);
    return sinceMs;
  }

  /** The watchers that name the state and whose filter takes the event. */
  matching(state: RunState, event: EventReader, counts?: MatchCounts): Watcher[] {
    const found: Watcher[] = [];
    this.#all.collectState(this.#scope, state, event, found, counts);
    return found;
  }

  /** The watcher of an automation, if it waits for its condition to be false again. */
  waiting(automationId: string): Watcher | undefined {
    return this.#afterFalse?.get(automationId);
  }
}
