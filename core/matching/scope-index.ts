import type { EventType } from '../event.ts';
import { conditionOf, isMetricsTrigger, isStateTrigger } from '../trigger.ts';
import type { FilterIndex } from './filter-index.ts';
import { MatchIndex, METRICS, PLAIN, STATES } from './match-index.ts';
import type { MetricIndex } from './metric-index.ts';
import { StateIndex } from './state-index.ts';
import type { Watcher } from './watcher.ts';

type Bucket = FilterIndex | MetricIndex | StateIndex;

/**
 * The automations of one scope in memory: event type → metric → conditions and filters. Holds what was put in;
 * whoever fills it may do so bucket by bucket (see lambdas/shared/watch-cache.ts).
 */
export class ScopeIndex {
  readonly #all: MatchIndex;
  readonly #number: number;
  /** How many automations on plain events and on metrics there are. */
  #plain = 0;
  #metrics = 0;
  #states: StateIndex | undefined;
  #byId: Map<string, Watcher> | undefined;

  /** Of a scope by itself, or of one scope of many. */
  constructor(all = new MatchIndex(), number = all.addScope()) {
    this.#all = all;
    this.#number = number;
  }

  get size(): number {
    return this.#byId?.size ?? 0;
  }

  /** All automations that were put in. */
  watchers(): Iterable<Watcher> {
    return this.#byId?.values() ?? [];
  }

  /** Puts an automation in, in place of the one of that id. */
  put(watcher: Watcher): void {
    this.remove(watcher.automationId);
    this.#byId ??= new Map();
    this.#byId.set(watcher.automationId, watcher);
    this.#bucketOf(watcher).put(watcher);
    this.#count(watcher, 1);
  }

  remove(automationId: string): void {
    const known = this.#byId?.get(automationId);
    if (!known) return;
    this.#byId?.delete(automationId);
    this.#bucketOf(known).remove(known);
    this.#count(known, -1);
  }

  /** The automations on an artifact, collection or custom event. */
  plain(event: EventType): FilterIndex | undefined {
    return filled(this.#all.filters(this.#number, event));
  }

  metric(name: string): MetricIndex | undefined {
    return filled(this.#all.metric(this.#number, name));
  }

  states(): StateIndex | undefined {
    return filled(this.#states);
  }

  #count({ definition: { trigger } }: Watcher, change: 1 | -1): void {
    if (isMetricsTrigger(trigger)) this.#metrics += change;
    else if (!isStateTrigger(trigger)) this.#plain += change;
    const plain = this.#plain > 0 ? PLAIN : 0;
    const metrics = this.#metrics > 0 ? METRICS : 0;
    const states = this.states() ? STATES : 0;
    this.#all.setHoldings(this.#number, plain | metrics | states);
  }

  #bucketOf(watcher: Watcher): Bucket {
    const { trigger } = watcher.definition;
    if (isMetricsTrigger(trigger)) return this.#all.addMetric(this.#number, conditionOf(trigger).metric);
    if (!isStateTrigger(trigger)) return this.#all.addFilters(this.#number, trigger.event);
    this.#states ??= new StateIndex(this.#all, this.#number);
    return this.#states;
  }
}

function filled<Index extends Bucket>(index: Index | undefined): Index | undefined {
  return index && index.size > 0 ? index : undefined;
}
