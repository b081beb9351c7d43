import type { JsonValue } from '../json.ts';
import { filtersIn, joinNamed, operatorsIn } from './clause.ts';
import type { FieldReader, FilterSource } from './filter.ts';
import { operatorHolds } from './operators.ts';
import { isObject, leavesAt, pathOf } from './path.ts';

/** Why a filter holds or not, as a tree: joins and `$not` have parts, operators on a field have what was found. */
export type Explanation = Joined | Judged;

interface Joined {
  /** Where in the filter this stands, such as `$or.1.alias`; empty for the filter itself. */
  at: string;
  operator: '$and' | '$or' | '$nor' | '$not';
  holds: boolean;
  parts: Explanation[];
}

export interface Judged {
  at: string;
  /** The event's field. */
  path: string;
  operator: string;
  /** Shortened, as `found` is, where long. */
  operand: JsonValue;
  /** What the path led to; empty when it led nowhere. */
  found: JsonValue[];
  holds: boolean;
}

/** Enough to recognize a value by, and little enough for a page of clauses. */
const SHORT = { text: 200, items: 10, depth: 3 };

const joined: Record<Joined['operator'], (parts: Explanation[]) => boolean> = {
  $and: (parts) => parts.every(({ holds }) => holds),
  $or: (parts) => parts.some(({ holds }) => holds),
  $nor: (parts) => !parts.some(({ holds }) => holds),
  $not: (parts) => !parts.every(({ holds }) => holds),
};

/** Judges every clause, also those that a test would not have reached any more. */
export function explain(source: FilterSource, fields: FieldReader, at = ''): Explanation {
  const parts = Object.entries(source).flatMap(([key, value]) => {
    const here = below(at, key);
    if (!joinNamed(key)) return explainCondition(here, key, value, fields);
    const filters = filtersIn(value).map((filter, index) => explain(filter, fields, below(here, index)));
    return [joinOf(here, key as Joined['operator'], filters)];
  });
  return joinOf(at, '$and', parts);
}

function explainCondition(
  at: string,
  path: string,
  condition: JsonValue,
  fields: FieldReader,
): Explanation[] {
  return operatorsIn(condition).map(([operator, operand]) => {
    const here = isObject(condition) ? below(at, operator) : at;
    if (operator === '$not') return joinOf(here, '$not', explainCondition(here, path, operand, fields));
    const { root, rest } = pathOf(path);
    const holds = operatorHolds(operator, operand)(fields(root), rest);
    const found = leavesAt(fields, path).slice(0, SHORT.items);
    return {
      at: here,
      path,
      operator,
      operand: shorten(operand),
      found: found.map((leaf) => shorten(leaf)),
      holds,
    };
  });
}

function joinOf(at: string, operator: Joined['operator'], parts: Explanation[]): Joined {
  return { at, operator, holds: joined[operator](parts), parts };
}

const below = (at: string, key: string | number) => (at === '' ? `${key}` : `${at}.${key}`);

function shorten(value: JsonValue, depth = 0): JsonValue {
  if (typeof value === 'string') return shortenText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === SHORT.depth) return '…';
  const more = (count: number) => (count > SHORT.items ? [`… ${count - SHORT.items} more`] : []);
  if (Array.isArray(value)) {
    return [...value.slice(0, SHORT.items).map((item) => shorten(item, depth + 1)), ...more(value.length)];
  }
  const entries = Object.entries(value);
  const kept = entries
    .slice(0, SHORT.items)
    .map(([key, item]) => [shortenText(key), shorten(item, depth + 1)]);
  return Object.fromEntries([...kept, ...more(entries.length).map((note) => [note, '…'])]);
}

function shortenText(text: string): string {
  return text.length > SHORT.text ? `${text.slice(0, SHORT.text - 1)}…` : text;
}
