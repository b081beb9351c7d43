import { compileFilter, type Filter } from '../filters/filter.ts';
import { type Measure, measureKey, reachOf } from '../metrics/measure.ts';
import { type Condition, conditionOf, isMetricsTrigger } from '../trigger.ts';
import { BoundTable, partsOf } from './bound-table.ts';
import type { EventReader } from './event-reader.ts';
import { FilterIndex } from './filter-index.ts';
import { type Filed, FilterShelf } from './filter-shelf.ts';
import { QuietBands } from './quiet-bands.ts';
import { RayShelf } from './ray-shelf.ts';
import type { Watcher } from './watcher.ts';

/** What the metrics of all scopes share. */
export class MetricShelves {
  readonly bands = new QuietBands();
  readonly rays = new RayShelf();
  readonly groups = new FilterShelf<MetricGroup>();
}

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

/** The automations on one metric that have the same filter, by the number that they compare. */
export class MetricGroup implements Filed {
  readonly tables: MeasureTable[] = [];
  readonly filter: Filter;
  size = 0;
  readonly notFinite: Watcher[] = [];
  /** Those on a value that is not finite, which wait for one that is. */
  forFinite: ReadonlyMap<string, Watcher> = NOBODY;
  readonly #rays: RayShelf;

  constructor(filter: Filter, rays: RayShelf) {
    this.filter = filter;
    this.#rays = rays;
  }

  put(watcher: Watcher, condition: Condition): void {
    this.size++;
    if (condition.kind === 'not_finite') {
      this.notFinite.push(watcher);
      if (waitsForFalse(watcher)) this.forFinite = withOne(this.forFinite, watcher);
      return;
    }
    const table = this.#tableOf(condition) ?? this.#add(condition);
    table.put(partsOf(condition), watcher);
    table.size++;
    if (waitsForFalse(watcher)) table.afterFalse = withOne(table.afterFalse, watcher);
  }

  /** Takes out a watcher that was put in. */
  remove(watcher: Watcher, condition: Condition): void {
    this.size--;
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
    if (table.size === 0) this.tables.splice(this.tables.indexOf(table), 1);
  }

  #tableOf(condition: Condition): MeasureTable | undefined {
    const key = keyOf(condition);
    return this.tables.find((table) => table.key === key);
  }

  #add(condition: Condition): MeasureTable {
    const table = new MeasureTable(condition, this.#rays);
    this.tables.push(table);
    return table;
  }
}

/** The automations that watch one metric in one scope. Those with the same filter stand together: it is tested once. */
export class MetricIndex {
  readonly #shelves: MetricShelves;
  readonly #number: number;
  /** Those without a filter, which most are. */
  readonly #unfiltered: MetricGroup;
  #filtered: Map<string, MetricGroup> | undefined;
  #byFilter: FilterIndex<MetricGroup> | undefined;
  #size = 0;

  /** Its places on the shelves are those of this number. */
  constructor(shelves: MetricShelves, number: number) {
    this.#shelves = shelves;
    this.#number = number;
    this.#unfiltered = new MetricGroup(NO_FILTER, shelves.rays);
  }

  get size(): number {
    return this.#size;
  }

  /** How many values a series must keep for these automations, whatever their filters. */
  get reach(): number {
    let reach = 0;
    for (const { tables, notFinite } of this.#groups()) {
      if (notFinite.length > 0) reach = Math.max(reach, 1);
      for (const table of tables) reach = Math.max(reach, table.reach);
    }
    return reach;
  }

  /** The largest number of other runs that a condition looks at; 0 where none does. */
  get runs(): number {
    let runs = 0;
    for (const { tables } of this.#groups()) for (const table of tables) runs = Math.max(runs, table.runs);
    return runs;
  }

  /** Whether a series that ends with this value meets no condition, and nobody waits to hear that. */
  isQuiet(newest: number): boolean {
    return this.#shelves.bands.holds(this.#number, newest);
  }

  /** The groups whose filter takes the event. */
  groupsFor(event: EventReader): MetricGroup[] {
    const found: MetricGroup[] = [];
    if (this.#unfiltered.size > 0) found.push(this.#unfiltered);
    this.#byFilter?.collect(event, found);
    return found;
  }

  put(watcher: Watcher): void {
    this.#size++;
    const condition = conditionOfWatcher(watcher);
    this.#groupOf(watcher).put(watcher, condition);
    this.#narrowBand(watcher, condition);
  }

  #narrowBand(watcher: Watcher, condition: Condition): void {
    const { bands } = this.#shelves;
    const isOfValues = condition.kind === 'not_finite' || isOfNewest(condition);
    if (!isOfValues || waitsForFalse(watcher)) bands.close(this.#number);
    else for (const part of partsOf(condition)) bands.shrink(this.#number, part);
  }

  /** Takes out a watcher that was put in. */
  remove(watcher: Watcher): void {
    this.#size--;
    const group = this.#groupOf(watcher);
    group.remove(watcher, conditionOfWatcher(watcher));
    if (group === this.#unfiltered || group.size > 0) return;
    this.#byFilter?.remove(group);
    this.#filtered?.delete(JSON.stringify(watcher.definition.trigger.filter));
  }

  *#groups(): Generator<MetricGroup> {
    yield this.#unfiltered;
    if (this.#filtered) yield* this.#filtered.values();
  }

  #groupOf(watcher: Watcher): MetricGroup {
    const { filter } = watcher.definition.trigger;
    if (isEmpty(filter)) return this.#unfiltered;
    const source = JSON.stringify(filter);
    this.#filtered ??= new Map();
    const known = this.#filtered.get(source);
    if (known) return known;
    const group = new MetricGroup(watcher.filter, this.#shelves.rays);
    this.#filtered.set(source, group);
    this.#byFilter ??= new FilterIndex(this.#shelves.groups, this.#number);
    this.#byFilter.put(group);
    return group;
  }
}

const NO_FILTER = compileFilter({});

function isEmpty(filter: object): boolean {
  for (const _key in filter) return false;
  return true;
}

/** How many values of a run's series a condition looks at (docs/triggers.md: reach). */
export function reachOfCondition(condition: Condition): number {
  const measure = measureOf(condition);
  return measure ? reachOf(measure) : 1;
}

/** The number that a condition compares, where it comes from the run's own series. */
function measureOf(condition: Condition): Measure | undefined {
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

/** Whether a condition compares the newest value itself. */
function isOfNewest(condition: Condition): boolean {
  return condition.kind === 'threshold' && condition.aggregate === 'last';
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
