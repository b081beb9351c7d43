import { type Place, type Scope, scopeKey } from '../scope.ts';
import { PairTable } from './pair-table.ts';
import { Words } from './words.ts';

/** Under it stand the teams and the registries, and under these what each holds. */
const ORGANIZATION = 0;

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
    const ofTeam = this.#ofTeam(team);
    const home = this.#home(ofTeam, place);
    const organization = this.#things[ORGANIZATION] as Thing;
    const [ofTeams, ofHome] = [this.#things[ofTeam] as Thing, this.#things[home] as Thing];
    // Lists made at once: one that grows takes room for twenty.
    if (home === 0) return [organization, ofTeams];
    if (collection === undefined) return [organization, ofTeams, ofHome];
    return [organization, ofTeams, ofHome, this.#things[this.#inside(home, place)] as Thing];
  }

  #ofTeam(team: string): number {
    return (
      this.#places.get(ORGANIZATION, this.#names.get(team)) ||
      this.#add(ORGANIZATION, this.#names.add(team), { kind: 'team', team })
    );
  }

  /** The number of the registry or project of a place; 0 for a place that has none. */
  #home(ofTeam: number, { team, project, registry }: Place): number {
    if (registry !== undefined) return this.#ofRegistry(registry);
    if (project === undefined) return 0;
    return (
      this.#places.get(ofTeam, this.#names.get(project)) ||
      this.#add(ofTeam, this.#names.add(project), { kind: 'project', team, project })
    );
  }

  /** With its sign turned, a registry's word is none of a team. */
  #ofRegistry(registry: string): number {
    return (
      this.#places.get(ORGANIZATION, 0 - this.#names.get(registry)) ||
      this.#add(ORGANIZATION, 0 - this.#names.add(registry), { kind: 'registry', registry })
    );
  }

  #inside(home: number, { team, project, registry, collection = '' }: Place): number {
    const known = this.#places.get(home, this.#names.get(collection));
    if (known) return known;
    const around = registry === undefined ? { team, project } : { registry };
    return this.#add(home, this.#names.add(collection), { kind: 'collection', ...around, collection });
  }

  #add(above: number, word: number, scope: Scope): number {
    return this.#places.getOrMake(above, word, () => this.#grow(scope));
  }

  #grow(scope: Scope): number {
    const key = scopeKey(scope);
    const made = this.#make(key);
    this.#byKey.set(key, made);
    return this.#things.push(made) - 1;
  }
}
