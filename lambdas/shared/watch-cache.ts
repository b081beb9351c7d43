import { MatchIndex } from '../../core/matching/match-index.ts';
import type { ScopeIndex } from '../../core/matching/scope-index.ts';
import { ScopeTable } from '../../core/matching/scope-table.ts';
import type { Watcher } from '../../core/matching/watcher.ts';
import type { Place } from '../../core/scope.ts';
import type { Watch } from '../../core/watch.ts';
import { readHeads, readRevisions } from '../../store/automations.ts';
import type { Table } from '../../store/client.ts';
import { readWatches, readWatchFeed, type WatchChange, type WatchFeed } from '../../store/watches.ts';
import { readWatchers, type Want, WatchedScope, type WatchedScopeDeps } from './watched-scope.ts';

export interface WatchCacheDeps extends WatchedScopeDeps {
  readFeed: () => Promise<WatchFeed>;
  now: () => number;
}

/** A saved change takes effect within this time (the promise is 5 s). */
const TRUSTED_MS = 2_000;

/**
 * A change is announced before and after its write. A save that died in between is found by looking once more, after
 * a time in which no save can still be under way.
 */
const LOOKED_AT_AGAIN_MS = 60_000;

/** A function that saw more scopes than this forgets all and reads anew. */
const MAX_SCOPES = 20_000;

/** What the matcher asks of the automations. */
export type Watches = Pick<WatchCache, 'load' | 'metricsOn'>;

/**
 * Remembers who watches what. Everything is trusted for two seconds, then one read of the change feed says which
 * automations changed since; only those are read again, and only scopes that an event falls into are ever read.
 */
export class WatchCache {
  readonly #deps: WatchCacheDeps;
  #scopes: ScopeTable<WatchedScope>;
  #version: number | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  #again: { change: WatchChange; dueAtMs: number }[] = [];
  #counts = { cacheHits: 0, cacheMisses: 0 };

  constructor(deps: WatchCacheDeps) {
    this.#deps = deps;
    this.#scopes = this.#nothingKnown();
  }

  /** The automations of every scope that covers a place; those with these watches are as new as the promise says. */
  async load(place: Place, wants: Want[]): Promise<ScopeIndex[]> {
    const scopes = await this.#covering(place);
    const wereLoaded = await Promise.all(scopes.map((scope) => scope.load(wants)));
    this.#counts[wereLoaded.every(Boolean) ? 'cacheHits' : 'cacheMisses']++;
    return scopes.map(({ index }) => index);
  }

  /** How many loads were answered from memory, and how many had to read, since this was asked last. */
  takeCounts(): { cacheHits: number; cacheMisses: number } {
    const counts = this.#counts;
    this.#counts = { cacheHits: 0, cacheMisses: 0 };
    return counts;
  }

  /** The metrics that automations of these scopes may watch on such an event. */
  async metricsOn(place: Place, event: Watch['event']): Promise<string[]> {
    const metrics = await Promise.all((await this.#covering(place)).map((scope) => scope.metricsOn(event)));
    return [...new Set(metrics.flat())];
  }

  /** Every automation that something in this place can fire: also those on collections that are in it. */
  async all(place: Place): Promise<Watcher[]> {
    const scopes = await Promise.all((await this.#covering(place)).map((scope) => scope.all()));
    return scopes.flat();
  }

  async #covering(place: Place): Promise<WatchedScope[]> {
    await this.#refresh();
    if (this.#scopes.size >= MAX_SCOPES) this.#scopes = this.#nothingKnown();
    return this.#scopes.covering(place);
  }

  #nothingKnown(): ScopeTable<WatchedScope> {
    const index = new MatchIndex();
    return new ScopeTable((scopeKey) => new WatchedScope(scopeKey, index, this.#deps));
  }

  /** Groups that come at the same time share one look at the feed. */
  #refresh(): Promise<void> {
    if (this.#deps.now() - this.#checkedAtMs < TRUSTED_MS) return Promise.resolve();
    this.#checking ??= this.#readChanges().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #readChanges(): Promise<void> {
    const nowMs = this.#deps.now();
    const feed = await this.#deps.readFeed();
    const changes = this.#changesIn(feed);
    const due = this.#again.filter(({ dueAtMs }) => dueAtMs <= nowMs).map(({ change }) => change);
    await this.#apply([...due, ...changes]);
    const later = changes.map((change) => ({ change, dueAtMs: nowMs + LOOKED_AT_AGAIN_MS }));
    this.#again = [...this.#again.filter(({ dueAtMs }) => dueAtMs > nowMs), ...later];
    this.#version = feed.version;
    this.#checkedAtMs = nowMs;
  }

  /** What changed since the last look. Where more did than the feed keeps, everything is forgotten. */
  #changesIn({ version, recent }: WatchFeed): WatchChange[] {
    const missed = version - (this.#version ?? 0);
    if (missed > recent.length) this.#scopes = this.#nothingKnown();
    return missed > 0 ? recent.slice(-missed) : [];
  }

  async #apply(changes: WatchChange[]): Promise<void> {
    const concerned = changes.flatMap(({ automationId, scopes }) =>
      scopes.flatMap((key) => ({ automationId, scope: this.#scopes.known(key) })),
    );
    const known = concerned.filter((one): one is Concerned => one.scope !== undefined);
    if (known.length === 0) return;
    await Promise.all(known.map(({ scope }) => scope.settled()));
    const watchers = await readWatchers(
      [...new Set(known.map(({ automationId }) => automationId))],
      this.#deps,
    );
    for (const { scope, automationId } of known) await scope.renew(automationId, watchers.get(automationId));
  }
}

/** What the cache asks of a deployment's table. */
export function watchCacheDeps(table: Table): WatchCacheDeps {
  return {
    readFeed: () => readWatchFeed(table),
    readWatches: (scopeKey) => readWatches(table, scopeKey),
    readHeads: (ids) => readHeads(table, ids),
    readRevisions: (heads) => readRevisions(table, heads),
    now: Date.now,
  };
}

interface Concerned {
  automationId: string;
  scope: WatchedScope;
}
