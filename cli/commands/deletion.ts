import type { Option } from 'commander';
import { option } from '../command.ts';

/** What every command that deletes has. */
export const yesOption = (): Option => option('-y, --yes', 'do not ask');

export const forceOption = (what: string): Option => option('--force', what);

/** --force as the API takes it. */
export function forceQuery(options: { force?: boolean }): { force: 'true' | 'false' } {
  return { force: options.force ? 'true' : 'false' };
}
