import type { Integration } from '../core/integration.ts';
import type { Table } from './client.ts';
import { getItem, getItems, type Item, putIfAbsent, putItem, queryPrefix } from './items.ts';
import { integrationKey, memberKey, teamPartition } from './keys.ts';
import { reserveName } from './names.ts';

/** Stores a new integration; false when the team has one of that name. */
export async function createIntegration(table: Table, integration: Integration): Promise<boolean> {
  const { id, team, name } = integration;
  const wanted = { partition: teamPartition(team), noun: 'integration', name };
  const isLive = async (ownerId: string) => (await readIntegration(table, ownerId)) !== undefined;
  if (!(await reserveName(table, wanted, id, { nowMs: integration.createdAtMs, isLive }))) return false;
  await putItem(table, memberKey(team, 'INTEGRATION', id));
  return putIfAbsent(table, { ...integrationKey(id), ...integration });
}

export async function readIntegration(table: Table, id: string): Promise<Integration | undefined> {
  const item = await getItem(table, integrationKey(id));
  return item && toIntegration(item);
}

export async function listIntegrations(table: Table, team: string): Promise<Integration[]> {
  const hints = await queryPrefix(table, teamPartition(team), 'INTEGRATION#');
  const keys = hints.map(({ sk }) => integrationKey(sk.slice('INTEGRATION#'.length)));
  const found = (await getItems(table, keys)).map(toIntegration);
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

function toIntegration({ pk: _pk, sk: _sk, ...integration }: Item): Integration {
  return integration as unknown as Integration;
}
