import { randomId } from './id.ts';
import { isObject, type JsonValue } from './json.ts';

/** What a change can be of. */
export const auditNouns = ['team', 'registry', 'key', 'secret', 'integration', 'automation'] as const;
export type AuditNoun = (typeof auditNouns)[number];

/** Who makes a change, and when: a key by its public id, or `signalbox` itself. */
export interface Author {
  by: string;
  atMs: number;
}

/** One entry of the audit list. */
export interface Change extends Author {
  id: string;
  noun: AuditNoun;
  /** The id of what was changed, or its name where that is its id. */
  target: string;
  /** The team that it belongs to; absent for what belongs to the organization. */
  team?: string;
  action: 'created' | 'updated' | 'deleted';
  fields: FieldChange[];
  /** How many more fields changed than are listed. */
  unlisted?: number;
}

export interface FieldChange {
  field: string;
  before?: JsonValue;
  after?: JsonValue;
}

/** A change stands in the changed item for a moment, so it is kept small. The revisions of automations are whole. */
const MAX_FIELDS = 40;
const MAX_VALUE = 400;

/** What changed from one state to another; undefined is a thing that is not there. Callers leave secrets out. */
export function changeOf(
  of: Pick<Change, 'noun' | 'target' | 'team'>,
  author: Author,
  before: object | undefined,
  after: object | undefined,
): Change {
  const all = [...differences('', before ?? {}, after ?? {})];
  const action = before === undefined ? 'created' : after === undefined ? 'deleted' : 'updated';
  const rest = all.length - MAX_FIELDS;
  return {
    id: randomId('chg'),
    ...of,
    ...author,
    action,
    fields: all.slice(0, MAX_FIELDS),
    ...(rest > 0 && { unlisted: rest }),
  };
}

function* differences(path: string, before: unknown, after: unknown): Generator<FieldChange> {
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* differences(path === '' ? name : `${path}.${name}`, before[name], after[name]);
    }
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  yield {
    field: path.slice(0, MAX_VALUE),
    ...(before !== undefined && { before: shortened(before) }),
    ...(after !== undefined && { after: shortened(after) }),
  };
}

function shortened(value: unknown): JsonValue {
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE ? (value as JsonValue) : `${text.slice(0, MAX_VALUE).toWellFormed()}…`;
}
