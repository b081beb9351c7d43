import { valuesAt } from '../filters/path.ts';
import type { JsonValue } from '../json.ts';
import type { EventReader } from './filter-index.ts';

/** Reads an event that is open. */
export function eventReader(event: object): EventReader {
  const fields = event as { [field: string]: JsonValue | undefined };
  return readerOf((root) => (Object.hasOwn(fields, root) ? fields[root] : undefined));
}

/** A reader that knows a few paths at once and opens the event only for others. */
export function readerOf(
  field: EventReader['field'],
  known: { [path: string]: JsonValue | undefined } = {},
): EventReader {
  return {
    field,
    values: (path) => {
      if (!Object.hasOwn(known, path)) return valuesAt(field, path);
      const value = known[path];
      return value === undefined ? [] : [value];
    },
  };
}
