import type { Head, Revision } from '../../core/automation.ts';
import type { EventType } from '../../core/event.ts';
import { sameWatch, type Watch, watchOf } from '../../core/watch.ts';
import { toWatcher, type Watcher } from '../../core/watcher.ts';
import type { WatchEntry } from '../../store/watches.ts';

export interface WatchCacheDeps {
  readScopeVersion: (scopeKey: string) => Promise<number>;
  readWatches: (scopeKey: string, event: EventType) => Promise<WatchEntry[]>;
  readHeads: (ids: string[]) => Promise<Head[]>;
  readRevisions: (heads: Head[]) => Promise<Revision[]>;
  now: () => number;
}

/** A saved change takes effect within this time (the promise is 5 s). */
const TRUSTED_MS = 2_000;

/** A save that died between its head and the scope's version is seen after this time at the latest. */
const RELOADED_AFTER_MS = 60_000;

/** A function that saw more than this forgets all and reads anew. */
const MAX_SCOPES = 10_000;
const MAX_REVISIONS = 200_000;

/** What is known of one scope at one version. Empty lists are knowledge too: nobody watches. */
interface ScopeCache {
  version: number;
  loadedAtMs: number;
  checkedAtMs: number;
  /** By event type: which automations watch which metric. */
  directories: Map<EventType, Promise<Map<string, string[]>>>;
  /** By event type and metric: the automations themselves. */
  watchers: Map<string, Promise<Watcher[]>>;
}

export interface WatchCache {
  /** The enabled automations of a scope that watch events of a type, for these metrics ('' for none). */
  watchersOf: (scopeKey: string, event: EventType, metrics: string[]) => Promise<Map<string, Watcher[]>>;
}

/**
 * Remembers who watches what. A scope is trusted for two seconds, then one small read of its version says
 * whether anything changed; only then are its hints and heads read again, and only revisions never seen.
 */
export function makeWatchCache(deps: WatchCacheDeps): WatchCache {
  const scopes = new Map<string, ScopeCache>();
  const revisions = new Map<string, Watcher>();

  async function freshScope(scopeKey: string): Promise<ScopeCache> {
    const now = deps.now();
    const known = scopes.get(scopeKey);
    if (known && now - known.checkedAtMs < TRUSTED_MS) return known;
    const version = await deps.readScopeVersion(scopeKey);
    if (known?.version === version && now - known.loadedAtMs < RELOADED_AFTER_MS) {
      known.checkedAtMs = now;
      return known;
    }
    if (scopes.size >= MAX_SCOPES) scopes.clear();
    if (revisions.size >= MAX_REVISIONS) revisions.clear();
    const fresh = { version, loadedAtMs: now, checkedAtMs: now, directories: new Map(), watchers: new Map() };
    scopes.set(scopeKey, fresh);
    return fresh;
  }

  async function loadWatchers(ids: string[], watch: Watch): Promise<Watcher[]> {
    const heads = (await deps.readHeads(ids)).filter((head) => head.enabled);
    const unknown = heads.filter((head) => !revisions.has(revisionId(head)));
    for (const revision of await deps.readRevisions(unknown)) {
      const head = unknown.find(({ id }) => id === revision.automationId);
      if (head) revisions.set(revisionId(head), toWatcher(head, revision));
    }
    // A hint may be older than its automation, which watches elsewhere by now.
    return heads
      .flatMap((head) => revisions.get(revisionId(head)) ?? [])
      .filter((watcher) => sameWatch(watchOf(watcher.definition), watch));
  }

  return {
    async watchersOf(scopeKey, event, metrics) {
      const scope = await freshScope(scopeKey);
      const found = new Map<string, Watcher[]>();
      if (scope.version === 0) return found;
      const directory = await remember(scope.directories, event, () => loadDirectory(deps, scopeKey, event));
      for (const metric of metrics) {
        const ids = directory.get(metric);
        if (!ids) continue;
        const key = `${event}#${metric}`;
        const watchers = await remember(scope.watchers, key, () =>
          loadWatchers(ids, { scopeKey, event, metric }),
        );
        if (watchers.length > 0) found.set(metric, watchers);
      }
      return found;
    },
  };
}

async function loadDirectory(
  deps: WatchCacheDeps,
  scopeKey: string,
  event: EventType,
): Promise<Map<string, string[]>> {
  const directory = new Map<string, string[]>();
  for (const { metric, automationId } of await deps.readWatches(scopeKey, event)) {
    const ids = directory.get(metric);
    if (ids) ids.push(automationId);
    else directory.set(metric, [automationId]);
  }
  return directory;
}

const revisionId = (head: Head) => `${head.id}@${head.revision}`;

/** Loads once, also for callers that come meanwhile; a load that failed is not remembered. */
function remember<Key, Value>(
  map: Map<Key, Promise<Value>>,
  key: Key,
  load: () => Promise<Value>,
): Promise<Value> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const loading = load();
  map.set(key, loading);
  loading.catch(() => map.delete(key));
  return loading;
}
