import type { JsonValue } from '../json.ts';
import { equalTo, oneOf } from './equality.ts';
import { anyOf, orAnyElement, someAt, type ValueTest } from './path.ts';
import { classify, textTest } from './pattern.ts';
import { MAX_TEXT, matchesRegex } from './regex.ts';

/** An operator with its operand: whether it holds for the values at the end of a path below an event's field. */
export type Holds = (root: JsonValue | undefined, rest: string[]) => boolean;

interface Operator {
  /** What the operand must be, said as "takes …". */
  takes: string;
  accepts: (operand: JsonValue) => boolean;
  /** Only ever given an operand that it accepts. */
  holds: (operand: never) => Holds;
}

/** What one `$regex` reads of the texts in lists, in all: so that a list of texts costs no more than a few. */
const MAX_TEXT_IN_LISTS = 8 * MAX_TEXT;

const isList = (operand: JsonValue): operand is JsonValue[] => Array.isArray(operand);
const isText = (operand: JsonValue): operand is string => typeof operand === 'string';
const isOrdered = (operand: JsonValue) => isText(operand) || Number.isFinite(operand);
const isCount = (operand: JsonValue) => Number.isInteger(operand) && Number(operand) >= 0;

const value = { takes: 'a value', accepts: () => true };
const list = { takes: 'a list', accepts: isList };
const text = { takes: 'a string', accepts: isText };
const ordered = { takes: 'a number or a string', accepts: isOrdered };

/** Every operator on a field but `$not`, which takes operators itself. */
export const operators: Record<string, Operator> = {
  $eq: { ...value, holds: (operand: JsonValue) => found(equalTo(operand)) },
  $ne: { ...value, holds: (operand: JsonValue) => not(found(equalTo(operand))) },
  $gt: { ...ordered, holds: comparison((left, right) => left > right) },
  $gte: { ...ordered, holds: comparison((left, right) => left >= right) },
  $lt: { ...ordered, holds: comparison((left, right) => left < right) },
  $lte: { ...ordered, holds: comparison((left, right) => left <= right) },
  $in: { ...list, holds: (operand: JsonValue[]) => found(oneOf(operand)) },
  $nin: { ...list, holds: (operand: JsonValue[]) => not(found(oneOf(operand))) },
  $all: { ...list, holds: holdsAll },
  $exists: {
    takes: 'true or false',
    accepts: (operand) => typeof operand === 'boolean',
    holds: (operand: boolean) => (root, rest) => someAt(root, rest, 0, isPresent) === operand,
  },
  $size: {
    takes: 'a whole number, 0 or more',
    accepts: isCount,
    holds: (operand: number) => (root, rest) => someAt(root, rest, 0, hasLength(operand)),
  },
  $contains: { ...text, holds: (operand: string) => found(onText(textTest('contains', operand))) },
  $regex: { ...text, holds: holdsRegex },
};

/** What holds for an operator by its name. One that is unknown or has an odd operand holds for nothing. */
export function operatorHolds(name: string, operand: JsonValue): Holds {
  const operator = operatorNamed(name);
  return operator?.accepts(operand) ? operator.holds(operand as never) : () => false;
}

export function operatorNamed(name: string): Operator | undefined {
  return Object.hasOwn(operators, name) ? operators[name] : undefined;
}

function found(test: ValueTest): Holds {
  const each = orAnyElement(test);
  return (root, rest) => someAt(root, rest, 0, each);
}

function not(holds: Holds): Holds {
  return (root, rest) => !holds(root, rest);
}

function onText(test: (text: string) => boolean): ValueTest {
  return (value) => typeof value === 'string' && test(value);
}

const isPresent: ValueTest = (value) => value !== undefined;
const hasLength =
  (length: number): ValueTest =>
  (value) =>
    Array.isArray(value) && value.length === length;

type Compare = <T extends number | string>(left: T, right: T) => boolean;

/** Numbers compare with numbers and strings with strings; nothing compares across. */
function comparison(compare: Compare): (operand: number | string) => Holds {
  return (operand) =>
    typeof operand === 'string'
      ? found(onText((value) => compare(value, operand)))
      : found((value) => compare(numberIn(value), operand));
}

/** Events hold infinity as a word (see parseJson). What is no number becomes NaN, which compares with nothing. */
function numberIn(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value;
  return value === 'Infinity' || value === '-Infinity' ? Number(value) : Number.NaN;
}

function holdsAll(operand: JsonValue[]): Holds {
  const each = operand.map((item) => found(equalTo(item)));
  return (root, rest) => each.length > 0 && each.every((holds) => holds(root, rest));
}

function holdsRegex(source: string): Holds {
  const pattern = classify(source);
  if (pattern.kind !== 'pattern') return found(onText(textTest(pattern.kind, pattern.text)));
  return (root, rest) => someAt(root, rest, 0, regexTest(source));
}

/** A test for one evaluation: it counts down what it may still read. */
function regexTest(source: string): ValueTest {
  let left = MAX_TEXT_IN_LISTS;
  const test = onText((text) => {
    if (left <= 0) return false;
    left -= Math.min(text.length, MAX_TEXT);
    return matchesRegex(source, text);
  });
  return (value) => (Array.isArray(value) ? anyOf(value, test) : test(value));
}
