import type { Table } from './client.ts';
import { getItem, putIfAbsent, queryPrefix } from './items.ts';
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

export async function listTeams(table: Table): Promise<Team[]> {
  const items = await queryPrefix(table, teamKey('').pk, teamKey('').sk);
  return items.map(({ name, createdAtMs }) => ({ name, createdAtMs })) as Team[];
}
