import type { JsonValue } from '../json.ts';
import type { FieldReader, FilterSource } from './filter.ts';
import { type Holds, operatorHolds } from './operators.ts';
import { isObject, pathOf } from './path.ts';

export type FilterTest = (fields: FieldReader) => boolean;

/** The operators that join filters. */
export const joins: Record<string, (tests: FilterTest[]) => FilterTest> = {
  $and: (tests) => (fields) => tests.every((test) => test(fields)),
  $or: (tests) => (fields) => tests.some((test) => test(fields)),
  $nor: (tests) => (fields) => !tests.some((test) => test(fields)),
};

/** Builds the test of a filter that was accepted before; does not check it. */
export function filterTest(source: FilterSource): FilterTest {
  const tests = Object.entries(source).map(([key, value]) => clauseTest(key, value));
  const [first] = tests;
  return first && tests.length === 1 ? first : (fields) => tests.every((test) => test(fields));
}

function clauseTest(key: string, value: JsonValue): FilterTest {
  const join = joinNamed(key);
  if (join) return join(filtersIn(value).map(filterTest));
  const { root, rest } = pathOf(key);
  const holds = conditionHolds(value);
  return (fields) => holds(fields(root), rest);
}

/** Whether a condition, `"x"` or `{"$ne": "x", …}`, holds: all of its operators must. */
function conditionHolds(condition: JsonValue): Holds {
  const all = operatorsIn(condition).map(([name, operand]) => conditionPart(name, operand));
  const [first] = all;
  return first && all.length === 1 ? first : (root, rest) => all.every((holds) => holds(root, rest));
}

function conditionPart(name: string, operand: JsonValue): Holds {
  if (name !== '$not') return operatorHolds(name, operand);
  const holds = conditionHolds(operand);
  return (root, rest) => !holds(root, rest);
}

export function joinNamed(key: string) {
  return Object.hasOwn(joins, key) ? joins[key] : undefined;
}

/** The filters that `$and`, `$or` or `$nor` joins. */
export function filtersIn(operand: JsonValue): FilterSource[] {
  return Array.isArray(operand) ? operand.filter(isObject) : [];
}

/** The operators of a condition; a bare value is short for `$eq`. */
export function operatorsIn(condition: JsonValue): [string, JsonValue][] {
  return isObject(condition) ? Object.entries(condition) : [['$eq', condition]];
}
