import type { Flow } from '../../core/flow.ts';

/** Who comes within this time of a read shares it. What it leads to is a conditional write, which knows better. */
const SHARED_MS = 100;

const MAX_KEPT = 1_000;

export interface FlowCache {
  read: (integrationId: string) => Promise<Flow>;
  /** Has the next one read anew. */
  forget: (integrationId: string) => void;
}

/**
 * Lets deliveries side by side share one read of their integration: each takes another of its free places (they
 * strike it off the list), and where none is left nobody asks again at once. Five hundred that come together would
 * otherwise all try for the same ten.
 */
export function makeFlowCache(read: (integrationId: string) => Promise<Flow>, now: () => number): FlowCache {
  const kept = new Map<string, { flow: Promise<Flow>; atMs: number }>();
  return {
    read: (integrationId) => {
      const known = kept.get(integrationId);
      if (known && now() - known.atMs < SHARED_MS) return known.flow;
      if (kept.size >= MAX_KEPT) kept.clear();
      const flow = read(integrationId);
      kept.set(integrationId, { flow, atMs: now() });
      flow.catch(() => kept.delete(integrationId));
      return flow;
    },
    forget: (integrationId) => kept.delete(integrationId),
  };
}
