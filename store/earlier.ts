import type { AutomationDefinition } from '../core/automation.ts';
import { ANY_TRIGGER, type Latch } from '../core/runs/latch.ts';
import type { Item } from './items.ts';

/*
 * What the first version (docs/upgrading.md) wrote in another form, and what a function must read from its first moment
 * on. What can be added to the items beforehand, `npm run upgrade` adds (store/upgrade.ts).
 */

/** A revision's definition from its JSON text: a trigger on metrics fired once a day before that was a choice. */
export function definitionOf(text: string): AutomationDefinition {
  const definition = JSON.parse(text);
  const { trigger } = definition;
  if (trigger.event === 'run.metrics') trigger.repeat ??= { mode: 'once_a_day' };
  return definition;
}

/** Whether a run was last written by the first version. Its windows were packed otherwise, and fill anew. */
export function isOfFirstVersion(run: Item): boolean {
  return run['fired'] !== undefined;
}

/** When its automations last fired for such a run, so that none fires twice in a day for the upgrade. */
export function latchesOfFirstVersion(run: Item): Map<string, Latch> {
  const fired = Object.entries(run['fired'] as Record<string, [hash: string, atMs: number]>);
  return new Map(fired.map(([id, [, atMs]]) => [id, { triggerHash: ANY_TRIGGER, atMs, wasFalse: false }]));
}
