import type { JsonValue } from '../json.ts';
import { filtersIn, joinNamed, operatorsIn } from './clause.ts';
import type { FieldReader, FilterSource } from './filter.ts';
import { valuesAt } from './path.ts';
import { classify, type Pattern, textTest } from './pattern.ts';
import { matchesRegex } from './regex.ts';

type Scalar = string | number | boolean;

type Needed =
  | { kind: 'equals'; values: Scalar[] }
  | { kind: 'prefix' | 'suffix' | 'contains'; text: string }
  | { kind: 'pattern'; source: string };

/**
 * What an event must have for a filter to match: one of the values at the path (`valuesAt`, so the elements of
 * lists as well) equals one of `values`, begins with `text`, and so on.
 */
export type Requirement = Needed & {
  path: string;
  /** True when this alone is the whole filter: an index that established it needs no test any more. */
  whole: boolean;
};

/** One thing that must hold. The operators that yield no requirement are conjuncts all the same. */
interface Conjunct {
  path: string;
  operator: string;
  operand: JsonValue;
}

const selectivity = { equals: 0, prefix: 1, suffix: 2, contains: 3, pattern: 4 };

export function requirementsOf(source: FilterSource): Requirement[] {
  const conjuncts: Conjunct[] = [];
  collectConjuncts(source, conjuncts);
  const requirements: Requirement[] = [];
  for (const { path, operator, operand } of conjuncts) {
    const needed = neededBy(operator, operand);
    // A pattern reads only so much of a long list, so what an index found by it is to be tested again.
    const whole = conjuncts.length === 1 && needed?.kind !== 'pattern';
    if (needed) requirements.push({ ...needed, path, whole });
  }
  return requirements.sort((a, b) => selectivity[a.kind] - selectivity[b.kind]);
}

/** Whether an event has what is required. An index may well decide it another way. */
export function hasRequirement(requirement: Requirement, fields: FieldReader): boolean {
  const test = requirementTest(requirement);
  return valuesAt(fields, requirement.path).some(test);
}

function requirementTest(needed: Needed): (value: JsonValue) => boolean {
  if (needed.kind === 'equals') return (value) => needed.values.includes(value as Scalar);
  const test =
    needed.kind === 'pattern'
      ? (text: string) => matchesRegex(needed.source, text)
      : textTest(needed.kind, needed.text);
  return (value) => typeof value === 'string' && test(value);
}

/** Fills a list instead of joining many: an index asks this of every filter that it loads. */
function collectConjuncts(source: FilterSource, into: Conjunct[]): void {
  for (const key of Object.keys(source)) {
    const value = source[key] as JsonValue;
    if (key === '$and') for (const filter of filtersIn(value)) collectConjuncts(filter, into);
    else if (joinNamed(key)) into.push({ path: '', operator: key, operand: value });
    else collectOperators(key, value, into);
  }
}

function collectOperators(path: string, condition: JsonValue, into: Conjunct[]): void {
  for (const [operator, operand] of operatorsIn(condition)) {
    const isAll = operator === '$all' && Array.isArray(operand) && operand.length > 0;
    if (isAll) for (const item of operand) into.push({ path, operator: '$eq', operand: item });
    else into.push({ path, operator, operand });
  }
}

/** What an operator needs of the value; undefined where that can't be said in these terms (null means missing, too). */
function neededBy(operator: string, operand: JsonValue): Needed | undefined {
  if (operator === '$eq') return isScalar(operand) ? { kind: 'equals', values: [operand] } : undefined;
  if (operator === '$in' && Array.isArray(operand)) {
    return operand.every(isScalar) ? { kind: 'equals', values: operand } : undefined;
  }
  if (typeof operand !== 'string') return undefined;
  if (operator === '$contains') return neededByPattern({ kind: 'contains', text: operand });
  return operator === '$regex' ? neededByPattern(classify(operand)) : undefined;
}

function neededByPattern(pattern: Pattern): Needed | undefined {
  if (pattern.kind === 'pattern') return pattern;
  const { kind, text } = pattern;
  if (kind === 'equals') return { kind, values: [text] };
  // Any text has the empty one, so it would tell an index nothing.
  return text === '' ? undefined : { kind, text };
}

function isScalar(value: JsonValue): value is Scalar {
  return value !== null && typeof value !== 'object';
}
