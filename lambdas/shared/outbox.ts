import type { Delivery } from '../../core/delivery.ts';
import type { RunMemory } from '../../core/runs/memory.ts';
import type { RunName } from '../../store/runs.ts';

export interface OutboxDeps {
  /** False when the delivery is there already. */
  putDelivery: (delivery: Delivery) => Promise<boolean>;
  sendDeliveries: (deliveries: Delivery[]) => Promise<void>;
  saveRun: (name: RunName, memory: RunMemory) => Promise<boolean>;
}

/**
 * Writes deliveries and sends their ids. Safe to repeat: an id that is there already is sent again, and the
 * dispatcher's lease makes that harmless. Answers how many were new.
 */
export async function writeDeliveries(
  deliveries: Delivery[],
  deps: Pick<OutboxDeps, 'putDelivery' | 'sendDeliveries'>,
): Promise<number> {
  const written = await Promise.all(deliveries.map(deps.putDelivery));
  const toSend = deliveries.filter((delivery) => delivery.action !== 'no_op');
  if (toSend.length > 0) await deps.sendDeliveries(toSend);
  return written.filter(Boolean).length;
}

/** Writes what a run's outbox holds, then clears it; false when somebody else changed the run meanwhile. */
export async function flushOutbox(name: RunName, memory: RunMemory, deps: OutboxDeps): Promise<boolean> {
  if (memory.outbox.length === 0) return true;
  await writeDeliveries(memory.outbox, deps);
  memory.outbox = [];
  return deps.saveRun(name, memory);
}
