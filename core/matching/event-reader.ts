import { isObject, valuesAt } from '../filters/path.ts';
import type { JsonValue } from '../json.ts';

type Fields = { [field: string]: JsonValue | undefined };
type FieldReader = (root: string) => JsonValue | undefined;

/** An event as an index reads it. */
export interface EventReader {
  /** Reads a top-level field. */
  readonly field: FieldReader;
  /** The values at a path: one, or a list of them where lists are on the way; undefined for none. */
  values(path: FieldPath): JsonValue | undefined;
}

/** A dotted path, split once for all events. */
export interface FieldPath {
  readonly dotted: string;
  readonly root: string;
  /** What follows the first dot, where there is one and no more: most paths lead to one plain value. */
  readonly leaf: string | undefined;
  readonly isDeep: boolean;
}

export function fieldPath(dotted: string): FieldPath {
  const [root = '', leaf, ...deeper] = dotted.split('.');
  return { dotted, root, leaf, isDeep: deeper.length > 0 };
}

/** Reads an event that is open. */
export function eventReader(event: object): EventReader {
  return new OpenEvent(event as Fields);
}

/** A class, because one is made for each event: closures would be made anew each time. */
class OpenEvent implements EventReader {
  private readonly fields: Fields;

  constructor(fields: Fields) {
    this.fields = fields;
  }

  get field(): FieldReader {
    return (root) => own(this.fields, root);
  }

  values(path: FieldPath): JsonValue | undefined {
    return valuesBelow(own(this.fields, path.root), path);
  }
}

/** The values at a path, of which the field is known; for one plain value no list is made. */
export function valuesBelow(root: JsonValue | undefined, path: FieldPath): JsonValue | undefined {
  if (root === undefined) return undefined;
  if (path.leaf === undefined) {
    if (!isComposite(root)) return root;
  } else if (!path.isDeep && isObject(root)) {
    const value = own(root, path.leaf);
    if (!isComposite(value)) return value;
  }
  return valuesAt(() => root, path.dotted);
}

function isComposite(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null;
}

/** Only of names that all objects inherit must be asked whether the object has them itself: that takes time. */
function own(fields: Fields, name: string): JsonValue | undefined {
  const value = fields[name];
  if (typeof value !== 'function' && name !== '__proto__') return value;
  return Object.hasOwn(fields, name) ? value : undefined;
}
