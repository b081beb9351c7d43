import type { Delivery } from '../../core/delivery.ts';
import type { ActivityLog } from './activity-log.ts';

interface CountedDeps {
  /** False when the delivery is there already. */
  putDelivery: (delivery: Delivery) => Promise<boolean>;
  activity: Pick<ActivityLog, 'note'>;
}

/** The same, but each new delivery is counted as a firing: what is decided again is there already, and is none. */
export function countingFirings<Deps extends CountedDeps>(deps: Deps): Deps {
  return {
    ...deps,
    putDelivery: async (delivery: Delivery) => {
      const isNew = await deps.putDelivery(delivery);
      if (isNew) deps.activity.note(delivery.automationId, { fired: true, atMs: delivery.receivedAtMs });
      return isNew;
    },
  };
}
