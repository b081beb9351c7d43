import type { Attributes } from './item-size.ts';

/*
 * The few expressions that the store sends to DynamoDB, each compiled once. Whatever else comes is an error, so that a
 * new expression in the store can not be judged wrong here without a word.
 */

export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

type Test = (item: Attributes, given: Placeholders) => boolean;
type Operand = (item: Attributes, given: Placeholders) => unknown;
type Change = (before: Attributes, after: Attributes, given: Placeholders) => void;

const conditions = new Map<string, Test>();
const updates = new Map<string, Change[]>();

/** Whether a condition, or a key condition, holds for an item; no item is an empty one. */
export function holdsFor(expression: string, item: Attributes, given: Placeholders): boolean {
  return compiled(conditions, expression, toTest)(item, given);
}

/** The item as an update leaves it. */
export function updated(expression: string, before: Attributes, given: Placeholders): Attributes {
  const after = { ...before };
  for (const change of compiled(updates, expression, toChanges)) change(before, after, given);
  return withoutRemoved(after);
}

/** What is to go was set to undefined: to delete attributes one by one would make a slow object of a quick one. */
function withoutRemoved(item: Attributes): Attributes {
  const left: Attributes = {};
  for (const name in item) if (item[name] !== undefined) left[name] = item[name];
  return left;
}

function compiled<Code>(known: Map<string, Code>, expression: string, compile: (text: string) => Code): Code {
  const code = known.get(expression) ?? compile(expression);
  known.set(expression, code);
  return code;
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

function toTest(text: string): Test {
  // Its AND joins no conditions.
  const expression = text.replace(/(\S+) BETWEEN (\S+) AND (\S+)/g, '($1 >= $2 AND $1 <= $3)');
  const anyOf = splitOutside(expression, ' OR ').map((any) =>
    splitOutside(any, ' AND ').map((term) => toTerm(term.trim())),
  );
  return (item, given) => anyOf.some((allOf) => allOf.every((test) => test(item, given)));
}

function toTerm(term: string): Test {
  const [, inner] = /^\((.*)\)$/.exec(term) ?? [];
  if (inner !== undefined) return toTest(inner);
  const [, name = '', args = ''] = /^(\w+)\(([^()]*)\)$/.exec(term) ?? [];
  const call = calls[name];
  if (call) {
    const operands = args.split(', ').map(toOperand);
    return (item, given) => call(...operands.map((operand) => operand(item, given)));
  }
  const [, one = '', list] = /^(\S+) IN \(([^()]*)\)$/.exec(term) ?? [];
  if (list !== undefined) {
    const [wanted, others] = [toOperand(one), list.split(', ').map(toOperand)];
    return (item, given) => others.some((other) => other(item, given) === wanted(item, given));
  }
  const [, left = '', operator = '', right = ''] = /^(\S+) (=|<>|<|<=|>|>=) (\S+)$/.exec(term) ?? [];
  const compare = comparisons[operator];
  if (!compare) throw unknown(term);
  const [a, b] = [toOperand(left), toOperand(right)];
  return (item, given) => compare(a(item, given), b(item, given));
}

const calls: Record<string, (...args: unknown[]) => boolean> = {
  attribute_not_exists: (value) => value === undefined,
  attribute_exists: (value) => value !== undefined,
  begins_with: (value, prefix) => String(value).startsWith(String(prefix)),
  contains: (value, part) => (value instanceof Set ? value.has(part) : String(value).includes(String(part))),
};

/** A placeholder, a path, or the size of what stands at a path. */
function toOperand(text: string): Operand {
  if (text.startsWith(':')) return (_item, given) => valueAt(text, given);
  const [, sized] = /^size\((.*)\)$/.exec(text) ?? [];
  if (sized === undefined) return toPath(text);
  const path = toPath(sized);
  return (item, given) => {
    const value = path(item, given);
    return value instanceof Set ? value.size : String(value).length;
  };
}

function toPath(path: string): Operand {
  const parts = path.split('.');
  return (item, given) => {
    let value: unknown = item;
    for (const part of parts) value = (value as Attributes | undefined)?.[nameOf(part, given)];
    return value;
  };
}

type Comparison = (left: unknown, right: unknown) => boolean;

const comparisons: Record<string, Comparison> = {
  '=': (left, right) => left === right,
  '<>': (left, right) => left !== right,
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
};

/** Values of different types have no order, and an absent one has none either. */
function ordered(fits: (order: number) => boolean): Comparison {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return fits(left - right);
    if (typeof left !== 'string' || typeof right !== 'string') return false;
    return fits(inBytes(left, right));
  };
}

/** As DynamoDB orders texts: by their UTF-8 bytes, which only surrogates sort otherwise than UTF-16. */
function inBytes(left: string, right: string): number {
  if (left === right) return 0;
  if (SURROGATE.test(left) || SURROGATE.test(right))
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : 1;
}

const SURROGATE = /[\ud800-\udfff]/;

const CLAUSE = /(SET|REMOVE|ADD) (.*?)(?= SET | REMOVE | ADD |$)/g;

function toChanges(expression: string): Change[] {
  const changes: Change[] = [];
  let read = 0;
  for (const [clause, verb = '', list = ''] of expression.matchAll(CLAUSE)) {
    read += clause.length + (read > 0 ? 1 : 0);
    for (const action of splitOutside(list, ', ')) changes.push(toChange(verb, action));
  }
  if (read !== expression.length) throw unknown(expression);
  return changes;
}

/** Right sides are read from the item as it was. */
function toChange(verb: string, action: string): Change {
  const pattern = { SET: /^(#?\w+) = (.+)$/, ADD: /^(#?\w+) (:\w+)$/, REMOVE: /^(#?\w+)$/ }[verb];
  const [, path, value = ''] = pattern?.exec(action) ?? [];
  if (path === undefined) throw unknown(`${verb} ${action}`);
  if (verb === 'REMOVE') {
    return (_before, after, given) => {
      after[nameOf(path, given)] = undefined;
    };
  }
  const assigned = verb === 'SET' ? toAssigned(value) : toAdded(path, value);
  return (before, after, given) => {
    after[nameOf(path, given)] = assigned(before, given);
  };
}

function toAssigned(text: string): Operand {
  const [, list, more = ''] = /^list_append\((.*), (:\w+)\)$/.exec(text) ?? [];
  if (list !== undefined) {
    const known = toAssigned(list);
    return (item, given) => [...(known(item, given) as unknown[]), ...(valueAt(more, given) as unknown[])];
  }
  const [, path = '', otherwise = ''] = /^if_not_exists\((\S+), (:\w+)\)$/.exec(text) ?? [];
  if (path !== '') {
    const known = toPath(path);
    return (item, given) => known(item, given) ?? valueAt(otherwise, given);
  }
  const [, left = '', sign = '', right = ''] = /^(\S+) ([+-]) (\S+)$/.exec(text) ?? [];
  if (sign === '') return toOperand(text);
  const [a, b] = [toOperand(left), toOperand(right)];
  return (item, given) => {
    const [one, other] = [a(item, given), b(item, given)] as [number, number];
    return sign === '+' ? one + other : one - other;
  };
}

function toAdded(path: string, placeholder: string): Operand {
  const known = toPath(path);
  return (item, given) => {
    const [before, value] = [known(item, given), valueAt(placeholder, given)];
    if (value instanceof Set) return new Set([...((before as Set<unknown> | undefined) ?? []), ...value]);
    return ((before as number | undefined) ?? 0) + (value as number);
  };
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
