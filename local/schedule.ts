import { randomUUID } from 'node:crypto';
import { accountId, region } from './topology.ts';

export interface Schedule {
  /** Resolves when the run that is under way is done. */
  stop(): Promise<void>;
}

/** Calls `invoke` with EventBridge's scheduled event at once and then at each interval, one call at a time. */
export function startSchedule(everySeconds: number, invoke: (event: object) => Promise<unknown>): Schedule {
  let current: Promise<unknown> | undefined;
  const tick = () => {
    current ??= invoke(scheduledEvent()).finally(() => {
      current = undefined;
    });
  };
  tick();
  const timer = setInterval(tick, everySeconds * 1000);
  return {
    stop: async () => {
      clearInterval(timer);
      await current;
    },
  };
}

function scheduledEvent(): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: accountId,
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    region,
    resources: [`arn:aws:events:${region}:${accountId}:rule/signalbox-local`],
    detail: {},
  };
}
