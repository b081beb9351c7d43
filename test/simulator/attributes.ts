// What the document client makes of values on their way in and out.

export type Attributes = Record<string, unknown>;

/** A value as DynamoDB keeps it: without what is undefined, maps as objects; throws on what it refuses. */
export function stored(value: unknown): unknown {
  if (typeof value === 'number') return checkedNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Set) return checkedSet(value);
  if (Array.isArray(value)) return value.map(stored);
  return storedEntries(value instanceof Map ? value : Object.entries(value));
}

function storedEntries(entries: Iterable<[string, unknown]>): Attributes {
  const kept: Attributes = {};
  for (const [name, value] of entries) if (value !== undefined) kept[name] = stored(value);
  return kept;
}

function checkedNumber(value: number): number {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
  throw new Error(`the document client refuses the number ${value}`);
}

function checkedSet(value: Set<unknown>): Set<unknown> {
  if (value.size === 0) throw new Error('the document client refuses an empty set');
  return new Set(value);
}

/** A copy for a reader, who may do with it what he likes. */
export function copied<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice() as Value;
  if (value instanceof Set) return new Set(value) as Value;
  if (Array.isArray(value)) return value.map(copied) as Value;
  const copy: Attributes = {};
  for (const name in value) copy[name] = copied((value as Attributes)[name]);
  return copy as Value;
}
