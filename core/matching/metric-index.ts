import { compileFilter } from '../filters/filter.ts';
import { reachOf } from '../metrics/measure.ts';
import { type Condition, conditionOf, isMetricsTrigger } from '../trigger.ts';
import { partsOf } from './bound-table.ts';
import type { EventReader } from './event-reader.ts';
import { FilterIndex } from './filter-index.ts';
import { FilterShelf } from './filter-shelf.ts';
import { MetricGroup, measureOf, waitsForFalse } from './metric-group.ts';
import { QuietBands } from './quiet-bands.ts';
import { RayShelf } from './ray-shelf.ts';
import type { Watcher } from './watcher.ts';

/** What the metrics of all scopes share. */
export class MetricShelves {
  readonly bands = new QuietBands();
  readonly rays = new RayShelf();
  readonly groups = new FilterShelf<MetricGroup>();
}

/**
 * The automations that watch one metric in one scope. Those with the same filter stand together: it is tested once. The
 * index is itself the group of those without a filter, which most are.
 */
export class MetricIndex extends MetricGroup {
  readonly #shelves: MetricShelves;
  readonly #number: number;
  #filtered: Map<string, MetricGroup> | undefined;
  #byFilter: FilterIndex<MetricGroup> | undefined;
  #size = 0;

  /** Its places on the shelves are those of this number. */
  constructor(shelves: MetricShelves, number: number) {
    super(NO_FILTER, shelves.rays);
    this.#shelves = shelves;
    this.#number = number;
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
    if (this.members > 0) found.push(this);
    this.#byFilter?.collect(event, found);
    return found;
  }

  put(watcher: Watcher): void {
    this.#size++;
    const condition = conditionOfWatcher(watcher);
    this.#groupOf(watcher).add(watcher, condition);
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
    group.drop(watcher, conditionOfWatcher(watcher));
    if (group === this || group.members > 0) return;
    this.#byFilter?.remove(group);
    this.#filtered?.delete(JSON.stringify(watcher.definition.trigger.filter));
  }

  *#groups(): Generator<MetricGroup> {
    yield this;
    if (this.#filtered) yield* this.#filtered.values();
  }

  #groupOf(watcher: Watcher): MetricGroup {
    const { filter } = watcher.definition.trigger;
    if (isEmpty(filter)) return this;
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

/** Whether a condition compares the newest value itself. */
function isOfNewest(condition: Condition): boolean {
  return condition.kind === 'threshold' && condition.aggregate === 'last';
}

export function conditionOfWatcher({ definition }: Watcher): Condition {
  if (!isMetricsTrigger(definition.trigger)) throw new Error('not a watcher of a metric');
  return conditionOf(definition.trigger);
}
