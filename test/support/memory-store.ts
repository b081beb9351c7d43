import type { Delivery } from '../../core/delivery.ts';
import { newRunState, type RunState } from '../../core/run-state.ts';
import type { RunName } from '../../store/runs.ts';

class Crash extends Error {}

/** What a fault does to the call it hits: the call never happened, or it did and its answer got lost. */
export type Fault = { call: number; when: 'before' | 'after' };

/** Deliveries, runs and the deliveries queue in memory, with the promises of the store, and one fault at a chosen call. */
export function memoryStore() {
  const deliveries = new Map<string, Delivery>();
  const runs = new Map<string, RunState>();
  const sent: string[] = [];
  let calls = 0;
  let fault: Fault | undefined;

  async function faulty<T>(work: () => T): Promise<T> {
    const call = calls++;
    if (fault?.call === call && fault.when === 'before') throw new Crash();
    const result = work();
    if (fault?.call === call && fault.when === 'after') throw new Crash();
    return result;
  }
  const keyOf = ({ team, project, run }: RunName) => `${team}/${project}/${run}`;

  return {
    deliveries,
    runs,
    sent,
    calls: () => calls,
    /** Forgets the count of calls; the fault hits once. */
    plan(next: Fault | undefined) {
      calls = 0;
      fault = next;
    },
    deps: {
      putDelivery: (delivery: Delivery) =>
        faulty(() => {
          if (deliveries.has(delivery.id)) return false;
          deliveries.set(delivery.id, structuredClone(delivery));
          return true;
        }),
      sendDeliveries: (batch: Delivery[]) =>
        faulty(() => {
          sent.push(...batch.map(({ id }) => id));
        }),
      loadRun: (name: RunName) => faulty(() => structuredClone(runs.get(keyOf(name)) ?? newRunState())),
      saveRun: (name: RunName, state: RunState) =>
        faulty(() => {
          if ((runs.get(keyOf(name))?.version ?? 0) !== state.version) return false;
          state.version++;
          runs.set(keyOf(name), structuredClone(state));
          return true;
        }),
    },
  };
}
