import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { table as topology } from '../../local/topology.ts';
import { holdsFor, type Placeholders, updated } from './expressions.ts';
import { type Attributes, itemBytes, readUnits, writeUnits } from './item-size.ts';
import type { Meter } from './meter.ts';
import { nounOf } from './nouns.ts';

type Item = Attributes & { pk: string; sk: string };
type Key = { pk: string; sk: string };

interface Stored {
  item: Item;
  bytes: number;
}

interface Write extends Placeholders {
  ConditionExpression?: string | undefined;
}

interface Query extends Placeholders {
  KeyConditionExpression?: string | undefined;
  IndexName?: string | undefined;
  ConsistentRead?: boolean | undefined;
  ScanIndexForward?: boolean | undefined;
  Limit?: number | undefined;
}

/** A page of a query ends here. */
const PAGE_BYTES = 1024 * 1024;

/** What DynamoDB stores and bills beside an item's attributes, and beside an index entry's. */
const STORED_OVERHEAD_BYTES = 100;

/** The table in memory, which bills each request as DynamoDB does (on demand, keys-only indexes). */
export class CountingTable {
  readonly #meter: Meter;
  readonly #partitions = new Map<string, Map<string, Stored>>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Answers a command of the document client. */
  answer(command: unknown): unknown {
    if (command instanceof GetCommand) return { Item: this.#get(command.input.Key as Key) };
    if (command instanceof BatchGetCommand) return this.#batchGet(command.input);
    if (command instanceof QueryCommand) return { Items: this.#query(command.input) };
    if (command instanceof PutCommand) return this.#put(command.input.Item as Item, command.input);
    if (command instanceof DeleteCommand)
      return this.#write(command.input.Key as Key, command.input, () => undefined);
    if (!(command instanceof UpdateCommand))
      throw new Error(`the bench does not know the command ${command}`);
    const { input } = command;
    const key = input.Key as Key;
    return this.#write(
      key,
      input,
      (before) => updated(input.UpdateExpression ?? '', before ?? key, input) as Item,
    );
  }

  #find({ pk, sk }: Key): Stored | undefined {
    return this.#partitions.get(pk)?.get(sk);
  }

  /** A read of nothing costs as much as one of something small. */
  #get(key: Key): Item | undefined {
    const found = this.#find(key);
    this.#meter.add(`read/${nounOf(key)}`, readUnits(found?.bytes ?? 0, true));
    return found && { ...found.item };
  }

  #batchGet({ RequestItems = {} }: BatchGetCommand['input']): unknown {
    const keys = Object.values(RequestItems).flatMap(({ Keys = [] }) => Keys as Key[]);
    const found = keys.flatMap((key) => this.#get(key) ?? []);
    return { Responses: { [Object.keys(RequestItems)[0] ?? '']: found } };
  }

  #query(query: Query): Item[] {
    const { KeyConditionExpression: condition = '', Limit = Number.POSITIVE_INFINITY } = query;
    const pk = condition.startsWith('pk = :pk') ? query.ExpressionAttributeValues?.[':pk'] : undefined;
    const partitions = pk === undefined ? [...this.#partitions.values()] : [this.#partitions.get(String(pk))];
    const found = partitions
      .flatMap((partition) => [...(partition?.values() ?? [])])
      .filter(({ item }) => holdsFor(condition, item, query))
      .sort((a, b) => (a.item.sk < b.item.sk ? -1 : 1));
    const page = (query.ScanIndexForward === false ? found.reverse() : found).slice(0, Limit);
    const bytes = page.reduce((sum, one) => sum + one.bytes, 0);
    if (bytes > PAGE_BYTES) throw new Error('the bench answers queries of one page only');
    const noun =
      query.IndexName === undefined ? nounOf({ pk: String(pk), sk: '' }) : `index ${query.IndexName}`;
    this.#meter.add(`read/${noun}`, readUnits(bytes, query.ConsistentRead === true));
    return page.map(({ item }) => ({ ...item }));
  }

  #put(item: Item, write: Write): unknown {
    // As the document client is set up: what is undefined is not stored.
    const known = Object.entries(item).filter(([, value]) => value !== undefined);
    return this.#write(item, write, () => Object.fromEntries(known) as Item);
  }

  /** A write that its condition refuses is billed by the item that stood there. */
  #write(key: Key, write: Write, change: (before: Item | undefined) => Item | undefined): unknown {
    const before = this.#find(key);
    const noun = nounOf(key);
    if (write.ConditionExpression && !holdsFor(write.ConditionExpression, before?.item ?? {}, write)) {
      this.#meter.add(`write/refused ${noun}`, writeUnits(before?.bytes ?? 0));
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    }
    const item = change(before?.item);
    const after = item && { item, bytes: itemBytes(item) };
    this.#meter.add(`write/${noun}`, writeUnits(Math.max(before?.bytes ?? 0, after?.bytes ?? 0)));
    this.#meter.add(`writes/${noun}`);
    this.#meter.add(`written/${noun}`, after?.bytes ?? 0);
    this.#meter.add(`stored/${noun}`, storedBytes(after?.bytes) - storedBytes(before?.bytes));
    for (const name of Object.keys(topology.indexes)) this.#writeIndex(name, noun, before?.item, item);
    this.#store(key, after);
    return {};
  }

  #store({ pk, sk }: Key, stored: Stored | undefined): void {
    const partition = this.#partitions.get(pk) ?? new Map<string, Stored>();
    this.#partitions.set(pk, partition);
    if (stored) partition.set(sk, stored);
    else partition.delete(sk);
  }

  /** An entry that moves is one write for the old place and one for the new; one that stays is none. */
  #writeIndex(name: string, noun: string, before: Item | undefined, after: Item | undefined): void {
    const [was, is] = [entryOf(name, before), entryOf(name, after)];
    if (was && is && Object.keys(is).every((attribute) => was[attribute] === is[attribute])) return;
    const entries = [was, is].filter((entry) => entry !== undefined);
    for (const entry of entries)
      this.#meter.add(`write/index ${name} of ${noun}`, writeUnits(itemBytes(entry)));
    const stored = (entry: Attributes | undefined) => storedBytes(entry && itemBytes(entry));
    this.#meter.add(`stored/index of ${noun}`, stored(is) - stored(was));
  }
}

const storedBytes = (bytes: number | undefined) => (bytes === undefined ? 0 : bytes + STORED_OVERHEAD_BYTES);

/** What a keys-only index holds of an item; undefined when the item does not stand in it. */
function entryOf(name: string, item: Item | undefined): Attributes | undefined {
  const keys = topology.indexes[name];
  if (!keys || !item) return undefined;
  const [hash, range] = [item[keys.hash.name], item[keys.range.name]];
  if (hash === undefined || range === undefined) return undefined;
  return { [keys.hash.name]: hash, [keys.range.name]: range, pk: item.pk, sk: item.sk };
}
