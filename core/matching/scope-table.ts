import { type Place, type Scope, scopeKey } from '../scope.ts';

/** One thing for each scope, found by the place of an event without building the scopes' keys. */
export class ScopeTable<Thing> {
  readonly #make: (scopeKey: string) => Thing;
  readonly #byKey = new Map<string, Thing>();
  readonly #teams: Branches<Thing> = new Map();
  readonly #registries: Branches<Thing> = new Map();
  #organization: Thing | undefined;

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
    this.#organization ??= this.#grow({ kind: 'organization' });
    const ofTeam = this.#teams.get(team) ?? this.#branch(this.#teams, team, { kind: 'team', team });
    const found = [this.#organization, ofTeam.here];
    const home = registry === undefined ? this.#project(ofTeam, team, project) : this.#registry(registry);
    if (!home) return found;
    found.push(home.here);
    if (collection !== undefined) {
      const within = home.under.get(collection);
      found.push((within ?? this.#collection(home, { team, project, registry, collection })).here);
    }
    return found;
  }

  #project(ofTeam: Branch<Thing>, team: string, project: string | undefined): Branch<Thing> | undefined {
    if (project === undefined) return undefined;
    return (
      ofTeam.under.get(project) ?? this.#branch(ofTeam.under, project, { kind: 'project', team, project })
    );
  }

  #registry(registry: string): Branch<Thing> {
    return (
      this.#registries.get(registry) ??
      this.#branch(this.#registries, registry, { kind: 'registry', registry })
    );
  }

  #collection(home: Branch<Thing>, { team, project, registry, collection = '' }: Place): Branch<Thing> {
    const inside = registry === undefined ? { team, project } : { registry };
    return this.#branch(home.under, collection, { kind: 'collection', ...inside, collection });
  }

  #branch(branches: Branches<Thing>, name: string, scope: Scope): Branch<Thing> {
    const branch = { here: this.#grow(scope), under: new Map() };
    branches.set(name, branch);
    return branch;
  }

  #grow(scope: Scope): Thing {
    const key = scopeKey(scope);
    const made = this.#make(key);
    this.#byKey.set(key, made);
    return made;
  }
}

interface Branch<Thing> {
  here: Thing;
  under: Branches<Thing>;
}

type Branches<Thing> = Map<string, Branch<Thing>>;
