import { forgetFrom } from '../metrics/series.ts';
import type { RunMemory } from './memory.ts';

/** Forgets the values at `step` and later, in all series, and which were held back. Changes the memory. */
export function forgetSteps(memory: RunMemory, step: number): void {
  if (memory.lastStep < step) return;
  for (const series of memory.series.values()) forgetFrom(series, step);
  for (const latch of memory.latches.values()) delete latch.heldBack;
  memory.lastStep = step - 1;
  memory.isChanged = true;
}
