import type { Head, Revision } from '../../core/automation.ts';
import type { MatchIndex } from '../../core/matching/match-index.ts';
import { ScopeIndex } from '../../core/matching/scope-index.ts';
import { Watcher } from '../../core/matching/watcher.ts';
import { type Watch, watchesOf } from '../../core/watch.ts';
import type { WatchEntry } from '../../store/watches.ts';

export interface WatchedScopeDeps {
  readWatches: (scopeKey: string) => Promise<WatchEntry[]>;
  readHeads: (ids: string[]) => Promise<Head[]>;
  readRevisions: (heads: Head[]) => Promise<Revision[]>;
}

export type Want = Pick<Watch, 'event' | 'metric'>;

const keyOf = ({ event, metric }: Want) => `${event}#${metric}`;

function wantOf(key: string): Want {
  const end = key.indexOf('#');
  return { event: key.slice(0, end) as Want['event'], metric: key.slice(end + 1) };
}

/** What is known of one scope: who may watch what, and of what was asked for, the automations themselves. */
export class WatchedScope {
  readonly index: ScopeIndex;
  readonly #scopeKey: string;
  readonly #deps: WatchedScopeDeps;
  /** By event and metric: the ids of automations that may watch. What is not in it nobody watches, and that is knowledge too. */
  #directory: Promise<Map<string, Set<string>>> | undefined;
  /** What of it is in the index, or on its way there. */
  readonly #loads = new Map<string, Promise<void>>();
  /** Those on collections in this scope, where they were asked for. They do not fire on what happens in it. */
  readonly #inside = new Map<string, Watcher>();

  /** `all` holds what is known of all scopes. */
  constructor(scopeKey: string, all: MatchIndex, deps: WatchedScopeDeps) {
    this.index = new ScopeIndex(all);
    this.#scopeKey = scopeKey;
    this.#deps = deps;
  }

  /** Reads the directory when it is first needed; a read that failed is not remembered. */
  #opened(): Promise<Map<string, Set<string>>> {
    if (this.#directory !== undefined) return this.#directory;
    const directory = this.#deps.readWatches(this.#scopeKey).then(toDirectory);
    this.#directory = directory;
    directory.catch(() => {
      this.#directory = undefined;
    });
    return directory;
  }

  /** Brings the automations with these watches into the index. Answers whether they were in it before. */
  async load(wants: Want[]): Promise<boolean> {
    const wasOpened = this.#directory !== undefined;
    const directory = await this.#opened();
    const wanted = wants.filter((want) => directory.has(keyOf(want)));
    const wasLoaded = wasOpened && wanted.every((want) => this.#loads.has(keyOf(want)));
    await Promise.all(wanted.map((want) => this.#loadOnce(want, directory.get(keyOf(want)) ?? new Set())));
    return wasLoaded;
  }

  /** Loads once, also for callers that come meanwhile; a load that failed is not remembered. */
  #loadOnce(want: Want, ids: Set<string>): Promise<void> {
    const key = keyOf(want);
    const known = this.#loads.get(key);
    if (known !== undefined) return known;
    const loading = this.#loadInto({ ...want, scopeKey: this.#scopeKey }, [...ids]);
    this.#loads.set(key, loading);
    loading.catch(() => this.#loads.delete(key));
    return loading;
  }

  /** A hint may be older than its automation, which watches elsewhere by now. */
  async #loadInto(watch: Watch, ids: string[]): Promise<void> {
    for (const watcher of (await readWatchers(ids, this.#deps)).values()) {
      const isTrue = watchesOf(watcher.definition).some(
        (one) => one.scopeKey === watch.scopeKey && keyOf(one) === keyOf(watch),
      );
      if (isTrue) this.#put(watcher, watch);
    }
  }

  /** An end of a run fires nothing by itself. */
  #put(watcher: Watcher, { event }: Want): void {
    if (event === 'inside') this.#inside.set(watcher.automationId, watcher);
    else if (event !== 'run.ended') this.index.put(watcher);
  }

  /** Resolves when no load is under way that may bring what was before a change. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#directory, ...this.#loads.values()]);
  }

  /** Brings one automation up to date; undefined for one that is gone or switched off. */
  async renew(automationId: string, watcher: Watcher | undefined): Promise<void> {
    const directory = await this.#opened();
    this.index.remove(automationId);
    this.#inside.delete(automationId);
    const watches = watcher ? watchesOf(watcher.definition) : [];
    for (const watch of watches.filter(({ scopeKey }) => scopeKey === this.#scopeKey)) {
      directory.set(keyOf(watch), (directory.get(keyOf(watch)) ?? new Set()).add(automationId));
      // What was not asked for stays where it is; asked for and found empty is not loaded either.
      const isLoaded = this.#loads.has(keyOf(watch));
      if (watcher && isLoaded) this.#put(watcher, watch);
    }
  }

  /** Every automation that watches in this scope or on a collection in it. */
  async all(): Promise<Watcher[]> {
    const wants = [...(await this.#opened()).keys()].map(wantOf);
    await this.load(wants.filter(({ event }) => event !== 'run.ended'));
    return [...this.index.watchers(), ...this.#inside.values()];
  }

  /** The metrics that automations may watch on such an event. */
  async metricsOn(event: Watch['event']): Promise<string[]> {
    const prefix = `${event}#`;
    const keys = [...(await this.#opened()).keys()];
    return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }
}

/** The enabled ones among these automations, as they are now. */
export async function readWatchers(
  ids: string[],
  deps: Pick<WatchedScopeDeps, 'readHeads' | 'readRevisions'>,
): Promise<Map<string, Watcher>> {
  const heads = (await deps.readHeads(ids)).filter(({ enabled }) => enabled);
  const byId = new Map(heads.map((head) => [head.id, head]));
  const watchers = new Map<string, Watcher>();
  for (const revision of await deps.readRevisions(heads)) {
    const head = byId.get(revision.automationId);
    if (head) watchers.set(head.id, new Watcher(head, revision));
  }
  return watchers;
}

function toDirectory(entries: WatchEntry[]): Map<string, Set<string>> {
  const directory = new Map<string, Set<string>>();
  for (const entry of entries) {
    const key = keyOf(entry);
    directory.set(key, (directory.get(key) ?? new Set()).add(entry.automationId));
  }
  return directory;
}
