import type { DatabaseSync } from 'node:sqlite';
import type { buildApp } from 'fauxqs';

/*
 * fauxqs from the inside, because its own start function listens on every address of the machine. Its version is
 * pinned; test/integration/pump.test.ts fails when an inner part changes.
 */

export type App = ReturnType<typeof buildApp>;

export interface Queue {
  attributes: Record<string, string>;
  setAttributes(attributes: Record<string, string>): void;
  dequeue(...args: unknown[]): unknown[];
}

export interface Store {
  /** The host in queue URLs; when empty, the one that the client asked. */
  host: string;
  region: string;
  persistence: Persistence;
  createQueue(name: string, url: string, arn: string, attributes: Record<string, string>): Queue;
  getQueueByName(name: string): Queue | undefined;
  allQueues(): Iterable<Queue & { persistence: Persistence }>;
}

export interface Persistence {
  db: DatabaseSync;
  loadSqsAndSns(store: Store, topics: unknown): void;
  updateMessageReady(messageId: string): void;
  transaction(write: () => void): void;
  close(): void;
}

export interface Fauxqs {
  buildApp(options: { logger: false; stores: { sqsStore: Store; snsStore: object; s3Store: object } }): App;
  SqsStore: new () => Store;
  SnsStore: new () => object;
  S3Store: new () => object;
  PersistenceManager: new (folder: string) => Persistence;
}

const parts = ['app.js', 'sqs/sqsStore.js', 'sns/snsStore.js', 's3/s3Store.js', 'persistence.js'];

/** Loads fauxqs with its inner parts. */
export async function loadFauxqs(): Promise<Fauxqs> {
  const folder = new URL('.', import.meta.resolve('fauxqs'));
  const modules = await Promise.all(parts.map((part) => import(new URL(part, folder).href)));
  return Object.assign({}, ...modules) as Fauxqs;
}
