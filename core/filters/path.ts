import type { JsonValue } from '../json.ts';
import type { FieldReader } from './filter.ts';

/** A dotted path, split once: the event's field, then what to follow inside it. */
interface Path {
  root: string;
  rest: string[];
}

/** A test of one value to which a path leads; undefined stands for a missing one. */
export type ValueTest = (value: JsonValue | undefined) => boolean;

/** Of a list, only the first elements are looked at, so that a huge list can't hold a matcher up. */
const MAX_ELEMENTS = 1_000;

export function pathOf(dotted: string): Path {
  const [root = '', ...rest] = dotted.split('.');
  return { root, rest };
}

/**
 * Whether any value to which the path leads passes. As in MongoDB a path goes on in every object of a list on
 * its way, or by a number in one element; a list without objects leads nowhere, which is not a missing value.
 */
export function someAt(
  value: JsonValue | undefined,
  parts: string[],
  from: number,
  test: ValueTest,
): boolean {
  const part = parts[from];
  if (part === undefined || value === undefined) return test(value);
  if (Array.isArray(value)) return someInList(value, parts, from, test);
  return someAt(own(value, part), parts, from + 1, test);
}

/** MongoDB takes a number as a name in the list's objects as well; both doubles the ways at every level of an event. */
function someInList(list: JsonValue[], parts: string[], from: number, test: ValueTest): boolean {
  const part = parts[from] ?? '';
  if (!INDEX.test(part)) {
    return anyOf(list, (element) => isObject(element) && someAt(element, parts, from, test));
  }
  return Number(part) < list.length && someAt(list[Number(part)], parts, from + 1, test);
}

const INDEX = /^(?:0|[1-9]\d{0,8})$/;

/** Like `some`, on the elements that a filter looks at. */
export function anyOf(list: JsonValue[], test: ValueTest): boolean {
  const end = Math.min(list.length, MAX_ELEMENTS);
  for (let at = 0; at < end; at++) if (test(list[at])) return true;
  return false;
}

/** A list passes when one of its elements does, or the list as a whole. */
export function orAnyElement(test: ValueTest): ValueTest {
  return (value) => (Array.isArray(value) && anyOf(value, test)) || test(value);
}

/** The values that a clause on this path compares: those that it leads to, and the elements of lists among them. */
export function valuesAt(fields: FieldReader, dotted: string): JsonValue[] {
  const values: JsonValue[] = [];
  visit(fields, dotted, orAnyElement, values);
  return values;
}

/** The values to which the path leads, lists as they are. */
export function leavesAt(fields: FieldReader, dotted: string): JsonValue[] {
  const leaves: JsonValue[] = [];
  visit(fields, dotted, (test) => test, leaves);
  return leaves;
}

function visit(
  fields: FieldReader,
  dotted: string,
  expand: (test: ValueTest) => ValueTest,
  into: JsonValue[],
): void {
  const { root, rest } = pathOf(dotted);
  const collect: ValueTest = (value) => {
    if (value !== undefined) into.push(value);
    return false;
  };
  someAt(fields(root), rest, 0, expand(collect));
}

/** Own properties only: an event's `constructor` is missing unless the event has one. */
function own(value: JsonValue, key: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function isObject(value: unknown): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
