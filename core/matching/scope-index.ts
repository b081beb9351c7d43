import type { EventType } from '../event.ts';
import { watchesOf } from '../watch.ts';
import { FilterIndex } from './filter-index.ts';
import { MetricIndex } from './metric-index.ts';
import { StateIndex } from './state-index.ts';
import type { Watcher } from './watcher.ts';

type Bucket = FilterIndex | MetricIndex | StateIndex;

/**
 * The automations of one scope in memory: event type → metric → conditions and filters. Holds what was put in;
 * whoever fills it may do so bucket by bucket (see lambdas/matcher/watch-cache.ts).
 */
export class ScopeIndex {
  readonly #plain = new Map<string, FilterIndex>();
  readonly #metrics = new Map<string, MetricIndex>();
  #states: StateIndex | undefined;
  readonly #byId = new Map<string, Watcher>();

  get size(): number {
    return this.#byId.size;
  }

  /** Puts an automation in, in place of the one of that id. */
  put(watcher: Watcher): void {
    this.remove(watcher.automationId);
    this.#byId.set(watcher.automationId, watcher);
    this.#bucketOf(watcher).put(watcher);
  }

  remove(automationId: string): void {
    const known = this.#byId.get(automationId);
    if (!known) return;
    this.#byId.delete(automationId);
    this.#bucketOf(known).remove(known);
  }

  /** The automations on an artifact, collection or custom event. */
  plain(event: EventType): FilterIndex | undefined {
    return filled(this.#plain.get(event));
  }

  metric(name: string): MetricIndex | undefined {
    return filled(this.#metrics.get(name));
  }

  states(): StateIndex | undefined {
    return filled(this.#states);
  }

  #bucketOf(watcher: Watcher): Bucket {
    const [{ event, metric }] = watchesOf(watcher.definition);
    if (event === 'run.metrics') return entry(this.#metrics, metric, () => new MetricIndex());
    if (event !== 'run.state') return entry(this.#plain, event, () => new FilterIndex());
    this.#states ??= new StateIndex();
    return this.#states;
  }
}

function filled<Index extends Bucket>(index: Index | undefined): Index | undefined {
  return index && index.size > 0 ? index : undefined;
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}
