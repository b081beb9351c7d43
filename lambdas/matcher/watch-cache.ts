import type { ScopeIndex } from '../../core/matching/scope-index.ts';
import type { Watch } from '../../core/watch.ts';
import type { WatchChange, WatchFeed } from '../../store/watches.ts';
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
  readonly #scopes = new Map<string, WatchedScope>();
  #version: number | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  #again: { change: WatchChange; dueAtMs: number }[] = [];

  constructor(deps: WatchCacheDeps) {
    this.#deps = deps;
  }

  /** The automations of these scopes, of which those with these watches are loaded and as new as the promise says. */
  async load(scopeKeys: string[], wants: Want[]): Promise<ScopeIndex[]> {
    await this.#refresh();
    const scopes = scopeKeys.map((key) => this.#open(key));
    await Promise.all(scopes.map((scope) => scope.load(wants)));
    return scopes.map(({ index }) => index);
  }

  /** The metrics that automations of these scopes may watch on such an event. */
  async metricsOn(scopeKeys: string[], event: Watch['event']): Promise<string[]> {
    await this.#refresh();
    const metrics = await Promise.all(scopeKeys.map((key) => this.#open(key).metricsOn(event)));
    return [...new Set(metrics.flat())];
  }

  #open(scopeKey: string): WatchedScope {
    const known = this.#scopes.get(scopeKey);
    if (known) return known;
    if (this.#scopes.size >= MAX_SCOPES) this.#scopes.clear();
    const scope = new WatchedScope(scopeKey, this.#deps);
    this.#scopes.set(scopeKey, scope);
    // A read that failed is not remembered.
    scope.opened().catch(() => this.#scopes.delete(scopeKey));
    return scope;
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
    if (missed > recent.length) this.#scopes.clear();
    return missed > 0 ? recent.slice(-missed) : [];
  }

  async #apply(changes: WatchChange[]): Promise<void> {
    const concerned = changes.flatMap(({ automationId, scopes }) =>
      scopes.flatMap((key) => ({ automationId, scope: this.#scopes.get(key) })),
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

interface Concerned {
  automationId: string;
  scope: WatchedScope;
}
