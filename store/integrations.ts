import type { PageStart } from '../core/api/fields.ts';
import { type Author, changeOf } from '../core/audit.ts';
import type { Integration } from '../core/integration.ts';
import { removeWithChange, SYSTEM, withoutKeys, writeChange } from './changes.ts';
import type { Table } from './client.ts';
import {
  deleteItem,
  getItem,
  getItems,
  type Item,
  memberPage,
  type Page,
  putItem,
  queryPrefix,
} from './items.ts';
import { integrationKey, memberKey, teamPartition } from './keys.ts';
import { type ReservedName, releaseName, reserveName } from './names.ts';

export type IntegrationSave = 'saved' | 'name_taken' | 'stale';

/** Stores a new integration; false when the team has one of that name. */
export async function createIntegration(
  table: Table,
  integration: Integration,
  author: Author = SYSTEM,
): Promise<boolean> {
  const { id, team } = integration;
  if (!(await reserve(table, integration))) return false;
  await putItem(table, memberKey(team, 'INTEGRATION', id));
  const entry = changeOf(targetOf(integration), author, undefined, shown(integration));
  return writeChange(table, { ...integrationKey(id), ...integration }, entry, 'absent');
}

/**
 * Moves an integration on to its next state, if `before` is still its state: name first, then the item, as a creation
 * does. `enabled` is for the audit list alone: it stands with the integration's health.
 */
export async function updateIntegration(
  table: Table,
  before: Integration,
  after: Integration,
  author: Author = SYSTEM,
  enabled?: { before: boolean; after: boolean },
): Promise<IntegrationSave> {
  if (!(await reserve(table, after))) return 'name_taken';
  const [was, is] = enabled ? [{ enabled: enabled.before }, { enabled: enabled.after }] : [];
  const entry = changeOf(targetOf(after), author, { ...shown(before), ...was }, { ...shown(after), ...is });
  const isSaved = await writeChange(table, { ...integrationKey(after.id), ...after }, entry, before);
  await releaseUnlessUsed(table, nameOf(isSaved ? before : after), after.id);
  return isSaved ? 'saved' : 'stale';
}

/** Deletes an integration, if `before` is still its state; false otherwise. */
export async function deleteIntegration(
  table: Table,
  before: Integration,
  author: Author = SYSTEM,
): Promise<boolean> {
  const { id, team } = before;
  const entry = changeOf(targetOf(before), author, shown(before), undefined);
  const deleted = await removeWithChange(table, integrationKey(id), entry, before);
  if (!deleted && (await readIntegration(table, id))) return false;
  await deleteItem(table, memberKey(team, 'INTEGRATION', id));
  await releaseName(table, nameOf(before), id);
  return true;
}

const targetOf = ({ id, team }: Integration) => ({ noun: 'integration', target: id, team }) as const;

/** What the audit list says of a state. */
function shown({ id: _id, version: _version, createdAtMs: _made, updatedAtMs: _at, ...input }: Integration) {
  return input;
}

export async function readIntegration(table: Table, id: string): Promise<Integration | undefined> {
  const item = await getItem(table, integrationKey(id));
  return item && toIntegration(item);
}

/** All integrations of a team, by name. */
export async function listIntegrations(table: Table, team: string): Promise<Integration[]> {
  const hints = await queryPrefix(table, teamPartition(team), 'INTEGRATION#');
  const keys = hints.map(({ sk }) => integrationKey(sk.slice('INTEGRATION#'.length)));
  const found = (await getItems(table, keys)).map(toIntegration);
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

/** A page of a team's integrations, oldest first. */
export async function pageIntegrations(
  table: Table,
  team: string,
  page: PageStart,
): Promise<Page<Integration>> {
  const members = { team, noun: 'INTEGRATION', keyOf: integrationKey } as const;
  const { things, ...rest } = await memberPage(table, members, page);
  return { things: things.map(toIntegration), ...rest };
}

/** The name that an integration takes in its team. */
export const nameOf = ({ team, name }: Integration): ReservedName => ({
  partition: teamPartition(team),
  noun: 'integration',
  name,
});

function reserve(table: Table, integration: Integration): Promise<boolean> {
  const wanted = nameOf(integration);
  const isLive = async (ownerId: string) => (await readIntegration(table, ownerId))?.name === wanted.name;
  return reserveName(table, wanted, integration.id, { nowMs: integration.updatedAtMs, isLive });
}

/** Gives back the name that an integration had or would have had, unless it has it now. */
async function releaseUnlessUsed(table: Table, name: ReservedName, id: string): Promise<void> {
  if ((await readIntegration(table, id))?.name !== name.name) await releaseName(table, name, id);
}

function toIntegration(item: Item): Integration {
  return withoutKeys(item) as unknown as Integration;
}
