import type { EventReader } from './event-reader.ts';
import { FilterIndex, type MatchCounts } from './filter-index.ts';
import { FilterShelf } from './filter-shelf.ts';
import { MetricIndex } from './metric-index.ts';
import { PairTable } from './pair-table.ts';
import { QuietBands } from './quiet-bands.ts';
import type { Watcher } from './watcher.ts';
import { Words } from './words.ts';

/**
 * What the scopes of a cache share. Names become numbers, and everything stands in flat tables under a scope's number
 * and a name's: to learn that nobody watches takes one look into one array, however many scopes there are.
 */
export class Shelves {
  readonly #words = new Words();
  readonly #filterShelf = new FilterShelf();
  readonly #filterPlaces = new PairTable();
  /** From 1 on, as in all these lists: 0 stands for none. */
  readonly #filters: (FilterIndex | undefined)[] = [undefined];
  readonly #metricPlaces = new PairTable();
  readonly #metrics: (MetricIndex | undefined)[] = [undefined];
  readonly #bands = new QuietBands();
  #scopes = 0;

  nextScope(): number {
    return ++this.#scopes;
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

  /** Like `filters(…).matching(…)`, without a look at the index where nothing comes near. */
  matching(scope: number, what: string, event: EventReader, counts?: MatchCounts): Watcher[] {
    const place = this.#placeIn(this.#filterPlaces, scope, what);
    return place === 0 ? [] : this.#filterShelf.matching(place, event, counts);
  }

  metric(scope: number, name: string): MetricIndex | undefined {
    return this.#metrics[this.#placeIn(this.#metricPlaces, scope, name)];
  }

  /** Undefined as well where a number meets no condition on the metric, whatever it measures. */
  metricNear(scope: number, name: string, x: number): MetricIndex | undefined {
    const place = this.#placeIn(this.#metricPlaces, scope, name);
    return place === 0 || this.#bands.holds(place, x) ? undefined : this.#metrics[place];
  }

  addMetric(scope: number, name: string): MetricIndex {
    const make = () => this.#metrics.push(new MetricIndex(this.#bands, this.#metrics.length)) - 1;
    const place = this.#metricPlaces.getOrMake(scope, this.#words.add(name), make);
    return this.#metrics[place] as MetricIndex;
  }

  #placeIn(places: PairTable, scope: number, name: string): number {
    const word = this.#words.get(name);
    return word === 0 ? 0 : places.get(scope, word);
  }
}
