// TEMPORARY: the product's index does not exist yet. The lead replaces everything below `openOurs` by an adapter to
//   import { makeMatchIndex } from '../core/matching/match-index.ts'   index.put(watcher) · remove(id) · match(event) · counts()
// and fills the message slot with what ingest packs and the matcher unpacks (core/event-message.ts).
import { compileRegex } from '../core/filters/regex.ts';
import { scopeKey, scopeKeysCovering } from '../core/scope.ts';
import { type Condition, toConditions } from './conditions.ts';
import type { WireEvent } from './events.ts';
import type { Automation } from './workload.ts';

export interface Ours {
  name: string;
  load(automations: Automation[]): void;
  match(event: WireEvent): string[];
  put(automation: Automation): void;
  remove(id: string): void;
  /** How many automations were looked at and how many events, since it was made. */
  counts(): { events: number; candidates: number };
  /** From a message's body as SQS hands it over to the ids matched by its events. */
  matchBody(body: string): string[];
}

/** The product's index as an engine. */
export function openOurs(): Ours {
  const index = makeTemporaryIndex();
  return {
    ...index,
    name: 'signalbox',
    load: (automations) => {
      for (const automation of automations) index.put(automation);
    },
    matchBody: (body) => body.split('\n').flatMap((line) => index.match(JSON.parse(line))),
  };
}

/** The bodies of the messages that ingest makes of these events, about 100 events each. */
export function packBodies(lines: string[]): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < lines.length; at += 100) bodies.push(lines.slice(at, at + 100).join('\n'));
  return bodies;
}

/** What a user's regular expression becomes: a test, or the reason why it is refused. */
export const compilePattern = compileRegex;

interface Entry {
  id: string;
  key: string;
  tests: Condition[];
}

function makeTemporaryIndex() {
  const buckets = new Map<string, Entry[]>();
  const keys = new Map<string, string>();
  const counted = { events: 0, candidates: 0 };
  const remove = (id: string) => {
    const key = keys.get(id);
    if (key === undefined) return;
    keys.delete(id);
    buckets.set(
      key,
      (buckets.get(key) ?? []).filter((entry) => entry.id !== id),
    );
  };
  return {
    put: (automation: Automation) => {
      remove(automation.id);
      const entry = entryOf(automation);
      keys.set(entry.id, entry.key);
      const bucket = buckets.get(entry.key);
      if (bucket) bucket.push(entry);
      else buckets.set(entry.key, [entry]);
    },
    remove,
    match: (event: WireEvent) => {
      const matched: string[] = [];
      counted.events++;
      for (const key of keysOf(event)) {
        for (const { id, tests } of buckets.get(key) ?? []) {
          counted.candidates++;
          if (tests.every((test) => holds(test, event))) matched.push(id);
        }
      }
      return matched;
    },
    counts: () => ({ ...counted }),
  };
}

function entryOf(automation: Automation): Entry {
  const { scope, trigger } = automation.definition;
  const all = toConditions(automation);
  const valueAt = (name: string) => {
    const found = all.find(({ path, op }) => path.join('.') === name && op === 'equals');
    return found?.op === 'equals' ? found.value : '';
  };
  const detail =
    trigger.event === 'run.metrics'
      ? trigger.threshold.metric
      : trigger.event === 'run.state'
        ? valueAt('user')
        : `${valueAt('collection.name')}|${valueAt('alias')}${valueAt('tag')}`;
  const tests = all.slice(1 + Object.keys(scope).length - 1);
  return { id: automation.id, key: `${scopeKey(scope as never)}|${trigger.event}|${detail}`, tests };
}

function keysOf(event: WireEvent): string[] {
  const { team, project, registry, collection } = event;
  const scopes = scopeKeysCovering({ team, project, registry, collection: collection?.name });
  return scopes.flatMap((scope) => detailsOf(event).map((detail) => `${scope}|${event.type}|${detail}`));
}

function detailsOf(event: WireEvent): string[] {
  if (event.type === 'run.metrics') return Object.keys(event.points?.[0]?.metrics ?? {});
  if (event.type === 'run.state') return [event.user];
  const word = event.alias ?? event.tag;
  const names = [event.collection?.name ?? '', ''];
  return names.flatMap((name) => (word === undefined ? [`${name}|`] : [`${name}|`, `${name}|${word}`]));
}

function holds(condition: Condition, event: WireEvent): boolean {
  const value = condition.path.reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], event);
  if (typeof value === 'number') {
    return condition.op === '>' ? value > condition.value : condition.op === '<' && value < condition.value;
  }
  return typeof value === 'string' && textHolds(condition, value);
}

function textHolds(condition: Condition, value: string): boolean {
  switch (condition.op) {
    case 'equals':
      return value === condition.value;
    case 'prefix':
      return value.startsWith(condition.value);
    case 'suffix':
      return value.endsWith(condition.value);
    case 'contains':
      return value.includes(condition.value);
    case 'in':
      return condition.values.includes(value);
    default:
      return false;
  }
}
