import type { Revision } from '../../core/automation.ts';

type ReadRevision = (automationId: string, revision: number) => Promise<Revision | undefined>;

const MAX_KEPT = 1_000;

/** Keeps revisions that were read, the latest of them: a revision never changes. */
export function makeRevisionCache(read: ReadRevision): ReadRevision {
  const kept = new Map<string, ReturnType<ReadRevision>>();
  return (automationId, number) => {
    const key = `${automationId}#${number}`;
    const revision = kept.get(key) ?? read(automationId, number);
    kept.delete(key);
    kept.set(key, revision);
    revision.then((found) => found ?? kept.delete(key)).catch(() => kept.delete(key));
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size > MAX_KEPT) kept.delete(oldest);
    return revision;
  };
}
