import type { Delivery } from '../../core/delivery.ts';
import type { RunMemory } from '../../core/runs/memory.ts';
import type { RunName } from '../../store/runs.ts';

export interface OutboxDeps {
  /** False when the delivery is there already. */
  putDelivery: (delivery: Delivery) => Promise<boolean>;
  sendDeliveries: (deliveries: Delivery[]) => Promise<void>;
  saveRun: (name: RunName, memory: RunMemory) => Promise<boolean>;
}

/** Calls that wait for one of the client's sockets take memory: ten thousand of them are more than a function has. */
const AT_ONCE = 200;

/**
 * Writes deliveries and sends their ids. Safe to repeat: an id that is there already is sent again, and the
 * dispatcher's lease makes that harmless. Answers how many were new.
 */
export async function writeDeliveries(
  deliveries: Delivery[],
  deps: Pick<OutboxDeps, 'putDelivery' | 'sendDeliveries'>,
): Promise<number> {
  let written = 0;
  for (let from = 0; from < deliveries.length; from += AT_ONCE) {
    const some = deliveries.slice(from, from + AT_ONCE);
    const areNew = await Promise.all(some.map(deps.putDelivery));
    written += areNew.filter(Boolean).length;
    const toSend = some.filter((delivery) => delivery.action !== 'no_op');
    if (toSend.length > 0) await deps.sendDeliveries(toSend);
  }
  return written;
}

/** Writes what a run's outbox holds, then clears it; false when somebody else changed the run meanwhile. */
export async function flushOutbox(name: RunName, memory: RunMemory, deps: OutboxDeps): Promise<boolean> {
  if (memory.outbox.length === 0) return true;
  await writeDeliveries(memory.outbox, deps);
  memory.outbox = [];
  return deps.saveRun(name, memory);
}
