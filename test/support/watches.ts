import { ScopeIndex } from '../../core/matching/scope-index.ts';
import type { Watcher } from '../../core/matching/watcher.ts';
import { scopeKeysCovering } from '../../core/scope.ts';
import { watchesOf } from '../../core/watch.ts';
import type { Watches } from '../../lambdas/shared/watch-cache.ts';

/** Automations in memory, as the matcher asks for them. What `now` gives is asked anew with every batch. */
export function watchesFrom(now: () => Watcher[]): Watches {
  const of = (scopeKey: string) =>
    now().filter((watcher) => watchesOf(watcher.definition)[0].scopeKey === scopeKey);
  return {
    load: async (place) =>
      scopeKeysCovering(place).map((scopeKey) => {
        const index = new ScopeIndex();
        for (const watcher of of(scopeKey)) index.put(watcher);
        return index;
      }),
    metricsOn: async (place, event) => {
      const watches = scopeKeysCovering(place)
        .flatMap(of)
        .flatMap((watcher) => watchesOf(watcher.definition));
      return [...new Set(watches.filter((watch) => watch.event === event).map(({ metric }) => metric))];
    },
  };
}
