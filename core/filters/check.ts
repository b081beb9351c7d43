import type { JsonValue } from '../json.ts';
import { joinNamed, joins } from './clause.ts';
import type { FilterProblem } from './filter.ts';
import { operatorNamed, operators } from './operators.ts';
import { isObject } from './path.ts';
import { checkRegex } from './regex.ts';

const MAX_PROBLEMS = 10;
const MAX_DEPTH = 16;
const MAX_CLAUSES = 256;
/** As deep as an event may be. */
const MAX_PARTS = 32;
/** Twice what one pattern may cost: a filter with many of them must stay cheap as a whole. */
const MAX_REGEX_COST = 600;

/** What is counted over the whole filter. */
interface Ledger {
  knownFields: readonly string[];
  clauses: number;
  regexCost: number;
}

type Problems = Generator<FilterProblem, void>;

/** All that is wrong with a filter, at most ten problems. */
export function problemsOf(source: unknown, knownFields: readonly string[]): FilterProblem[] {
  const tooDeep = depthProblem(source, '', 0);
  if (tooDeep) return [tooDeep];
  const problems = checkFilter(source as JsonValue, '', { knownFields, clauses: 0, regexCost: 0 });
  const first: FilterProblem[] = [];
  for (const problem of problems) {
    first.push(problem);
    if (first.length === MAX_PROBLEMS) break;
  }
  return first;
}

/** Nothing else looks at a filter before its depth is known, so that the rest may recurse. */
function depthProblem(value: unknown, path: string, depth: number): FilterProblem | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === MAX_DEPTH) return { path, message: `is nested deeper than ${MAX_DEPTH} levels` };
  for (const [key, item] of Object.entries(value)) {
    const problem = depthProblem(item, below(path, key), depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

function* checkFilter(source: JsonValue, at: string, ledger: Ledger): Problems {
  if (!isObject(source)) {
    yield { path: at, message: 'a filter is a JSON object such as {"alias": "production"}' };
    return;
  }
  for (const [key, value] of Object.entries(source)) {
    const here = below(at, key);
    if (key.startsWith('$')) yield* checkJoin(key, value, here, ledger);
    else yield* checkClause(key, value, here, ledger);
  }
}

function* checkJoin(name: string, operand: JsonValue, at: string, ledger: Ledger): Problems {
  if (!joinNamed(name)) {
    const hint = `there are ${Object.keys(joins).join(', ')}, and the operators that stand below a field`;
    yield { path: at, message: `there is no operator ${quoted(name)} that joins filters; ${hint}` };
  } else if (!Array.isArray(operand) || operand.length === 0) {
    yield { path: at, message: `${name}: takes a list of at least one filter` };
  } else {
    yield* count(at, ledger);
    for (const [index, filter] of operand.entries()) yield* checkFilter(filter, below(at, index), ledger);
  }
}

function* checkClause(field: string, condition: JsonValue, at: string, ledger: Ledger): Problems {
  yield* checkPath(field, at, ledger.knownFields);
  if (isObject(condition)) yield* checkCondition(condition, at, ledger);
  else yield* checkOperator('$eq', condition, at, ledger);
}

function* checkPath(field: string, at: string, knownFields: readonly string[]): Problems {
  const parts = field.split('.');
  const [root = ''] = parts;
  if (parts.includes('')) yield { path: at, message: 'a path has a name on each side of each dot' };
  else if (parts.length > MAX_PARTS) yield { path: at, message: `a path has at most ${MAX_PARTS} parts` };
  else if (!knownFields.includes(root)) {
    const message = `there is no field ${quoted(root)} to filter on; there are ${knownFields.join(', ')}`;
    yield { path: at, message };
  }
}

function* checkCondition(condition: { [name: string]: JsonValue }, at: string, ledger: Ledger): Problems {
  const entries = Object.entries(condition);
  if (entries.length === 0)
    yield { path: at, message: 'names no operator; {"$eq": {}} finds an empty object' };
  for (const [name, operand] of entries) {
    const here = below(at, name);
    if (name !== '$not') yield* checkOperator(name, operand, here, ledger);
    else if (isObject(operand)) yield* checkCondition(operand, here, ledger);
    else
      yield { path: here, message: '$not: takes operators, such as {"$regex": "^v"}; for a value use $ne' };
  }
}

function* checkOperator(name: string, operand: JsonValue, at: string, ledger: Ledger): Problems {
  const operator = operatorNamed(name);
  yield* count(at, ledger);
  if (!operator) {
    yield { path: at, message: `there is no operator ${quoted(name)}; ${hintFor(name)}` };
  } else if (!operator.accepts(operand)) {
    yield { path: at, message: `${name}: takes ${operator.takes}` };
  } else if (name === '$regex') {
    yield* checkPattern(operand as string, at, ledger);
  } else {
    yield* checkValue(operand, at);
  }
}

/** Some have another way here; a bare key is most likely meant as part of an object to compare with. */
function hintFor(name: string): string {
  if (name === '$options') return 'write (?i) at the start of the pattern';
  if (!name.startsWith('$'))
    return 'to compare with an object use {"$eq": …}, to look into one a dotted path';
  return `there are ${Object.keys(operators).join(', ')}, $not`;
}

function* checkPattern(source: string, at: string, ledger: Ledger): Problems {
  const checked = checkRegex(source);
  if ('problem' in checked) {
    const { problem, ...place } = checked;
    yield { path: at, message: `$regex: ${problem}`, ...place };
    return;
  }
  const before = ledger.regexCost;
  ledger.regexCost += checked.cost;
  if (before <= MAX_REGEX_COST && ledger.regexCost > MAX_REGEX_COST) {
    yield { path: at, message: '$regex: the patterns of this filter are too large together' };
  }
}

/** An operator inside a value is a mistake, and a number too large for JSON would compare with nothing. */
function* checkValue(value: JsonValue, at: string): Problems {
  if (typeof value === 'number' && !Number.isFinite(value))
    yield { path: at, message: 'must be a finite number' };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const here = below(at, key);
    if (key.startsWith('$'))
      yield { path: here, message: `a value holds no operator, but here is ${quoted(key)}` };
    else yield* checkValue(item, here);
  }
}

function* count(at: string, ledger: Ledger): Problems {
  ledger.clauses++;
  if (ledger.clauses === MAX_CLAUSES + 1) {
    yield { path: at, message: `a filter has at most ${MAX_CLAUSES} clauses` };
  }
}

const below = (path: string, key: string | number) => (path === '' ? `${key}` : `${path}.${key}`);

/** What a user sent goes into an answer only in part. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);
}
