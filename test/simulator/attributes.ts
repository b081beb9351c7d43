// What the document client makes of values on their way in and out.

export type Attributes = Record<string, unknown>;

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** A value as DynamoDB keeps it: without what is undefined, maps as objects; throws on what it refuses. */
export function stored(value: unknown): unknown {
  if (typeof value === 'number') return checkedNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Set) return checkedSet(value);
  if (Array.isArray(value)) return value.map(stored);
  return storedEntries(value instanceof Map ? Object.fromEntries(value) : (value as Attributes));
}

/** An object is copied whole first: that is much quicker than one name after the other. */
function storedEntries(entries: Attributes): Attributes {
  const kept = { ...entries };
  for (const name in kept) {
    const value = kept[name];
    if (value === undefined) return storedEntries(withoutUndefined(kept));
    if (typeof value === 'number') checkedNumber(value);
    else if (!isPlain(value)) kept[name] = stored(value);
  }
  return kept;
}

function withoutUndefined(entries: Attributes): Attributes {
  const kept: Attributes = {};
  for (const name in entries) if (entries[name] !== undefined) kept[name] = entries[name];
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
  const copy = { ...value } as Attributes;
  for (const name in copy) {
    const inner = copy[name];
    if (!isPlain(inner)) copy[name] = copied(inner);
  }
  return copy as Value;
}
