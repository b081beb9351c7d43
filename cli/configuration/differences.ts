import { canonical, isObject } from '../../core/json.ts';

/** One field that is not what it is wanted to be; undefined where it is not there. */
export interface Difference {
  /** Dotted, as in `trigger.threshold.value`. */
  path: string;
  from: unknown;
  to: unknown;
}

/** How two values differ, field by field. Lists are compared as wholes where they hold no objects. */
export function differences(from: unknown, to: unknown, path: string[] = []): Difference[] {
  if (isObject(from) && isObject(to)) return between(Object.keys(from), Object.keys(to), from, to, path);
  if (isListOfObjects(from) && isListOfObjects(to)) {
    return between(Object.keys(from), Object.keys(to), from, to, path);
  }
  return canonical(from) === canonical(to) ? [] : [{ path: path.join('.'), from, to }];
}

function between(
  fromKeys: string[],
  toKeys: string[],
  from: { [key: string]: unknown } | unknown[],
  to: { [key: string]: unknown } | unknown[],
  path: string[],
): Difference[] {
  const keys = [...new Set([...fromKeys, ...toKeys])];
  const field = (of: object, key: string) =>
    Object.hasOwn(of, key) ? (of as Record<string, unknown>)[key] : undefined;
  return keys.flatMap((key) => differences(field(from, key), field(to, key), [...path, key]));
}

const isListOfObjects = (value: unknown): value is unknown[] => Array.isArray(value) && value.some(isObject);
