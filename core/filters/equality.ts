import type { JsonValue } from '../json.ts';
import { isObject, type ValueTest } from './path.ts';

/** As in MongoDB `null` also equals a missing value. Objects are equal whatever the order of their keys (our choice). */
export function equalTo(operand: JsonValue): ValueTest {
  if (operand === null) return (value) => value === null || value === undefined;
  if (typeof operand !== 'object') return (value) => value === operand;
  return (value) => value !== undefined && isEqual(value, operand);
}

export function oneOf(operands: JsonValue[]): ValueTest {
  const scalars = new Set<JsonValue | undefined>(operands.filter((item) => !isComposite(item)));
  if (scalars.has(null)) scalars.add(undefined);
  const composites = operands.filter(isComposite).map(equalTo);
  if (composites.length === 0) return (value) => scalars.has(value);
  return (value) => scalars.has(value) || (isComposite(value) && composites.some((test) => test(value)));
}

const isComposite = (value: JsonValue | undefined) => typeof value === 'object' && value !== null;

function isEqual(left: JsonValue, right: JsonValue): boolean {
  if (Array.isArray(left) && Array.isArray(right)) return areEqualLists(left, right);
  if (isObject(left) && isObject(right)) return areEqualObjects(left, right);
  return left === right;
}

function areEqualLists(left: JsonValue[], right: JsonValue[]): boolean {
  return left.length === right.length && left.every((item, at) => isEqual(item, right[at] as JsonValue));
}

type JsonObject = { [key: string]: JsonValue };

function areEqualObjects(left: JsonObject, right: JsonObject): boolean {
  const keys = Object.keys(right);
  return (
    Object.keys(left).length === keys.length &&
    keys.every((key) => Object.hasOwn(left, key) && isEqual(left[key] as JsonValue, right[key] as JsonValue))
  );
}
