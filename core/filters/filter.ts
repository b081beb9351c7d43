import type { JsonValue } from '../json.ts';
import { operators, type Test } from './operators.ts';

/** What a user writes: `{"alias": {"$regex": "^prod"}, "collection.name": "detector"}`; all clauses must hold. */
export type FilterSource = { [field: string]: JsonValue };

/** The fields of an event that filters can read, by dotted path. */
export type Fields = { [field: string]: JsonValue | undefined };

export interface FilterProblem {
  /** Path below the filter, such as `alias.$regex`. */
  path: string;
  message: string;
}

/** A compiled filter. Total: whatever the event holds, it answers and never throws. */
export type Filter = (fields: Fields) => boolean;

/** Parses a filter once and refuses everything odd, with the path of each problem. */
export function parseFilter(
  source: FilterSource,
  knownFields: readonly string[],
): { filter: Filter } | { problems: FilterProblem[] } {
  const clauses = Object.entries(source).map(([path, condition]) =>
    parseClause(path, condition, knownFields),
  );
  const problems = clauses.flatMap((clause) => ('problems' in clause ? clause.problems : []));
  if (problems.length > 0) return { problems };
  const tests = clauses.flatMap((clause) => ('test' in clause ? [clause] : []));
  return { filter: (fields) => tests.every(({ path, test }) => test(valueAt(fields, path))) };
}

type Clause = { path: string; test: Test } | { problems: FilterProblem[] };

function parseClause(path: string, condition: JsonValue, knownFields: readonly string[]): Clause {
  const [root = ''] = path.split('.');
  if (!knownFields.includes(root)) {
    const message = `there is no field ${JSON.stringify(root)} to filter on; there are ${knownFields.join(', ')}`;
    return { problems: [{ path, message }] };
  }
  if (typeof condition !== 'object' || condition === null || Array.isArray(condition)) {
    return parseOperators(path, { $eq: condition });
  }
  return parseOperators(path, condition);
}

function parseOperators(path: string, condition: { [operator: string]: JsonValue }): Clause {
  const parsed = Object.entries(condition).map(([name, operand]) => {
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (!operator) {
      const message = `there is no operator ${name}; there are ${Object.keys(operators).join(', ')}`;
      return { problem: { path: `${path}.${name}`, message } };
    }
    const made = operator(operand);
    return 'problem' in made
      ? { problem: { path: `${path}.${name}`, message: `${name}: ${made.problem}` } }
      : { test: made.test };
  });
  const problems = parsed.flatMap((part) => (part.problem ? [part.problem] : []));
  if (problems.length > 0) return { problems };
  const tests = parsed.flatMap((part) => (part.test ? [part.test] : []));
  return { path, test: (value) => tests.every((test) => test(value)) };
}

function valueAt(fields: Fields, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = fields as { [field: string]: JsonValue };
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}
