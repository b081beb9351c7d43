import type { Attributes } from './item-size.ts';

/*
 * The few expressions that the store sends to DynamoDB. Whatever else comes is an error, so that a new expression in
 * the store can not be judged wrong here without a word.
 */

export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

/** Whether a condition, or a key condition, holds for an item; no item is an empty one. */
export function holdsFor(expression: string, item: Attributes, given: Placeholders): boolean {
  return expression.split(' AND ').every((term) => termHolds(term, item, given));
}

function termHolds(term: string, item: Attributes, given: Placeholders): boolean {
  const [, absent] = /^attribute_not_exists\((\w+)\)$/.exec(term) ?? [];
  if (absent !== undefined) return item[absent] === undefined;
  const [, path = '', prefix = ''] = /^begins_with\((\w+), (:\w+)\)$/.exec(term) ?? [];
  if (path !== '') return String(item[path]).startsWith(String(valueAt(prefix, given)));
  const [, left = '', operator = '', right = ''] = /^(#?\w+) (=|<|<=) (:\w+)$/.exec(term) ?? [];
  const compare = comparisons[operator];
  if (!compare) throw unknown(term);
  return compare(item[nameOf(left, given)], valueAt(right, given));
}

type Comparison = (left: unknown, right: unknown) => boolean;

const comparisons: Record<string, Comparison> = {
  '=': (left, right) => left === right,
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
};

/** Values of different types have no order, and an absent one has none either. */
function ordered(fits: (order: number) => boolean): Comparison {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return fits(left - right);
    if (typeof left !== 'string' || typeof right !== 'string') return false;
    return fits(Buffer.compare(Buffer.from(left), Buffer.from(right)));
  };
}

const CLAUSE = /(SET|REMOVE|ADD) (.*?)(?= SET | REMOVE | ADD |$)/g;

/** The item as an update leaves it. */
export function updated(expression: string, before: Attributes, given: Placeholders): Attributes {
  const after = { ...before };
  let read = 0;
  for (const [clause, verb = '', list = ''] of expression.matchAll(CLAUSE)) {
    read += clause.length + (read > 0 ? 1 : 0);
    for (const action of list.split(', ')) apply(verb, action, after, given);
  }
  if (read !== expression.length) throw unknown(expression);
  return after;
}

function apply(verb: string, action: string, item: Attributes, given: Placeholders): void {
  const pattern = { SET: /^(#?\w+) = (:\w+)$/, ADD: /^(#?\w+) (:\w+)$/, REMOVE: /^(#?\w+)$/ }[verb];
  const [, path, value = ''] = pattern?.exec(action) ?? [];
  if (path === undefined) throw unknown(`${verb} ${action}`);
  const name = nameOf(path, given);
  if (verb === 'REMOVE') delete item[name];
  else if (verb === 'SET') item[name] = valueAt(value, given);
  else item[name] = ((item[name] as number | undefined) ?? 0) + (valueAt(value, given) as number);
}

function nameOf(path: string, { ExpressionAttributeNames: names }: Placeholders): string {
  if (!path.startsWith('#')) return path;
  const name = names?.[path];
  if (name === undefined) throw unknown(path);
  return name;
}

function valueAt(placeholder: string, { ExpressionAttributeValues: values }: Placeholders): unknown {
  if (!values || !Object.hasOwn(values, placeholder)) throw unknown(placeholder);
  return values[placeholder];
}

const unknown = (text: string) => new Error(`the bench does not know the DynamoDB expression ${text}`);
