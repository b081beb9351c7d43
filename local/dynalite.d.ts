declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A DynamoDB in this process; it opens its LevelDB folder at once and closes it with the server. */
  function dynalite(options: { path: string; createTableMs: number }): Server;
  export = dynalite;
}

/** The parts of dynalite's own storage that table-repair.ts needs. */
declare module 'dynalite/db/index.js' {
  namespace db {
    type Callback<Result = void> = (error: Error | null, result: Result) => void;
    type Item = Record<string, Record<string, unknown>>;
    interface Index {
      IndexName: string;
      IndexStatus: string;
      KeySchema: unknown;
    }
    interface Table {
      TableStatus: string;
      GlobalSecondaryIndexes?: Index[];
    }
    type Operation = { type: 'del'; key: string } | { type: 'put'; key: string; value: Item };
    interface SubDb<Value> {
      get(key: string, callback: Callback<Value | undefined>): void;
      put(key: string, value: Value, callback: Callback): void;
      batch(operations: Operation[], callback: Callback): void;
      createValueStream(): AsyncIterable<Value>;
    }
    interface Store {
      tableDb: SubDb<Table>;
      db: { open(): Promise<void>; close(): Promise<void> };
      getItemDb(table: string): SubDb<Item>;
      getIndexDb(kind: 'Global', table: string, index: string): SubDb<Item>;
    }
    function create(options: { path: string }): Store;
    function createIndexKey(item: Item, table: Table, keys: unknown): string;
    function getIndexActions(
      indexes: Index[],
      existing: undefined,
      item: Item,
      table: Table,
    ): { puts: { index: string; key: string; item: Item }[] };
  }
  export = db;
}
