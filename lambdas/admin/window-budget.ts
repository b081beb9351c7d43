import type { AutomationInput } from '../../core/automation.ts';
import { Problem } from '../../core/problem.ts';
import { scopeKey } from '../../core/scope.ts';
import { reachOf, type Watch, watchesOf } from '../../core/watch.ts';
import { keptValues, windowBudgets } from '../../core/window-budget.ts';
import { readHeads, readRevisions } from '../../store/automations.ts';
import type { Table } from '../../store/client.ts';
import { readWatches } from '../../store/watches.ts';

type Kept = { metric: string; reach: number };

/** Refuses an automation whose window would make the runs of its scope remember too many values. */
export async function checkWindowBudget(
  table: Table,
  input: Pick<AutomationInput, 'scope' | 'trigger'>,
  ownId: string,
): Promise<void> {
  const budget = windowBudgets[input.scope.kind];
  const [own] = watchesOf(input);
  const reach = reachOf(input.trigger);
  if (budget === undefined || reach === 0) return;
  const hints = (await readWatches(table, scopeKey(input.scope))).filter(
    ({ event, automationId }) => event === 'run.metrics' && automationId !== ownId,
  );
  const wanted = { metric: own.metric, reach };
  if (keptValues([...hints, wanted]) <= budget) return;
  // Hints may be of what an automation was before: only now it pays to look.
  const ids = [...new Set(hints.map(({ automationId }) => automationId))];
  const kept = keptValues([...(await readKept(table, ids, own)), wanted]);
  if (kept <= budget) return;
  const detail = `the windows of this scope would keep ${kept} values of each run, and the limit is ${budget}`;
  const hint = 'choose a smaller window, or delete automations on metrics that are no longer needed';
  throw new Problem({ code: 'invalid_input', field: 'trigger', detail, hint });
}

async function readKept(table: Table, ids: string[], { scopeKey: key }: Watch): Promise<Kept[]> {
  const revisions = await readRevisions(table, await readHeads(table, ids));
  return revisions.flatMap(({ definition }) => {
    const [watch] = watchesOf(definition);
    return watch.scopeKey === key ? [{ metric: watch.metric, reach: reachOf(definition.trigger) }] : [];
  });
}
