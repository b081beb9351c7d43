import { valuesAt } from '../filters/path.ts';
import type { JsonValue } from '../json.ts';
import type { EventReader } from './filter-index.ts';

type Fields = { [field: string]: JsonValue | undefined };

/** Reads an event that is open. */
export function eventReader(event: object): EventReader {
  const fields = event as Fields;
  return readerOf((root) => (Object.hasOwn(fields, root) ? fields[root] : undefined));
}

/** A reader that knows a few paths at once and opens the event only for others. */
export function readerOf(field: EventReader['field'], known?: Fields): EventReader {
  return {
    field,
    values: (path) => {
      if (known !== undefined && Object.hasOwn(known, path)) return known[path];
      return valuesOf(field, path);
    },
  };
}

/** Most paths lead to one plain value: no list is made for it. */
function valuesOf(field: EventReader['field'], path: string): JsonValue | undefined {
  const dot = path.indexOf('.');
  const root = field(dot < 0 ? path : path.slice(0, dot));
  if (dot < 0 && !isComposite(root)) return root;
  if (root === undefined) return undefined;
  if (dot > 0 && isPlainObject(root) && path.indexOf('.', dot + 1) < 0) {
    const leaf = path.slice(dot + 1);
    const value = Object.hasOwn(root, leaf) ? root[leaf] : undefined;
    if (!isComposite(value)) return value;
  }
  return valuesAt(field, path);
}

function isComposite(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null;
}

function isPlainObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
