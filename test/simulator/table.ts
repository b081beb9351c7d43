import { holdsFor, type Placeholders, updated } from '../../bench/cost/expressions.ts';
import type { Command } from './ambient.ts';
import { type Attributes, copied, stored } from './attributes.ts';
import { type IndexKeys, IndexOfTable } from './table-index.ts';

type Key = { pk: string; sk: string };
type Item = Attributes & Key;

/** What DynamoDB may do besides answering. */
export interface TableWhims {
  /** How long an index does not show a write. */
  indexDelayMs: () => number;
  /** Whether an inconsistent read shows the item before its last write. */
  readsOld: () => boolean;
  /** Whether an item whose time to live is over is gone already. */
  hasExpired: () => boolean;
  /** How much a page of a query holds, at most. */
  pageSize: () => number;
  /** How many keys of a batch are answered. */
  processed: (keys: number) => number;
}

interface Place {
  item: Item | undefined;
  /** What stood there before the last write, for readers who do not insist. */
  before: Item | undefined;
  changedAtMs: number;
}

interface Write extends Placeholders {
  ConditionExpression?: string;
  ReturnValues?: string;
}

interface Query extends Placeholders {
  KeyConditionExpression: string;
  IndexName?: string;
  ConsistentRead?: boolean;
  ScanIndexForward?: boolean;
  Limit?: number;
  Select?: string;
  ExclusiveStartKey?: Attributes;
}

interface IndexChange {
  index: string;
  hash: unknown;
  range: unknown;
}

const OLD_READS_MS = 1_000;

/** A DynamoDB table in memory. */
export class SimulatedTable {
  readonly #clock: { nowMs: number };
  readonly #whims: TableWhims;
  readonly #refuse: () => Error;
  readonly #partitions = new Map<string, Map<string, Place>>();
  readonly #indexes = new Map<string, IndexOfTable>();
  readonly #onDue: (atMs: number) => void;
  /** Where indexes changed, for those who explore a world, and who empty it. */
  changes: IndexChange[] | undefined;
  /** How many writes were done, refused ones not among them. */
  writes = 0;

  /**
   * `refuse` makes the exception of a condition that does not hold; `onDue` is told whatever comes into the index of
   * what is due.
   */
  constructor(
    clock: { nowMs: number },
    whims: TableWhims,
    parts: { indexes: Record<string, IndexKeys>; refuse: () => Error; onDue: (atMs: number) => void },
  ) {
    const { indexes, refuse, onDue } = parts;
    this.#onDue = onDue;
    this.#clock = clock;
    this.#whims = whims;
    this.#refuse = refuse;
    for (const [name, keys] of Object.entries(indexes)) {
      this.#indexes.set(name, new IndexOfTable(keys, clock));
    }
  }

  /** Takes over the state of another one. Items are replaced, never changed. */
  become(other: SimulatedTable): void {
    for (const [pk, partition] of other.#partitions) this.#partitions.set(pk, new Map(partition));
    for (const [name, index] of other.#indexes) this.#indexes.get(name)?.become(index);
  }

  answer({ kind, input }: Command): unknown {
    if (kind === 'Get') return this.#get(input.Key, input.ConsistentRead === true);
    if (kind === 'Query') return this.#query(input);
    if (kind === 'BatchGet') return this.#batchGet(input);
    if (kind === 'Put') return this.#write(input.Item, input, () => stored(input.Item) as Item);
    if (kind === 'Delete') return this.#write(input.Key, input, () => undefined);
    const given = { ...input, ExpressionAttributeValues: stored(input.ExpressionAttributeValues) };
    const change = (before: Item | undefined) =>
      updated(input.UpdateExpression, before ?? input.Key, given) as Item;
    return this.#write(input.Key, given, change);
  }

  /** The least range key in an index, whatever its delay. */
  least(index: string): number | undefined {
    return this.#indexes.get(index)?.least();
  }

  *items(): Generator<Item> {
    for (const partition of this.#partitions.values()) {
      for (const { item } of partition.values()) if (item) yield item;
    }
  }

  #find({ pk, sk }: Key): Place | undefined {
    const record = this.#partitions.get(pk)?.get(sk);
    const ttl = record?.item?.['ttl'];
    const isOver = typeof ttl === 'number' && ttl * 1000 <= this.#clock.nowMs;
    if (record && isOver && this.#whims.hasExpired()) this.#keep({ pk, sk }, record.item, undefined);
    return record;
  }

  #seen(key: Key, isConsistent: boolean): Item | undefined {
    const record = this.#find(key);
    if (!record) return undefined;
    const isFresh = this.#clock.nowMs - record.changedAtMs < OLD_READS_MS;
    return !isConsistent && isFresh && this.#whims.readsOld() ? record.before : record.item;
  }

  #get(key: Key, isConsistent: boolean) {
    const item = this.#seen(key, isConsistent);
    return item ? { Item: copied(item) } : {};
  }

  #batchGet({ RequestItems }: { RequestItems: Record<string, { Keys: Key[]; ConsistentRead?: boolean }> }) {
    const [[table, { Keys, ConsistentRead = false }] = ['', { Keys: [] }]] = Object.entries(RequestItems);
    const processed = this.#whims.processed(Keys.length);
    const found = Keys.slice(0, processed).flatMap((key) => this.#seen(key, ConsistentRead) ?? []);
    const rest = Keys.slice(processed);
    return {
      Responses: { [table]: found.map(copied) },
      ...(rest.length > 0 && { UnprocessedKeys: { [table]: { Keys: rest } } }),
    };
  }

  #query(query: Query) {
    const index = query.IndexName === undefined ? undefined : this.#indexes.get(query.IndexName);
    const candidates = index ? index.entries(hashOf(query)) : this.#candidates(query);
    if (candidates.length === 0) return pageOf([], undefined, query);
    const range = index?.rangeName ?? 'sk';
    const sign = query.ScanIndexForward === false ? -1 : 1;
    const start = query.ExclusiveStartKey;
    const found = candidates
      .filter((item) => holdsFor(query.KeyConditionExpression, item, query))
      .filter((item) => !start || sign * inOrder(item, start, range) > 0)
      .sort((a, b) => sign * inOrder(a, b, range));
    const page = found.slice(0, Math.min(query.Limit ?? Number.POSITIVE_INFINITY, this.#whims.pageSize()));
    const last = page.length < found.length ? page.at(-1) : undefined;
    return pageOf(page, last && { pk: last['pk'], sk: last['sk'], [range]: last[range] }, query);
  }

  #candidates(query: Query): Attributes[] {
    const pk = hashOf(query);
    const partition = this.#partitions.get(pk);
    if (!partition) return [];
    const isConsistent = query.ConsistentRead === true;
    const seen: Attributes[] = [];
    for (const sk of partition.keys()) {
      const item = this.#seen({ pk, sk }, isConsistent);
      if (item) seen.push(item);
    }
    return seen;
  }

  #write(key: Key, write: Write, change: (before: Item | undefined) => Item | undefined): unknown {
    const before = this.#find(key)?.item;
    if (write.ConditionExpression && !holdsFor(write.ConditionExpression, before ?? {}, write)) {
      throw this.#refuse();
    }
    const after = change(before);
    this.#keep(key, before, after);
    return write.ReturnValues === undefined ? {} : { Attributes: copied(after) };
  }

  #keep({ pk, sk }: Key, before: Item | undefined, item: Item | undefined): void {
    this.writes++;
    const partition = this.#partitions.get(pk) ?? new Map<string, Place>();
    this.#partitions.set(pk, partition);
    partition.set(sk, { item, before, changedAtMs: this.#clock.nowMs });
    for (const [name, index] of this.#indexes) {
      const changed = index.note({ pk, sk }, before, item, this.#whims.indexDelayMs);
      for (const [hash, range] of changed) this.changes?.push({ index: name, hash, range });
    }
    const dueMs = item?.['sweepAt'];
    if (typeof dueMs === 'number') this.#onDue(dueMs);
  }
}

function pageOf(items: Attributes[], last: Attributes | undefined, { Select }: Query) {
  const end = last && { LastEvaluatedKey: last };
  return Select === 'COUNT' ? { Count: items.length, ...end } : { Items: items.map(copied), ...end };
}

/** What a query's first term asks the hash key to be. */
function hashOf({ KeyConditionExpression: expression, ExpressionAttributeValues: values }: Query): string {
  const [, placeholder = ''] = /^\S+ = (:\w+)/.exec(expression) ?? [];
  return String(values?.[placeholder]);
}

function inOrder(a: Attributes, b: Attributes, range: string): number {
  const [one, other] = [a[range] as string, b[range] as string];
  if (one !== other) return one < other ? -1 : 1;
  return String(a['pk']) < String(b['pk']) ? -1 : String(a['pk']) > String(b['pk']) ? 1 : 0;
}
