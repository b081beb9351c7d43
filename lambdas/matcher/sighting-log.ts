import type { ScopeIndex } from '../../core/matching/scope-index.ts';
import { type Place, scopeKeysCovering } from '../../core/scope.ts';
import type { Watch } from '../../core/watch.ts';

export interface SightingLogDeps {
  put: (watch: Watch, atMs: number) => Promise<void>;
  now: () => number;
}

export interface SightingLog {
  /** Notes that an event was received at `atMs` for which somebody has such a watch. */
  note: (watch: Watch, atMs: number) => void;
  /** Writes what is due. A write that fails is tried again with a later flush. */
  flush: () => Promise<void>;
}

/** Notes that such an event came to a place, for each of its scopes where somebody watches for it. */
export function noteSightings(
  { event, metric }: Omit<Watch, 'scopeKey'>,
  where: { place: Place; indexes: ScopeIndex[]; isWatched: (index: ScopeIndex) => boolean; atMs: number },
  { sightings }: { sightings: Pick<SightingLog, 'note'> },
): void {
  const { place, indexes, isWatched, atMs } = where;
  if (!indexes.some(isWatched)) return;
  // The indexes stand in the order of the scopes.
  for (const [at, scopeKey] of scopeKeysCovering(place).entries()) {
    const index = indexes[at];
    if (index && isWatched(index)) sightings.note({ scopeKey, event, metric }, atMs);
  }
}

/** One write each by every function, however many events come and however many automations have that watch. */
const WRITTEN_EVERY_MS = 5 * 60_000;

/** A function that met more watches than this forgets what it wrote. */
const MAX_WATCHES = 20_000;

interface Sighting {
  watch: Watch;
  atMs: number;
}

/** Remembers which events came near an automation, for people who wonder whether theirs arrive at all. */
export function makeSightingLog({ put, now }: SightingLogDeps): SightingLog {
  const noted = new Map<string, Sighting>();
  const writtenAtMs = new Map<string, number>();

  async function write(key: string, { watch, atMs }: Sighting): Promise<void> {
    noted.delete(key);
    if (writtenAtMs.size >= MAX_WATCHES) writtenAtMs.clear();
    writtenAtMs.set(key, now());
    try {
      await put(watch, atMs);
    } catch {
      writtenAtMs.delete(key);
      if (!noted.has(key)) noted.set(key, { watch, atMs });
    }
  }

  return {
    note(watch, atMs) {
      const key = `${watch.scopeKey} ${watch.event} ${watch.metric}`;
      const known = noted.get(key);
      if (!known) noted.set(key, { watch, atMs });
      else known.atMs = Math.max(known.atMs, atMs);
    },
    async flush() {
      const nowMs = now();
      const isDue = (key: string) =>
        nowMs - (writtenAtMs.get(key) ?? Number.NEGATIVE_INFINITY) >= WRITTEN_EVERY_MS;
      await Promise.all([...noted].filter(([key]) => isDue(key)).map(([key, one]) => write(key, one)));
    },
  };
}
