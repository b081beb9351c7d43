import type { Filter } from '../filters/filter.ts';
import { type Measure, measureKey, reachOf } from '../metrics/measure.ts';
import type { Condition } from '../trigger.ts';
import { BoundTable, partsOf } from './bound-table.ts';
import type { Filed } from './filter-shelf.ts';
import type { RayShelf } from './ray-shelf.ts';
import type { Watcher } from './watcher.ts';

/** The conditions of a scope on one metric that compare the same number, by their bounds. */
export class MeasureTable extends BoundTable {
  /** Names the number. */
  readonly key: string;
  /** Undefined where the number comes from other runs. */
  readonly measure: Measure | undefined;
  /** How many values of the series the number looks at. */
  readonly reach: number;
  /** Across runs: how many other runs the number looks at. */
  readonly runs: number;
  /** Those that wait for their condition to be false again, by automation. */
  afterFalse: ReadonlyMap<string, Watcher> = NOBODY;
  size = 0;
  /** The next table of the group. */
  next: MeasureTable | undefined = undefined;

  constructor(condition: Condition, rays: RayShelf) {
    super(rays);
    const measure = measureOf(condition);
    this.key = keyOf(condition);
    this.measure = measure;
    this.reach = measure ? reachOf(measure) : 1;
    this.runs = condition.kind === 'zscore' && !measure ? condition.window : 0;
  }
}

const NOBODY: ReadonlyMap<string, Watcher> = new Map();

/** Most tables have nobody who waits, so they share that. */
function withOne(waiting: ReadonlyMap<string, Watcher>, watcher: Watcher): ReadonlyMap<string, Watcher> {
  const grown = waiting === NOBODY ? new Map<string, Watcher>() : (waiting as Map<string, Watcher>);
  return grown.set(watcher.automationId, watcher);
}

/**
 * The automations on one metric that have the same filter, by the number that they compare. Its tables are a chain,
 * since most groups have one: a list would be two more things to fetch before it.
 */
export class MetricGroup implements Filed {
  first: MeasureTable | undefined = undefined;
  /** How many automations have the filter. */
  members = 0;
  readonly filter: Filter;
  readonly notFinite: Watcher[] = [];
  /** Those on a value that is not finite, which wait for one that is. */
  forFinite: ReadonlyMap<string, Watcher> = NOBODY;
  readonly #rays: RayShelf;

  constructor(filter: Filter, rays: RayShelf) {
    this.filter = filter;
    this.#rays = rays;
  }

  get tables(): MeasureTable[] {
    const tables: MeasureTable[] = [];
    for (let table = this.first; table !== undefined; table = table.next) tables.push(table);
    return tables;
  }

  add(watcher: Watcher, condition: Condition): void {
    this.members++;
    if (condition.kind === 'not_finite') {
      this.notFinite.push(watcher);
      if (waitsForFalse(watcher)) this.forFinite = withOne(this.forFinite, watcher);
      return;
    }
    const table = this.#tableOf(condition) ?? this.#addTable(condition);
    table.put(partsOf(condition), watcher);
    table.size++;
    if (waitsForFalse(watcher)) table.afterFalse = withOne(table.afterFalse, watcher);
  }

  /** Takes out a watcher that was added. */
  drop(watcher: Watcher, condition: Condition): void {
    this.members--;
    if (condition.kind === 'not_finite') {
      this.notFinite.splice(this.notFinite.indexOf(watcher), 1);
      (this.forFinite as Map<string, Watcher>).delete(watcher.automationId);
      return;
    }
    const table = this.#tableOf(condition);
    if (!table) return;
    table.remove(partsOf(condition), watcher);
    (table.afterFalse as Map<string, Watcher>).delete(watcher.automationId);
    table.size--;
    if (table.size === 0) this.#dropTable(table);
  }

  #tableOf(condition: Condition): MeasureTable | undefined {
    const key = keyOf(condition);
    return this.tables.find((table) => table.key === key);
  }

  #addTable(condition: Condition): MeasureTable {
    const table = new MeasureTable(condition, this.#rays);
    const last = this.tables.at(-1);
    if (last) last.next = table;
    else this.first = table;
    return table;
  }

  #dropTable(table: MeasureTable): void {
    const before = this.tables.find(({ next }) => next === table);
    if (before) before.next = table.next;
    else this.first = table.next;
  }
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

export function waitsForFalse({ definition: { trigger } }: Watcher): boolean {
  return 'repeat' in trigger && trigger.repeat.mode === 'after_false';
}

function keyOf(condition: Condition): string {
  const measure = measureOf(condition);
  if (measure) return measureKey(measure);
  return condition.kind === 'zscore' ? `runs:${condition.window}` : condition.kind;
}
