import type { TravellingEvent } from '../../core/event-message.ts';
import { makeActivityLog } from '../../lambdas/matcher/activity-log.ts';
import { matchBatch } from '../../lambdas/matcher/match-batch.ts';
import { makeSightingLog } from '../../lambdas/matcher/sighting-log.ts';
import { WatchCache, watchCacheDeps } from '../../lambdas/shared/watch-cache.ts';
import { addActivity } from '../../store/activity.ts';
import type { Table } from '../../store/client.ts';
import { putDelivery } from '../../store/deliveries.ts';
import { putEndedRun, readEndedRuns } from '../../store/ended-runs.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { putSighting } from '../../store/sightings.ts';
import { recordsOf } from './matcher.ts';

/** The matcher on a table, without queues: what it is sent is matched at once. A new one remembers nothing. */
export function matcherOn(table: Table) {
  return async (...events: TravellingEvent[]): Promise<void> => {
    const { now } = Date;
    const { batchItemFailures } = await matchBatch(recordsOf(events, now()), {
      watches: new WatchCache(watchCacheDeps(table)),
      loadRun: (name) => loadRun(table, name, now()),
      saveRun: (name, memory) => saveRun(table, name, memory, now()),
      putEndedRun: (of, ended) => putEndedRun(table, of, ended),
      readEndedRuns: (of, beforeMs, limit) => readEndedRuns(table, of, beforeMs, limit),
      activity: makeActivityLog({ add: (id, activity) => addActivity(table, id, activity), now }),
      sightings: makeSightingLog({ put: (watch, atMs) => putSighting(table, watch, atMs), now }),
      putDelivery: (delivery) => putDelivery(table, delivery, now()),
      sendDeliveries: async () => {},
      bury: async (_record, reason) => {
        throw new Error(reason);
      },
      now,
      stopAtMs: Number.POSITIVE_INFINITY,
      log: () => {},
    });
    if (batchItemFailures.length > 0) throw new Error('a message came back');
  };
}
