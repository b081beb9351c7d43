import type { Activity } from '../../core/activity.ts';
import type { Delivery } from '../../core/delivery.ts';
import { packMessages, type TravellingEvent } from '../../core/event-message.ts';
import type { Watcher } from '../../core/matching/watcher.ts';
import { type MatchBatchDeps, matchBatch, type QueueRecord } from '../../lambdas/matcher/match-batch.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';
import { memoryStore } from './memory-store.ts';
import { watchesFrom } from './watches.ts';

export const START_MS = Date.UTC(2026, 0, 1);
export const [SECOND_MS, HOUR_MS, DAY_MS] = [1_000, 3_600_000, 86_400_000];

/** The messages of these events as the queue hands them over. */
export function recordsOf(events: TravellingEvent[], receivedAtMs: number): QueueRecord[] {
  return packMessages(events, { receivedAtMs, depth: 0 }).map(({ body, dedupId }) => ({
    messageId: `sqs-${dedupId}`,
    body,
  }));
}

/** A delivery as the tests write it: its automation, and the step that ends its window or else its event's id. */
export const firingOf = ({ automationId, facts }: Delivery) =>
  `${automationId}@${facts['step'] ?? facts['event_id']}`;

/** The matcher on a store in memory: what is sent to it is matched at once, at the time of its clock. */
export function aMatcher(...watching: Watcher[]) {
  const store = memoryStore();
  const clock = { nowMs: START_MS };
  const lines: StageLine[] = [];
  const buried: string[] = [];
  const noted = new Map<string, Pick<Activity, 'fired' | 'heldBack'>>();
  const seen = new Map<string, number>();
  const automations = [...watching];
  const deps: MatchBatchDeps = {
    ...store.deps,
    watches: watchesFrom(() => automations),
    activity: {
      note: (automationId, { fired }) => {
        const counts = noted.get(automationId) ?? { fired: 0, heldBack: 0 };
        if (fired) counts.fired++;
        else counts.heldBack++;
        noted.set(automationId, counts);
      },
      flush: async () => {},
    },
    sightings: {
      note: ({ scopeKey, event, metric }, atMs) => seen.set([scopeKey, event, metric].join(' ').trim(), atMs),
      flush: async () => {},
    },
    bury: async ({ messageId }) => {
      buried.push(messageId);
    },
    now: () => clock.nowMs,
    stopAtMs: Number.POSITIVE_INFINITY,
    log: (line) => lines.push(line),
  };

  /** Sends events in one batch, and answers what fired. A millisecond passes. */
  async function send(...events: TravellingEvent[]): Promise<string[]> {
    const known = new Set(store.deliveries.keys());
    const records = recordsOf(events, clock.nowMs);
    const { batchItemFailures } = await matchBatch(records, deps);
    if (batchItemFailures.length > 0) throw new Error(`sent back: ${JSON.stringify(lines.at(-1))}`);
    clock.nowMs++;
    return [...store.deliveries.values()].filter(({ id }) => !known.has(id)).map(firingOf);
  }
  /** Sends each event in a batch of its own, and answers all that fired. */
  async function sendEach(...events: TravellingEvent[]): Promise<string[]> {
    const fired: string[] = [];
    for (const event of events) fired.push(...(await send(event)));
    return fired;
  }
  const run = (id = 'run-1') => store.runs.get(`vision/mnist/${id}`);
  return { store, deps, clock, lines, buried, noted, seen, automations, send, sendEach, run };
}

export type Matcher = ReturnType<typeof aMatcher>;
