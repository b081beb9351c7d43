import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { holds, type Table } from './client.ts';
import { deleteItem, type Item, putIfAbsent } from './items.ts';
import { ATTEMPT_PREFIX, attemptKey, DELIVERY_PREFIX, WATCH_PREFIX } from './keys.ts';
import { createRegistry } from './registries.ts';
import { eachItem } from './whole-table.ts';

/*
 * Makes of what earlier versions wrote what this one reads, in the table itself. Only adds, and what is added means
 * nothing to the version before: so it may be done before the new code is there, again after it, and as often as wanted.
 */

export interface Upgraded {
  items: number;
  /** Those of them that lacked something. */
  changed: number;
  /** Those that were made, because automations watch in them. */
  registries: string[];
}

interface Addition {
  isFor: (item: Item) => boolean;
  /** What such an item has today; what stands there already stays. */
  adds: (item: Item) => Record<string, unknown>;
}

/** Where changes by compare-and-set begin to count. */
const FIRST = { version: 1 };

const additions: Addition[] = [
  {
    isFor: ({ pk, sk }) => pk === 'ORGANIZATION' && sk.startsWith(TEAM_PREFIX),
    adds: () => ({ ...FIRST, description: '' }),
  },
  { isFor: ({ sk }) => sk === 'KEY', adds: () => ({ ...FIRST, createdBy: 'signalbox' }) },
  { isFor: ({ pk, sk }) => pk.startsWith('TEAM#') && sk.startsWith('SECRET#'), adds: () => FIRST },
  {
    isFor: ({ sk }) => sk === 'INTEGRATION',
    adds: ({ type, createdAtMs }) => ({
      ...FIRST,
      updatedAtMs: createdAtMs,
      ...(type === 'webhook' && { method: 'POST', headers: {} }),
    }),
  },
  {
    // An item with this attribute stands in the history's indexes.
    isFor: ({ sk, createdAtMs }) => sk === 'DELIVERY' && createdAtMs !== undefined,
    adds: ({ createdAtMs }) => ({ historyAtMs: createdAtMs }),
  },
];

const TEAM_PREFIX = 'TEAM#';

/**
 * Adds what items lack; with `withRegistries` also the registries that automations watch in, open to every team as they
 * were.
 */
export async function upgradeItems(
  table: Table,
  { withRegistries }: { withRegistries: boolean },
): Promise<Upgraded> {
  const done = { items: 0, changed: 0 };
  const registries = new Set<string>();
  const teams: string[] = [];
  for await (const item of eachItem(table)) {
    done.items++;
    if (await upgradeItem(table, item)) done.changed++;
    const registry = registryWatchedBy(item);
    if (registry !== undefined) registries.add(registry);
    if (item.pk === 'ORGANIZATION' && item.sk.startsWith(TEAM_PREFIX)) teams.push(String(item['name']));
  }
  const made = withRegistries ? await makeRegistries(table, [...registries], teams) : [];
  return { ...done, registries: made };
}

async function upgradeItem(table: Table, item: Item): Promise<boolean> {
  if (item['gone'] === true) return false;
  if (isAttemptOfBefore(item)) return moveAttempt(table, item);
  const wanted = additions.filter(({ isFor }) => isFor(item)).map(({ adds }) => adds(item));
  const lacking = Object.entries(Object.assign({}, ...wanted)).filter(([name]) => item[name] === undefined);
  return lacking.length > 0 && addTo(table, item, lacking);
}

/** False where the item is gone meanwhile. */
function addTo(table: Table, { pk, sk }: Item, lacking: [string, unknown][]): Promise<boolean> {
  const sets = lacking.map((_, at) => `#n${at} = if_not_exists(#n${at}, :v${at})`);
  return holds(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: { pk, sk },
        UpdateExpression: `SET ${sets.join(', ')}`,
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: Object.fromEntries(lacking.map(([name], at) => [`#n${at}`, name])),
        ExpressionAttributeValues: Object.fromEntries(lacking.map(([, value], at) => [`:v${at}`, value])),
      }),
    ),
  );
}

const isAttemptOfBefore = ({ pk, sk }: Item) =>
  pk.startsWith(DELIVERY_PREFIX) && sk.startsWith(ATTEMPT_PREFIX) && sk.length === ATTEMPT_PREFIX.length + 2;

/** Their numbers had two digits in the key, and would stand behind those of today. */
async function moveAttempt(table: Table, item: Item): Promise<boolean> {
  const id = item.pk.slice(DELIVERY_PREFIX.length);
  await putIfAbsent(table, { ...item, ...attemptKey(id, item['number'] as number) });
  await deleteItem(table, { pk: item.pk, sk: item.sk });
  return true;
}

/** The registry that a hint of an automation is in. */
function registryWatchedBy({ pk, sk }: Item): string | undefined {
  if (!sk.startsWith(WATCH_PREFIX)) return undefined;
  return /^SCOPE#(?:collection\/)?registry\/([^/]+)/.exec(pk)?.[1];
}

async function makeRegistries(table: Table, names: string[], teams: string[]): Promise<string[]> {
  const roles = Object.fromEntries(teams.map((team) => [team, 'member' as const]));
  const made: string[] = [];
  for (const name of names.toSorted()) {
    const registry = { name, description: '', roles, version: 1, createdAtMs: Date.now() };
    if (await createRegistry(table, registry)) made.push(name);
  }
  return made;
}
