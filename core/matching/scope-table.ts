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
  covering({ team, project, registry, collection }: Place): Thing[] {
    if (this.#things.length === 0) this.#grow({ kind: 'organization' });
    const ofTeam = this.#place(TEAMS, team) || this.#add(TEAMS, team, { kind: 'team', team });
    const found = [this.#things[0] as Thing, this.#things[ofTeam] as Thing];
    let home = 0;
    if (registry !== undefined)
      home =
        this.#place(REGISTRIES, registry) || this.#add(REGISTRIES, registry, { kind: 'registry', registry });
    else if (project !== undefined)
      home = this.#place(ofTeam, project) || this.#add(ofTeam, project, { kind: 'project', team, project });
    if (home === 0) return found;
    found.push(this.#things[home] as Thing);
    if (collection === undefined) return found;
    const inside =
      this.#place(home, collection) || this.#addCollection(home, { team, project, registry, collection });
    found.push(this.#things[inside] as Thing);
    return found;
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
