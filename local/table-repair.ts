import { promisify } from 'node:util';
import dynalite, { type Index, type Item, type Store, type Table } from 'dynalite/db/index.js';

/**
 * Makes the indexes agree with the items. dynalite writes an item's index entries before the item itself, so a
 * process killed in between leaves an index that lies; DynamoDB has no such moment. Throws when the folder is
 * damaged.
 */
export async function checkTableFolder(path: string, name: string, wasKilled: boolean): Promise<void> {
  const store = dynalite.create({ path });
  try {
    await store.db.open();
    const table = await readTable(store, name);
    if (table && wasKilled) await repair(store, name, table);
  } finally {
    await store.db.close();
  }
}

async function readTable(store: Store, name: string): Promise<Table | undefined> {
  const get = promisify(store.tableDb.get);
  return (await get(name)) ?? undefined;
}

async function repair(store: Store, name: string, table: Table): Promise<void> {
  // A kill right after the creation leaves the table in creation for ever.
  table.TableStatus = 'ACTIVE';
  const indexes = table.GlobalSecondaryIndexes ?? [];
  for (const index of indexes) index.IndexStatus = 'ACTIVE';
  await promisify(store.tableDb.put)(name, table);

  const items: Item[] = [];
  for await (const item of store.getItemDb(name).createValueStream()) items.push(item);
  for (const index of indexes) await repairIndex(store, name, table, index, items);
}

async function repairIndex(store: Store, name: string, table: Table, index: Index, items: Item[]) {
  const entries = items.flatMap((item) => dynalite.getIndexActions([index], undefined, item, table).puts);
  const wanted = new Map(entries.map(({ key, item }) => [key, item]));
  const indexDb = store.getIndexDb('Global', name, index.IndexName);
  const stale: string[] = [];
  for await (const entry of indexDb.createValueStream()) {
    const key = dynalite.createIndexKey(entry, table, index.KeySchema);
    if (!wanted.delete(key)) stale.push(key);
  }
  await promisify(indexDb.batch)([
    ...stale.map((key) => ({ type: 'del' as const, key })),
    ...[...wanted].map(([key, value]) => ({ type: 'put' as const, key, value })),
  ]);
}
