/** How long a thing is remembered: what is changed about it works after that. */
const REMEMBERED_MS = 30_000;
const REMEMBERED_NAMES = 1_000;

interface Options {
  /** Whether it is also remembered that there is none of a name. */
  keepsMissing: boolean;
  now?: () => number;
}

/** The registries, or teams, that events name, read now and then. */
export class NamedCache<Thing extends { name: string }> {
  readonly #load: (names: string[]) => Promise<Thing[]>;
  readonly #keepsMissing: boolean;
  readonly #now: () => number;
  readonly #known = new Map<string, { thing: Thing | undefined; untilMs: number }>();

  constructor(load: (names: string[]) => Promise<Thing[]>, { keepsMissing, now = Date.now }: Options) {
    this.#load = load;
    this.#keepsMissing = keepsMissing;
    this.#now = now;
  }

  /** The things among these names that exist. */
  readonly read = async (names: string[]): Promise<Thing[]> => {
    const nowMs = this.#now();
    const wanted = names.filter((name) => (this.#known.get(name)?.untilMs ?? 0) <= nowMs);
    const loaded = wanted.length === 0 ? [] : await this.#load(wanted);
    const fresh = new Map(loaded.map((thing) => [thing.name, thing]));
    const found = names.flatMap((name) => fresh.get(name) ?? this.#fromMemory(name, nowMs) ?? []);
    this.#keep(this.#keepsMissing ? wanted : [...fresh.keys()], fresh, nowMs + REMEMBERED_MS);
    return found;
  };

  #fromMemory(name: string, nowMs: number): Thing | undefined {
    const known = this.#known.get(name);
    return known && known.untilMs > nowMs ? known.thing : undefined;
  }

  #keep(names: string[], fresh: ReadonlyMap<string, Thing>, untilMs: number): void {
    if (this.#known.size + names.length > REMEMBERED_NAMES) this.#known.clear();
    for (const name of names.slice(0, REMEMBERED_NAMES)) {
      this.#known.set(name, { thing: fresh.get(name), untilMs });
    }
  }
}
