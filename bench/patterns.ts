import { type Condition, toConditions } from './conditions.ts';
import type { Automation } from './workload.ts';

/** AWS event-ruler and quamina share EventBridge's pattern language; quamina writes suffixes as wildcards. */
export type Dialect = 'event-ruler' | 'quamina';

interface Pattern {
  [field: string]: Pattern | unknown[];
}

/**
 * An automation as event patterns, in JSON: one, but for quamina one for each of the states that it names, because
 * quamina 2.0.2 loses matches where patterns with lists of values share a prefix (12 of 7,892 events here).
 */
export function toPatterns(automation: Automation, dialect: Dialect): string[] {
  const conditions = toConditions(automation);
  const list = dialect === 'quamina' ? conditions.find(({ op }) => op === 'in') : undefined;
  if (list?.op !== 'in') return [toPattern(conditions, dialect)];
  const rest = conditions.filter((condition) => condition !== list);
  return list.values.map((value) => toPattern([...rest, { path: list.path, op: 'equals', value }], dialect));
}

function toPattern(conditions: Condition[], dialect: Dialect): string {
  const pattern: Pattern = {};
  for (const condition of conditions) {
    // Arrays have no place in these languages: points[0].metrics is points.metrics.
    const path = condition.path.filter((part) => part !== '0');
    const leaf = path.pop() ?? '';
    let at = pattern;
    for (const part of path) {
      at[part] ??= {};
      at = at[part] as Pattern;
    }
    const known = at[leaf] as unknown[] | undefined;
    if (known && JSON.stringify(known) !== JSON.stringify(testOf(condition, dialect)))
      throw new Error(`two tests of ${leaf} can't stand in one pattern`);
    at[leaf] = testOf(condition, dialect);
  }
  return JSON.stringify(pattern);
}

function testOf(condition: Condition, dialect: Dialect): unknown[] {
  switch (condition.op) {
    case 'equals':
      return [condition.value];
    case 'in':
      return condition.values;
    case 'prefix':
      return [{ prefix: condition.value }];
    case 'suffix':
      return [dialect === 'quamina' ? { wildcard: `*${condition.value}` } : { suffix: condition.value }];
    case 'contains':
      return [{ wildcard: `*${condition.value}*` }];
    default:
      return [{ numeric: [condition.op, condition.value] }];
  }
}
