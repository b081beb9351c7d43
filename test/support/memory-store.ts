import type { Delivery } from '../../core/delivery.ts';
import { newRunMemory, type RunMemory } from '../../core/runs/memory.ts';
import type { EndedRun, MetricOfProject } from '../../store/ended-runs.ts';
import type { RunName } from '../../store/runs.ts';

class Crash extends Error {}

/** What a fault does to the call it hits: the call never happened, or it did and its answer got lost. */
export type Fault = { call: number; when: 'before' | 'after' };

/** Deliveries, runs and the deliveries queue in memory, with the promises of the store, and one fault at a chosen call. */
export function memoryStore() {
  const deliveries = new Map<string, Delivery>();
  const runs = new Map<string, RunMemory>();
  const ended = new Map<string, EndedRun[]>();
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
      loadRun: (name: RunName) => faulty(() => structuredClone(runs.get(keyOf(name)) ?? newRunMemory())),
      saveRun: (name: RunName, state: RunMemory) =>
        faulty(() => {
          if ((runs.get(keyOf(name))?.version ?? 0) !== state.version) return false;
          state.version++;
          state.isChanged = false;
          runs.set(keyOf(name), structuredClone(state));
          return true;
        }),
      putEndedRun: (of: MetricOfProject, one: EndedRun) =>
        faulty(() => {
          const key = JSON.stringify([of.team, of.project, of.metric]);
          const others = (ended.get(key) ?? []).filter(
            ({ run, endedAtMs }) => run !== one.run || endedAtMs !== one.endedAtMs,
          );
          ended.set(key, [...others, one]);
        }),
      readEndedRuns: (of: MetricOfProject, beforeMs: number, limit: number) =>
        faulty(() =>
          latestEnds(ended.get(JSON.stringify([of.team, of.project, of.metric])), beforeMs, limit),
        ),
    },
  };
}

/** Each run by its latest end before a moment, newest first. */
function latestEnds(ends: EndedRun[] = [], beforeMs: number, limit: number): EndedRun[] {
  const newestFirst = ends
    .filter((one) => one.endedAtMs < beforeMs)
    .sort((a, b) => b.endedAtMs - a.endedAtMs);
  const byRun = new Map<string, EndedRun>();
  for (const one of newestFirst) if (!byRun.has(one.run)) byRun.set(one.run, one);
  return [...byRun.values()].slice(0, limit);
}
