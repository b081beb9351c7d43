// TEMPORARY: stands in for core/matching/match-index.ts until that exists, so that the benchmark runs and the
// workload is known to be fair. Delete this file when bench/ours.ts uses the product's index.
import { scopeKey, scopeKeysCovering } from '../core/scope.ts';
import type { WireEvent } from './events.ts';
import type { Automation, Filter, Trigger } from './workload.ts';

interface Entry {
  id: string;
  /** What is left to test once the keys fit. */
  user: string | undefined;
  states: string[];
  value: number;
}

type Lists = Map<string, Entry[]>;
type Affixes = Map<number, Lists>;

/** One scope and event type. Lists are keyed by metric, user or `collection`, and in there by the word. */
interface Bucket {
  above: Lists;
  below: Lists;
  byUser: Lists;
  byCollection: Map<string, Words>;
}

interface Words {
  plain: Entry[];
  equal: Lists;
  prefix: Affixes;
  suffix: Affixes;
  parts: Lists;
}

const NO_COLLECTION = '';

export function makeTemporaryIndex() {
  const buckets = new Map<string, Bucket>();
  const lists = new Map<string, Entry[]>();
  const counted = { events: 0, candidates: 0 };
  const remove = (id: string) => {
    const list = lists.get(id);
    if (!list) return;
    lists.delete(id);
    list.splice(
      list.findIndex((entry) => entry.id === id),
      1,
    );
  };
  const put = ({ id, definition: { scope, trigger } }: Automation) => {
    remove(id);
    const key = `${scopeKey(scope as never)}|${trigger.event}`;
    const bucket = orNew(buckets, key, newBucket);
    const inCollection = scope.kind === 'collection' ? scope.collection : undefined;
    const list = listFor(bucket, trigger, inCollection);
    insert(list, toEntry(id, trigger), trigger);
    lists.set(id, list);
  };
  const match = (event: WireEvent) => {
    const matched: string[] = [];
    counted.events++;
    const { team, project, registry, collection, type } = event;
    for (const key of scopeKeysCovering({ team, project, registry, collection: collection?.name })) {
      const bucket = buckets.get(`${key}|${type}`);
      if (bucket) counted.candidates += matchBucket(bucket, event, matched);
    }
    return matched;
  };
  return { put, remove, match, counts: () => ({ ...counted }) };
}

const newBucket = (): Bucket => ({
  above: new Map(),
  below: new Map(),
  byUser: new Map(),
  byCollection: new Map(),
});

const newWords = (): Words => ({
  plain: [],
  equal: new Map(),
  prefix: new Map(),
  suffix: new Map(),
  parts: new Map(),
});

function orNew<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const newList = (): Entry[] => [];
const newLists = (): Lists => new Map();

function toEntry(id: string, trigger: Trigger): Entry {
  const { user } = trigger.filter;
  return {
    id,
    user: typeof user === 'string' ? user : undefined,
    states: trigger.event === 'run.state' ? trigger.states : [],
    value: trigger.event === 'run.metrics' ? trigger.threshold.value : 0,
  };
}

function listFor(bucket: Bucket, trigger: Trigger, inCollection: string | undefined): Entry[] {
  const { filter } = trigger;
  if (trigger.event === 'run.metrics') {
    const { metric, comparison } = trigger.threshold;
    return orNew(comparison === '>' ? bucket.above : bucket.below, metric, newList);
  }
  if (trigger.event === 'run.state') return orNew(bucket.byUser, String(filter['user']), newList);
  const collection = inCollection ?? filter['collection.name'] ?? NO_COLLECTION;
  return listForWord(orNew(bucket.byCollection, String(collection), newWords), filter);
}

function listForWord(words: Words, filter: Filter): Entry[] {
  const word = filter['alias'] ?? filter['tag'];
  if (word === undefined) return words.plain;
  if (typeof word === 'string') return orNew(words.equal, word, newList);
  const { $regex } = word;
  const literal = $regex.replace(/^\^|\$$/g, '');
  if (literal === $regex) return orNew(words.parts, literal, newList);
  const affixes = $regex.startsWith('^') ? words.prefix : words.suffix;
  return orNew(orNew(affixes, literal.length, newLists), literal, newList);
}

/** Thresholds stand in the order in which a value reaches them. */
function insert(list: Entry[], entry: Entry, trigger: Trigger): void {
  const sign = trigger.event === 'run.metrics' && trigger.threshold.comparison === '<' ? -1 : 1;
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sign * (list[middle]?.value ?? 0) < sign * entry.value) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, entry);
}

/** Adds what matches and says how many were tried. */
function matchBucket(bucket: Bucket, event: WireEvent, matched: string[]): number {
  if (event.points) return matchMetrics(bucket, event, matched);
  if (event.state !== undefined) return tryAll(bucket.byUser.get(event.user), event, matched);
  let tried = 0;
  for (const name of [event.collection?.name ?? '', NO_COLLECTION]) {
    const words = bucket.byCollection.get(name);
    if (words) tried += matchWords(words, event, matched);
  }
  return tried;
}

function matchMetrics({ above, below }: Bucket, event: WireEvent, matched: string[]): number {
  const metrics = event.points?.[0]?.metrics ?? {};
  let tried = 0;
  for (const metric in metrics) {
    const value = metrics[metric] as number;
    tried += tryReached(above.get(metric), value, 1, event, matched);
    tried += tryReached(below.get(metric), value, -1, event, matched);
  }
  return tried;
}

function tryReached(
  list: Entry[] | undefined,
  value: number,
  sign: 1 | -1,
  event: WireEvent,
  matched: string[],
): number {
  let at = 0;
  for (; list && at < list.length; at++) {
    const entry = list[at] as Entry;
    if (sign * entry.value >= sign * value) break;
    if (entry.user === undefined || entry.user === event.user) matched.push(entry.id);
  }
  return at;
}

function matchWords(words: Words, event: WireEvent, matched: string[]): number {
  let tried = tryAll(words.plain, event, matched);
  const word = event.alias ?? event.tag;
  if (word === undefined) return tried;
  tried += tryAll(words.equal.get(word), event, matched);
  for (const [length, lists] of words.prefix)
    tried += tryAll(lists.get(word.slice(0, length)), event, matched);
  for (const [length, lists] of words.suffix) tried += tryAll(lists.get(word.slice(-length)), event, matched);
  for (const [part, list] of words.parts) if (word.includes(part)) tried += tryAll(list, event, matched);
  return tried;
}

function tryAll(list: Entry[] | undefined, event: WireEvent, matched: string[]): number {
  for (const { id, user, states } of list ?? []) {
    if (user !== undefined && user !== event.user) continue;
    if (event.state === undefined || isNamed(states, event.state)) matched.push(id);
  }
  return list?.length ?? 0;
}

const isNamed = (states: string[], state: string) => states.includes(state === 'CRASHED' ? 'FAILED' : state);
