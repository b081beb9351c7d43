import type { Revision } from '../../core/automation.ts';

type ReadRevision = (automationId: string, revision: number) => Promise<Revision | undefined>;

const MAX_KEPT = 1_000;

/** Keeps revisions that were read, the latest of them: a revision never changes. */
export function makeRevisionCache(read: ReadRevision): ReadRevision {
  const kept = new Map<string, Revision>();
  return async (automationId, number) => {
    const key = `${automationId}#${number}`;
    const known = kept.get(key) ?? (await read(automationId, number));
    kept.delete(key);
    if (known) kept.set(key, known);
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size > MAX_KEPT) kept.delete(oldest);
    return known;
  };
}
