import type { Watcher } from '../matching/watcher.ts';
import type { Repeat } from '../trigger.ts';
import { mayFire } from './latch.ts';
import type { RunMemory } from './memory.ts';

/** What fired, and which watchers a latch held back (once for each time). */
export interface Fired<Firing> {
  firings: Firing[];
  heldBack: Watcher[];
}

/** Fires an automation whose condition is met, unless its latch holds it back. Changes the memory. */
export function fire<Firing>(
  memory: RunMemory,
  what: { watcher: Watcher; latch: string; receivedAtMs: number; firing: () => Firing },
  into: Fired<Firing>,
): void {
  const { watcher, latch, receivedAtMs, firing } = what;
  const { triggerHash } = watcher;
  if (!mayFire(memory.latches.get(latch), triggerHash, repeatOf(watcher), receivedAtMs)) {
    into.heldBack.push(watcher);
    return;
  }
  memory.latches.set(latch, { triggerHash, atMs: receivedAtMs, wasFalse: false });
  memory.isChanged = true;
  into.firings.push(firing());
}

/** How often an automation may fire for one run. */
export function repeatOf({ definition: { trigger } }: Watcher): Repeat {
  return 'repeat' in trigger ? trigger.repeat : { mode: 'every_time' };
}
