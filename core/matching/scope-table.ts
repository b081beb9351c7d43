import { type Place, type Scope, scopeKey } from '../scope.ts';
import { PairTable } from './pair-table.ts';
import { Words } from './words.ts';

/** Where teams and registries stand; below them, and below projects, a scope stands under the one that holds it. */
const TEAMS = -1;
const REGISTRIES = -2;

/** One thing for each scope, found by the place of an event without building the scopes' keys. */
export class ScopeTable<Thing> {
  readonly #make: (scopeKey: string) => Thing;
  readonly #byKey = new Map<string, Thing>();
  readonly #names = new Words();
  readonly #places = new PairTable();
  readonly #things: Thing[] = [];

  /** `make` is called once for each scope that a place falls into. */
  constructor(make: (scopeKey: string) => Thing) {
    this.#make = make;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The thing of a scope that a place fell into before. */
  known(key: string): Thing | undefined {
    return this.#byKey.get(key);
  }

  /** The things of every scope that covers a place, widest first (see scopeKeysCovering). */
  covering(place: Place): Thing[] {
    const { team, collection } = place;
    if (this.#things.length === 0) this.#grow({ kind: 'organization' });
    const ofTeam = this.#place(TEAMS, team) || this.#add(TEAMS, team, { kind: 'team', team });
    const home = this.#home(ofTeam, place);
    const organization = this.#things[0] as Thing;
    const [ofTeams, ofHome] = [this.#things[ofTeam] as Thing, this.#things[home] as Thing];
    // Lists made at once: one that grows takes room for twenty.
    if (home === 0) return [organization, ofTeams];
    if (collection === undefined) return [organization, ofTeams, ofHome];
    const inside = this.#place(home, collection) || this.#addCollection(home, place);
    return [organization, ofTeams, ofHome, this.#things[inside] as Thing];
  }

  /** The number of the registry or project of a place; 0 for a place that has none. */
  #home(ofTeam: number, { team, project, registry }: Place): number {
    if (registry !== undefined) {
      const known = this.#place(REGISTRIES, registry);
      return known || this.#add(REGISTRIES, registry, { kind: 'registry', registry });
    }
    if (project === undefined) return 0;
    return this.#place(ofTeam, project) || this.#add(ofTeam, project, { kind: 'project', team, project });
  }

  #place(above: number, name: string): number {
    const word = this.#names.get(name);
    return word === 0 ? 0 : this.#places.get(above, word);
  }

  #addCollection(home: number, { team, project, registry, collection = '' }: Place): number {
    const inside = registry === undefined ? { team, project } : { registry };
    return this.#add(home, collection, { kind: 'collection', ...inside, collection });
  }

  #add(above: number, name: string, scope: Scope): number {
    return this.#places.getOrMake(above, this.#names.add(name), () => this.#grow(scope));
  }

  #grow(scope: Scope): number {
    const key = scopeKey(scope);
    const made = this.#make(key);
    this.#byKey.set(key, made);
    return this.#things.push(made) - 1;
  }
}
