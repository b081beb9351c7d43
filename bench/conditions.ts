import type { Automation, Filter, Scope } from './workload.ts';

/** One clause of a rule: every engine gets the same conjunction of these, scope included, in the same order. */
export type Condition = { path: string[] } & (
  | { op: 'equals' | 'prefix' | 'suffix' | 'contains'; value: string }
  | { op: 'in'; values: string[] }
  | { op: '>'; value: number }
  | { op: '<'; value: number }
);

export function toConditions({ definition: { scope, trigger } }: Automation): Condition[] {
  const conditions = [equals(['type'], trigger.event), ...scopeConditions(scope)];
  if (trigger.event === 'run.metrics') {
    const { metric, comparison, value } = trigger.threshold;
    conditions.push({ path: ['points', '0', 'metrics', metric], op: comparison, value });
  }
  if (trigger.event === 'run.state') {
    conditions.push({ path: ['state'], op: 'in', values: withCrashed(trigger.states) });
  }
  return [...conditions, ...filterConditions(trigger.filter)];
}

/** FAILED takes CRASHED as well (docs/triggers.md). */
const withCrashed = (states: string[]) => (states.includes('FAILED') ? [...states, 'CRASHED'] : states);

const equals = (path: string[], value: string): Condition => ({ path, op: 'equals', value });

function scopeConditions(scope: Scope): Condition[] {
  const { kind, ...fields } = scope;
  return Object.entries(fields).map(([field, value]) =>
    equals(field === 'collection' ? ['collection', 'name'] : [field], value),
  );
}

function filterConditions(filter: Filter): Condition[] {
  return Object.entries(filter).map(([field, wanted]) => {
    const path = field.split('.');
    return typeof wanted === 'string' ? equals(path, wanted) : patternCondition(path, wanted.$regex);
  });
}

function patternCondition(path: string[], pattern: string): Condition {
  if (pattern.startsWith('^')) return { path, op: 'prefix', value: pattern.slice(1) };
  if (pattern.endsWith('$')) return { path, op: 'suffix', value: pattern.slice(0, -1) };
  return { path, op: 'contains', value: pattern };
}
