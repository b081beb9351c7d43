import type { PageStart } from '../core/api/fields.ts';
import { type Author, changeOf } from '../core/audit.ts';
import { removeWithChange, SYSTEM, withoutKeys, writeChange } from './changes.ts';
import type { Table } from './client.ts';
import { getItem, getItems, type Page, queryPage } from './items.ts';
import { teamKey } from './keys.ts';

export interface Team {
  name: string;
  description: string;
  version: number;
  createdAtMs: number;
  /** Of the request that made it, so that it is known when it comes again. */
  madeBy?: string;
}

/** Makes a team; false when there is one of that name. */
export function createTeam(table: Table, team: Team, author: Author = SYSTEM): Promise<boolean> {
  const entry = changeOf(targetOf(team), author, undefined, shown(team));
  return writeChange(table, { ...teamKey(team.name), ...team }, entry, 'absent');
}

/** Moves a team on to its next state, if `before` is still its state; false otherwise. */
export function updateTeam(
  table: Table,
  before: Team,
  after: Team,
  author: Author = SYSTEM,
): Promise<boolean> {
  const entry = changeOf(targetOf(after), author, shown(before), shown(after));
  return writeChange(table, { ...teamKey(after.name), ...after }, entry, before);
}

/** Deletes a team, if `before` is still its state; false otherwise. What it owned is for the caller to look after. */
export function deleteTeam(table: Table, before: Team, author: Author = SYSTEM): Promise<boolean> {
  const entry = changeOf(targetOf(before), author, shown(before), undefined);
  return removeWithChange(table, teamKey(before.name), entry, before);
}

export async function readTeam(table: Table, name: string): Promise<Team | undefined> {
  const item = await getItem(table, teamKey(name));
  return item && (withoutKeys(item) as unknown as Team);
}

/** The teams among these names that exist, in no order. */
export async function readTeams(table: Table, names: string[]): Promise<Team[]> {
  return (await getItems(table, names.map(teamKey))).map(withoutKeys) as unknown as Team[];
}

/** A page of the teams, by name. */
export async function listTeams(table: Table, page: PageStart): Promise<Page<Team>> {
  const { pk, sk: prefix } = teamKey('');
  const { things, next } = await queryPage(table, { pk, prefix }, page);
  return { things: things.map(withoutKeys) as unknown as Team[], next };
}

const targetOf = ({ name }: Team) => ({ noun: 'team', target: name, team: name }) as const;
const shown = ({ description }: Team) => ({ description });
