import { type Measure, measureKey, reachOf } from '../metrics/measure.ts';
import { type Condition, conditionOf, isMetricsTrigger } from '../trigger.ts';
import { BoundTable, partsOf } from './bound-table.ts';
import type { Watcher } from './watcher.ts';

/** The conditions of a scope on one metric that compare the same number. */
export interface MeasureTable {
  /** Undefined where the number comes from other runs. */
  measure: Measure | undefined;
  /** How many values of the series the number looks at. */
  reach: number;
  /** Across runs: how many other runs the number looks at. */
  runs: number;
  bounds: BoundTable;
  /** Those that wait for their condition to be false again, by automation. */
  afterFalse: Map<string, Watcher>;
  size: number;
}

/** The automations that watch one metric in one scope, by the number that they compare. */
export class MetricIndex {
  readonly #tables = new Map<string, MeasureTable>();
  readonly #notFinite: Watcher[] = [];

  get size(): number {
    let size = this.#notFinite.length;
    for (const table of this.#tables.values()) size += table.size;
    return size;
  }

  /** How many values a series must keep for these automations. */
  get reach(): number {
    let reach = this.#notFinite.length > 0 ? 1 : 0;
    for (const table of this.#tables.values()) reach = Math.max(reach, table.reach);
    return reach;
  }

  /** The largest number of other runs that a condition looks at; 0 where none does. */
  get runs(): number {
    let runs = 0;
    for (const table of this.#tables.values()) runs = Math.max(runs, table.runs);
    return runs;
  }

  tables(): Iterable<MeasureTable> {
    return this.#tables.values();
  }

  notFinite(): readonly Watcher[] {
    return this.#notFinite;
  }

  put(watcher: Watcher): void {
    const condition = conditionOfWatcher(watcher);
    if (condition.kind === 'not_finite') {
      this.#notFinite.push(watcher);
      return;
    }
    const key = keyOf(condition);
    const table = this.#tables.get(key) ?? emptyTable(condition);
    this.#tables.set(key, table);
    table.bounds.put(partsOf(condition), watcher);
    if (waitsForFalse(watcher)) table.afterFalse.set(watcher.automationId, watcher);
    table.size++;
  }

  /** Takes out a watcher that was put in. */
  remove(watcher: Watcher): void {
    const condition = conditionOfWatcher(watcher);
    if (condition.kind === 'not_finite') {
      const at = this.#notFinite.indexOf(watcher);
      if (at >= 0) this.#notFinite.splice(at, 1);
      return;
    }
    const table = this.#tables.get(keyOf(condition));
    if (!table) return;
    table.bounds.remove(partsOf(condition), watcher);
    table.afterFalse.delete(watcher.automationId);
    table.size--;
    if (table.size === 0) this.#tables.delete(keyOf(condition));
  }
}

/** How many values of a run's series a condition looks at (docs/triggers.md: reach). */
export function reachOfCondition(condition: Condition): number {
  const measure = measureOf(condition);
  return measure ? reachOf(measure) : 1;
}

/** The number that a condition compares, where it comes from the run's own series. */
export function measureOf(condition: Condition): Measure | undefined {
  switch (condition.kind) {
    case 'threshold':
      return { kind: 'aggregate', aggregate: condition.aggregate, window: condition.window };
    case 'change': {
      const { aggregate, window, prior_window: priorWindow, change_type: changeType } = condition;
      return { kind: 'change', aggregate, window, priorWindow, changeType };
    }
    case 'zscore':
      return condition.across === 'values' ? { kind: 'zscore', window: condition.window } : undefined;
    case 'not_finite':
      return undefined;
  }
}

export function conditionOfWatcher({ definition }: Watcher): Condition {
  if (!isMetricsTrigger(definition.trigger)) throw new Error('not a watcher of a metric');
  return conditionOf(definition.trigger);
}

export function waitsForFalse({ definition: { trigger } }: Watcher): boolean {
  return 'repeat' in trigger && trigger.repeat.mode === 'after_false';
}

function keyOf(condition: Condition): string {
  const measure = measureOf(condition);
  if (measure) return measureKey(measure);
  return condition.kind === 'zscore' ? `runs:${condition.window}` : condition.kind;
}

function emptyTable(condition: Condition): MeasureTable {
  const measure = measureOf(condition);
  return {
    measure,
    reach: measure ? reachOf(measure) : 1,
    runs: condition.kind === 'zscore' && !measure ? condition.window : 0,
    bounds: new BoundTable(),
    afterFalse: new Map(),
    size: 0,
  };
}
