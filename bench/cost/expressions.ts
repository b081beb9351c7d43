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
  return splitOutside(expression, ' OR ').some((any) =>
    splitOutside(any, ' AND ').every((term) => termHolds(term.trim(), item, given)),
  );
}

/** Splits where the separator stands outside of brackets. */
function splitOutside(text: string, separator: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    if (depth === 0 && text.startsWith(separator, at)) {
      parts.push('');
      at += separator.length - 1;
    } else parts[parts.length - 1] += char;
  }
  return parts;
}

function termHolds(term: string, item: Attributes, given: Placeholders): boolean {
  const [, inner] = /^\((.*)\)$/.exec(term) ?? [];
  if (inner !== undefined) return holdsFor(inner, item, given);
  const [, name = '', args = ''] = /^(\w+)\(([^()]*)\)$/.exec(term) ?? [];
  const call = calls[name];
  if (call) return call(...args.split(', ').map((one) => operand(one, item, given)));
  const [, one = '', list] = /^(\S+) IN \(([^()]*)\)$/.exec(term) ?? [];
  if (list !== undefined) {
    return list.split(', ').some((other) => operand(other, item, given) === operand(one, item, given));
  }
  const [, left = '', operator = '', right = ''] = /^(\S+) (=|<>|<|<=) (\S+)$/.exec(term) ?? [];
  const compare = comparisons[operator];
  if (!compare) throw unknown(term);
  return compare(operand(left, item, given), operand(right, item, given));
}

const calls: Record<string, (...args: unknown[]) => boolean> = {
  attribute_not_exists: (value) => value === undefined,
  attribute_exists: (value) => value !== undefined,
  begins_with: (value, prefix) => String(value).startsWith(String(prefix)),
  contains: (value, part) => (value instanceof Set ? value.has(part) : String(value).includes(String(part))),
};

/** A placeholder, a path, or the size of what stands at a path. */
function operand(text: string, item: Attributes, given: Placeholders): unknown {
  if (text.startsWith(':')) return valueAt(text, given);
  const [, sized] = /^size\((.*)\)$/.exec(text) ?? [];
  if (sized === undefined) return atPath(text, item, given);
  const value = atPath(sized, item, given);
  return value instanceof Set ? value.size : String(value).length;
}

function atPath(path: string, item: Attributes, given: Placeholders): unknown {
  let value: unknown = item;
  for (const part of path.split('.')) value = (value as Attributes | undefined)?.[nameOf(part, given)];
  return value;
}

type Comparison = (left: unknown, right: unknown) => boolean;

const comparisons: Record<string, Comparison> = {
  '=': (left, right) => left === right,
  '<>': (left, right) => left !== right,
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
    for (const action of splitOutside(list, ', ')) apply(verb, action, after, given);
  }
  if (read !== expression.length) throw unknown(expression);
  return after;
}

function apply(verb: string, action: string, item: Attributes, given: Placeholders): void {
  const pattern = { SET: /^(#?\w+) = (.+)$/, ADD: /^(#?\w+) (:\w+)$/, REMOVE: /^(#?\w+)$/ }[verb];
  const [, path, value = ''] = pattern?.exec(action) ?? [];
  if (path === undefined) throw unknown(`${verb} ${action}`);
  const name = nameOf(path, given);
  if (verb === 'REMOVE') delete item[name];
  else if (verb === 'SET') item[name] = assigned(value, item, given);
  else item[name] = added(item[name], valueAt(value, given));
}

function assigned(text: string, item: Attributes, given: Placeholders): unknown {
  const [, list, more = ''] = /^list_append\((.*), (:\w+)\)$/.exec(text) ?? [];
  if (list !== undefined) {
    return [...(assigned(list, item, given) as unknown[]), ...(valueAt(more, given) as unknown[])];
  }
  const [, path = '', otherwise = ''] = /^if_not_exists\((\S+), (:\w+)\)$/.exec(text) ?? [];
  if (path !== '') return atPath(path, item, given) ?? valueAt(otherwise, given);
  const [, left = '', sign = '', right = ''] = /^(\S+) ([+-]) (\S+)$/.exec(text) ?? [];
  if (sign === '') return operand(text, item, given);
  const [a, b] = [operand(left, item, given), operand(right, item, given)] as [number, number];
  return sign === '+' ? a + b : a - b;
}

function added(before: unknown, value: unknown): unknown {
  if (value instanceof Set) return new Set([...((before as Set<unknown> | undefined) ?? []), ...value]);
  return ((before as number | undefined) ?? 0) + (value as number);
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
