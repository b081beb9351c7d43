import { RunState } from '../../core/event.ts';
import { latchKey, newRunMemory, type RunMemory } from '../../core/runs/memory.ts';
import { keptBytes, type RunShare, windowBudgets } from '../../core/window-budget.ts';
import { worstSeries } from './worst-series.ts';

const NOW_MS = 1_790_000_000_000;
const LARGE = 2 ** 52;

/** A run in three scopes, each full of such automations that have all fired; everything else is as long as it can be. */
export function worstRun(shareAt: (n: number) => RunShare): RunMemory {
  const run = { id: 'r', config: { notes: '損'.repeat(16_340) } };
  const memory: RunMemory = {
    ...newRunMemory(),
    ...{ attempt: LARGE, lastStep: LARGE, late: LARGE, stateAttempt: LARGE },
    ...{ applied: marks(32), stateEvents: marks(64) },
    ...{ state: { state: 'PREEMPTED', before: 'RUNNING' }, pulse: { intervalMs: 1, lastAtMs: NOW_MS, run } },
  };
  for (const [at, share] of sharesOf(shareAt).entries()) remember(memory, share, at);
  return memory;
}

const marks = (count: number) => Array.from({ length: count }, (_, at) => String(at).padStart(16, '0'));

/** As many in each scope as its budget holds. */
function sharesOf(shareAt: (n: number) => RunShare): RunShare[] {
  const all: RunShare[] = [];
  for (const budget of Object.values(windowBudgets)) {
    const own: RunShare[] = [];
    for (;;) {
      const next = shareAt(all.length + own.length);
      if (keptBytes([...own, next]) > budget) break;
      own.push(next);
    }
    all.push(...own);
  }
  return all;
}

function remember(memory: RunMemory, { metric, reach, latches }: RunShare, at: number): void {
  if (reach > 0) memory.series.set(metric, worstSeries(reach));
  const states = latches > 1 ? RunState.options.slice(0, latches) : [undefined];
  for (const state of states) {
    const key = latchKey(`aut_${String(at).padStart(24, '0')}`, state);
    memory.latches.set(key, { triggerHash: '0123456789ab', atMs: NOW_MS, wasFalse: true });
  }
}
