import type { AutomationInput } from '../../core/automation.ts';
import { Problem } from '../../core/problem.ts';
import { scopeKey } from '../../core/scope.ts';
import { watchesOf } from '../../core/watch.ts';
import { keptBytes, MOST_LATCHES, type RunShare, shareOf, windowBudgets } from '../../core/window-budget.ts';
import { readHeads, readRevisions } from '../../store/automations.ts';
import type { Table } from '../../store/client.ts';
import { readWatches, type WatchEntry } from '../../store/watches.ts';

type Owned = RunShare & { automationId: string };

/** Refuses an automation that would make the runs of its scope remember more than fits, or still more. */
export async function checkWindowBudget(
  table: Table,
  { scope, trigger }: Pick<AutomationInput, 'scope' | 'trigger'>,
  ownId: string,
): Promise<void> {
  const budget = windowBudgets[scope.kind];
  const share = shareOf(trigger);
  if (budget === undefined || !share) return;
  const hints = (await readWatches(table, scopeKey(scope))).flatMap(hintedShare);
  if (withOwn(hints, share, ownId) <= budget) return;
  // Hints may be of what an automation was before: only now it pays to look.
  const shares = await readShares(table, [...new Set(hints.map(({ automationId }) => automationId))], scope);
  const [before, after] = [keptBytes(shares), withOwn(shares, share, ownId)];
  // What was saved when there was another budget may be changed, as long as it takes no more.
  if (after <= Math.max(budget, before)) return;
  const detail = `the automations of this ${scope.kind} on runs would take ${after} bytes of what is remembered of each run, and the limit is ${budget} (now: ${before})`;
  const hint =
    'choose a smaller window, or delete automations on metrics or run states that are no longer needed';
  throw new Problem({ code: 'invalid_input', field: 'trigger', detail, hint });
}

function withOwn(shares: Owned[], own: RunShare, ownId: string): number {
  return keptBytes([...shares.filter(({ automationId }) => automationId !== ownId), own]);
}

function hintedShare({ event, metric, automationId, reach }: WatchEntry): Owned[] {
  if (event === 'run.metrics') return [{ automationId, metric, reach, latches: 1 }];
  return event === 'run.state' ? [{ automationId, metric: '', reach: 0, latches: MOST_LATCHES }] : [];
}

async function readShares(table: Table, ids: string[], scope: AutomationInput['scope']): Promise<Owned[]> {
  const revisions = await readRevisions(table, await readHeads(table, ids));
  return revisions.flatMap(({ automationId, definition }) => {
    const [watch] = watchesOf(definition);
    const share = watch.scopeKey === scopeKey(scope) ? shareOf(definition.trigger) : undefined;
    return share ? [{ automationId, ...share }] : [];
  });
}
