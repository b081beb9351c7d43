import type { EventType, RunState } from '../event.ts';
import type { EventReader } from './event-reader.ts';
import { FilterIndex, type MatchCounts } from './filter-index.ts';
import { FilterShelf } from './filter-shelf.ts';
import { MetricIndex, MetricShelves } from './metric-index.ts';
import { PairTable } from './pair-table.ts';
import type { Watcher } from './watcher.ts';
import { Words } from './words.ts';

/** What a scope holds, as bits. */
export const PLAIN = 1;
export const METRICS = 2;
export const STATES = 4;

const NONE: readonly MetricIndex[] = [];

/**
 * The automations of all scopes of a cache. Scopes and names are numbers here, and everything stands in flat tables
 * under a scope's number and a name's: to learn that nobody watches takes one look into one array, however many
 * scopes there are. A ScopeIndex is the door to one of them.
 */
export class MatchIndex {
  readonly #words = new Words();
  readonly #filterShelf = new FilterShelf<Watcher>();
  readonly #filterPlaces = new PairTable();
  /** From 1 on, as in all these lists: 0 stands for none. */
  readonly #filters: (FilterIndex | undefined)[] = [undefined];
  readonly #metricPlaces = new PairTable();
  readonly #metrics: (MetricIndex | undefined)[] = [undefined];
  readonly #shelves = new MetricShelves();
  /** By scope: what it holds. */
  #holdings = new Uint8Array(16);
  #scopes = 0;

  /** The number of a new scope. */
  addScope(): number {
    this.#scopes++;
    if (this.#scopes >= this.#holdings.length) {
      const larger = new Uint8Array(this.#holdings.length * 2);
      larger.set(this.#holdings);
      this.#holdings = larger;
    }
    return this.#scopes;
  }

  /** Says what a scope holds, as bits. */
  setHoldings(scope: number, holdings: number): void {
    this.#holdings[scope] = holdings;
  }

  #lacks(scope: number, kind: number): boolean {
    return ((this.#holdings[scope] ?? 0) & kind) === 0;
  }

  /** The filters of a scope on one type of events, or on one state of runs. */
  filters(scope: number, what: string): FilterIndex | undefined {
    return this.#filters[this.#placeIn(this.#filterPlaces, scope, what)];
  }

  addFilters(scope: number, what: string): FilterIndex {
    const make = () => this.#filters.push(new FilterIndex(this.#filterShelf, this.#filters.length)) - 1;
    const place = this.#filterPlaces.getOrMake(scope, this.#words.add(what), make);
    return this.#filters[place] as FilterIndex;
  }

  /** Adds the watchers of a scope on one type of artifact, collection or custom events whose filter takes the event. */
  collect(scope: number, type: EventType, event: EventReader, into: Watcher[], counts?: MatchCounts): void {
    if (!this.#lacks(scope, PLAIN)) this.#collect(scope, type, event, into, counts);
  }

  /** Those on a state of runs. */
  collectState(
    scope: number,
    state: RunState,
    event: EventReader,
    into: Watcher[],
    counts?: MatchCounts,
  ): void {
    if (!this.#lacks(scope, STATES)) this.#collect(scope, state, event, into, counts);
  }

  #collect(scope: number, what: string, event: EventReader, into: Watcher[], counts?: MatchCounts): void {
    const place = this.#placeIn(this.#filterPlaces, scope, what);
    if (place > 0) this.#filterShelf.collect(place, event, into, counts);
  }

  metric(scope: number, name: string): MetricIndex | undefined {
    if (this.#lacks(scope, METRICS)) return undefined;
    return this.#metrics[this.#placeIn(this.#metricPlaces, scope, name)];
  }

  /** Those of several scopes that are not quiet about a value (see MetricIndex), which is told without a look at them. */
  metricsNear(scopes: readonly number[], name: string, newest: number): readonly MetricIndex[] {
    const word = this.#words.get(name);
    if (word === 0) return NONE;
    let near: MetricIndex[] | undefined;
    for (const scope of scopes) {
      const place = this.#lacks(scope, METRICS) ? 0 : this.#metricPlaces.get(scope, word);
      if (place === 0 || this.#shelves.bands.holds(place, newest)) continue;
      near ??= [];
      near.push(this.#metrics[place] as MetricIndex);
    }
    return near ?? NONE;
  }

  addMetric(scope: number, name: string): MetricIndex {
    const make = () => this.#metrics.push(new MetricIndex(this.#shelves, this.#metrics.length)) - 1;
    const place = this.#metricPlaces.getOrMake(scope, this.#words.add(name), make);
    return this.#metrics[place] as MetricIndex;
  }

  #placeIn(places: PairTable, scope: number, name: string): number {
    const word = this.#words.get(name);
    return word === 0 ? 0 : places.get(scope, word);
  }
}
