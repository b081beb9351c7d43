import type { StageLine } from '../shared/log.ts';
import { deliveryIdIn, type WaitingMessage } from '../shared/queue.ts';

export interface ClearDeps {
  receive: () => Promise<WaitingMessage[]>;
  remove: (message: WaitingMessage) => Promise<void>;
  now: () => number;
  stopAtMs: number;
  log: (line: StageLine) => void;
}

/**
 * Takes the messages of deliveries off their dead-letter queue. Nothing is lost with them: a delivery that has not
 * ended stands in the due index, by which the sweep sends it again, and one that has is not to be sent. What names no
 * delivery stays where an alarm sees it.
 */
export async function clearDead(deps: ClearDeps): Promise<void> {
  let cleared = 0;
  while (deps.now() < deps.stopAtMs) {
    const received = await deps.receive();
    if (received.length === 0) break;
    const known = received.filter(({ body }) => deliveryIdIn(body) !== undefined);
    for (const message of known) await deps.remove(message);
    cleared += known.length;
  }
  if (cleared > 0) deps.log({ stage: 'deliveries.cleared', messages: cleared });
}
