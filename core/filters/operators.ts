import type { JsonValue } from '../json.ts';
import { compileRegex } from './regex.ts';

export type Test = (value: JsonValue | undefined) => boolean;

/** An operator turns its operand into a test, or says why the operand does not fit. */
type Operator = (operand: JsonValue) => { test: Test } | { problem: string };

/** Every operator of the filter language. The value under test is undefined where the event lacks the field. */
export const operators: Record<string, Operator> = {
  $eq: (operand) => ({ test: (value) => equals(value, operand) }),
  $ne: (operand) => ({ test: (value) => !equals(value, operand) }),
  $in: (operand) => listTest(operand, (value, list) => list.some((item) => equals(value, item))),
  $nin: (operand) => listTest(operand, (value, list) => !list.some((item) => equals(value, item))),
  $contains: (operand) =>
    typeof operand === 'string'
      ? { test: (value) => anyText(value, (text) => text.includes(operand)) }
      : { problem: 'takes a string' },
  $regex: (operand) => {
    if (typeof operand !== 'string') return { problem: 'takes a string' };
    const compiled = compileRegex(operand);
    return 'problem' in compiled ? compiled : { test: (value) => anyText(value, compiled.matches) };
  },
};

/** As in MongoDB, a list equals a value when it holds it. */
function equals(value: JsonValue | undefined, operand: JsonValue): boolean {
  if (Array.isArray(value) && !Array.isArray(operand)) return value.some((item) => equals(item, operand));
  if (value === undefined) return operand === null;
  return (
    value === operand || (typeof operand === 'object' && JSON.stringify(value) === JSON.stringify(operand))
  );
}

function anyText(value: JsonValue | undefined, test: (text: string) => boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => anyText(item, test));
  return typeof value === 'string' && test(value);
}

function listTest(
  operand: JsonValue,
  test: (value: JsonValue | undefined, list: JsonValue[]) => boolean,
): { test: Test } | { problem: string } {
  return Array.isArray(operand) ? { test: (value) => test(value, operand) } : { problem: 'takes a list' };
}
