import type { Activity } from '../../core/activity.ts';

export interface ActivityLogDeps {
  add: (automationId: string, activity: Activity) => Promise<void>;
  now: () => number;
}

export interface ActivityLog {
  /** Counts a firing, or one that a latch held back, by an event received at `atMs`. */
  note: (automationId: string, what: { fired: boolean; atMs: number }) => void;
  /** Writes what is due. A write that fails is tried again with a later flush. */
  flush: () => Promise<void>;
}

/** An automation's activity is written this often at most, however much it fires. */
const WRITTEN_EVERY_MS = 60_000;

/** Adds up in memory what automations do, so that an event costs no write of its own (see core/activity.ts). */
export function makeActivityLog(deps: ActivityLogDeps): ActivityLog {
  const noted = new Map<string, Activity>();
  const writtenAtMs = new Map<string, number>();

  async function write(automationId: string, activity: Activity): Promise<void> {
    noted.delete(automationId);
    writtenAtMs.set(automationId, deps.now());
    try {
      await deps.add(automationId, activity);
    } catch {
      merge(noted, automationId, activity);
    }
  }

  return {
    note(automationId, { fired, atMs }) {
      const activity = { fired: fired ? 1 : 0, heldBack: fired ? 0 : 1, lastMetAtMs: atMs };
      merge(noted, automationId, fired ? { ...activity, lastFiredAtMs: atMs } : activity);
    },
    async flush() {
      const now = deps.now();
      const isDue = (id: string) =>
        now - (writtenAtMs.get(id) ?? Number.NEGATIVE_INFINITY) >= WRITTEN_EVERY_MS;
      await Promise.all([...noted].filter(([id]) => isDue(id)).map(([id, activity]) => write(id, activity)));
      for (const id of writtenAtMs.keys()) if (isDue(id) && !noted.has(id)) writtenAtMs.delete(id);
    },
  };
}

function merge(noted: Map<string, Activity>, automationId: string, add: Activity): void {
  const { fired = 0, heldBack = 0, lastMetAtMs = 0, lastFiredAtMs } = noted.get(automationId) ?? {};
  const lastFired = Math.max(lastFiredAtMs ?? 0, add.lastFiredAtMs ?? 0);
  noted.set(automationId, {
    fired: fired + add.fired,
    heldBack: heldBack + add.heldBack,
    lastMetAtMs: Math.max(lastMetAtMs, add.lastMetAtMs),
    ...(lastFired > 0 && { lastFiredAtMs: lastFired }),
  });
}
