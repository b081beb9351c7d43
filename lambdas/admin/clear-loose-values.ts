import { forgetLooseValue, looseValues } from '../../store/loose-values.ts';
import { readSecret } from '../../store/secrets.ts';
import type { AdminContext } from './context.ts';

/** Longer than the function may run: whoever noted it is gone by then. */
const UNDER_WAY_MS = 60_000;

/** Removes the values of a team's secrets that a creation or deletion left behind when it died: no entry names them. */
export async function clearLooseValues(
  team: string,
  { table, vault, now }: Pick<AdminContext, 'table' | 'vault' | 'now'>,
): Promise<void> {
  for (const value of await looseValues(table, team)) {
    if (now() - value.sinceMs < UNDER_WAY_MS) continue;
    const entry = await readSecret(table, team, value.name);
    if (entry?.secretId !== value.secretId) await vault.remove(value.secretId);
    await forgetLooseValue(table, value);
  }
}
