import type { EventType } from '../event.ts';
import { isMetricsTrigger, isStateTrigger } from '../trigger.ts';
import { watchesOf } from '../watch.ts';
import type { EventReader } from './event-reader.ts';
import type { FilterIndex, MatchCounts } from './filter-index.ts';
import type { MetricIndex } from './metric-index.ts';
import { Shelves } from './shelves.ts';
import { StateIndex } from './state-index.ts';
import type { Watcher } from './watcher.ts';

type Bucket = FilterIndex | MetricIndex | StateIndex;

/**
 * The automations of one scope in memory: event type → metric → conditions and filters. Holds what was put in;
 * whoever fills it may do so bucket by bucket (see lambdas/matcher/watch-cache.ts). The scopes of a cache share their
 * shelves, so that a scope of few automations takes little.
 */
export class ScopeIndex {
  readonly #shelves: Shelves;
  readonly #number: number;
  /** How many automations on plain events and on metrics there are. */
  #plain = 0;
  #metrics = 0;
  #states: StateIndex | undefined;
  #byId: Map<string, Watcher> | undefined;

  constructor(shelves = new Shelves()) {
    this.#shelves = shelves;
    this.#number = shelves.nextScope();
  }

  get size(): number {
    return this.#byId?.size ?? 0;
  }

  /** Puts an automation in, in place of the one of that id. */
  put(watcher: Watcher): void {
    this.remove(watcher.automationId);
    this.#byId ??= new Map();
    this.#byId.set(watcher.automationId, watcher);
    this.#count(watcher, 1);
    this.#bucketOf(watcher).put(watcher);
  }

  remove(automationId: string): void {
    const known = this.#byId?.get(automationId);
    if (!known) return;
    this.#byId?.delete(automationId);
    this.#count(known, -1);
    this.#bucketOf(known).remove(known);
  }

  /** The automations on an artifact, collection or custom event. */
  plain(event: EventType): FilterIndex | undefined {
    return this.#plain === 0 ? undefined : filled(this.#shelves.filters(this.#number, event));
  }

  /** Those of them whose filter takes the event. */
  matching(event: EventType, reader: EventReader, counts?: MatchCounts): Watcher[] {
    return this.#plain === 0 ? [] : this.#shelves.matching(this.#number, event, reader, counts);
  }

  metric(name: string): MetricIndex | undefined {
    return this.#metrics === 0 ? undefined : filled(this.#shelves.metric(this.#number, name));
  }

  /** Undefined as well where a number meets no condition on the metric, whatever it measures. */
  metricNear(name: string, x: number): MetricIndex | undefined {
    return this.#metrics === 0 ? undefined : this.#shelves.metricNear(this.#number, name, x);
  }

  states(): StateIndex | undefined {
    return filled(this.#states);
  }

  #count({ definition: { trigger } }: Watcher, change: 1 | -1): void {
    if (isMetricsTrigger(trigger)) this.#metrics += change;
    else if (!isStateTrigger(trigger)) this.#plain += change;
  }

  #bucketOf(watcher: Watcher): Bucket {
    const [{ event, metric }] = watchesOf(watcher.definition);
    if (event === 'run.metrics') return this.#shelves.addMetric(this.#number, metric);
    if (event !== 'run.state') return this.#shelves.addFilters(this.#number, event);
    this.#states ??= new StateIndex(this.#shelves, this.#number);
    return this.#states;
  }
}

function filled<Index extends Bucket>(index: Index | undefined): Index | undefined {
  return index && index.size > 0 ? index : undefined;
}
