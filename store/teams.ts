import type { PageStart } from '../core/api/fields.ts';
import type { Table } from './client.ts';
import { getItem, type Page, putIfAbsent, queryPage } from './items.ts';
import { teamKey } from './keys.ts';

export interface Team {
  name: string;
  createdAtMs: number;
}

/** Makes a team; false when there is one of that name. */
export function createTeam(table: Table, team: Team): Promise<boolean> {
  return putIfAbsent(table, { ...teamKey(team.name), ...team });
}

export async function readTeam(table: Table, name: string): Promise<Team | undefined> {
  return (await getItem(table, teamKey(name))) as Team | undefined;
}

/** The teams by name. */
export async function listTeams(table: Table, page: PageStart): Promise<Page<Team>> {
  const { pk, sk: prefix } = teamKey('');
  return (await queryPage(table, { pk, prefix }, page)) as unknown as Page<Team>;
}
