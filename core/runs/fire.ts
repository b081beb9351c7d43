import type { Watcher } from '../matching/watcher.ts';
import type { Repeat } from '../trigger.ts';
import { isDecided, type Latch, mayFire, type StepOfAttempt, withHeldBack } from './latch.ts';
import type { RunMemory } from './memory.ts';

/** What fired, and once for each time: which watchers a latch held back, and of which the occurrence was decided before. */
export interface Fired<Firing> {
  firings: Firing[];
  heldBack: Watcher[];
  again: Watcher[];
}

interface Due<Firing> {
  watcher: Watcher;
  latch: string;
  receivedAtMs: number;
  /** Of metrics; each change of a state is another one. */
  occurrence?: StepOfAttempt;
  /** Whether no series keeps the value, so that nothing else would tell if it came again. */
  isLoose?: boolean;
  firing: () => Firing;
}

/**
 * Fires an automation whose condition is met, unless its latch holds it back. Changes the memory. What it fired for last
 * is no firing once more: it would use up the latch for a delivery that is there.
 */
export function fire<Firing>(memory: RunMemory, due: Due<Firing>, into: Fired<Firing>): void {
  const { watcher, latch, receivedAtMs, occurrence, isLoose = false, firing } = due;
  const { triggerHash } = watcher;
  const known = memory.latches.get(latch);
  if (isDecided(known, triggerHash, occurrence)) {
    into.again.push(watcher);
    return;
  }
  if (!mayFire(known, triggerHash, repeatOf(watcher), receivedAtMs)) {
    into.heldBack.push(watcher);
    if (isLoose && known && occurrence) noteHeldBack(known, occurrence, memory);
    return;
  }
  const fired = { triggerHash, atMs: receivedAtMs, wasFalse: false };
  memory.latches.set(latch, { ...fired, ...(occurrence && { occurrence }) });
  memory.isChanged = true;
  into.firings.push(firing());
}

function noteHeldBack(latch: Latch, occurrence: StepOfAttempt, memory: RunMemory): void {
  latch.heldBack = withHeldBack(latch, occurrence);
  memory.isChanged = true;
}

/** How often an automation may fire for one run. */
export function repeatOf({ definition: { trigger } }: Watcher): Repeat {
  return 'repeat' in trigger ? trigger.repeat : { mode: 'every_time' };
}
