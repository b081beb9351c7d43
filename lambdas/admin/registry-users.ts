import { type Automation, listAutomations, updateAutomation } from '../../store/automations.ts';
import { type AdminContext, authorOf, stale } from './context.ts';

/** The automations of these teams that are in force in a registry, and in its collections. */
export async function dependOn(
  registry: string,
  teams: string[],
  { table }: AdminContext,
): Promise<Automation[]> {
  const all: Automation[] = [];
  for (const team of teams) all.push(...(await listAutomations(table, team)));
  return all.filter(({ head, revision: { definition } }) => {
    const { scope } = definition;
    return head.enabled && 'registry' in scope && scope.registry === registry;
  });
}

/** Disables what depends on a role that goes. */
export async function switchOff(registry: string, teams: string[], context: AdminContext): Promise<void> {
  for (const before of await dependOn(registry, teams, context)) {
    const { head, revision } = before;
    const off = { ...head, enabled: false, version: head.version + 1, updatedAtMs: context.now() };
    const result = await updateAutomation(context.table, before, { head: off, revision }, authorOf(context));
    if (result !== 'saved') throw stale('automation');
  }
}
