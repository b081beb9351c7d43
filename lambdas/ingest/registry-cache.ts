import type { Registry } from '../../core/registry.ts';

/** How long a registry is remembered, and also that there is none: a role that was given or taken works after that. */
const REMEMBERED_MS = 30_000;
const REMEMBERED_NAMES = 1_000;

/** The registries that events are posted into, read now and then. */
export class RegistryCache {
  readonly #load: (names: string[]) => Promise<Registry[]>;
  readonly #now: () => number;
  readonly #known = new Map<string, { registry: Registry | undefined; untilMs: number }>();

  constructor(load: (names: string[]) => Promise<Registry[]>, now: () => number = Date.now) {
    this.#load = load;
    this.#now = now;
  }

  /** The registries among these names that exist. */
  readonly read = async (names: string[]): Promise<Registry[]> => {
    const nowMs = this.#now();
    const wanted = names.filter((name) => (this.#known.get(name)?.untilMs ?? 0) <= nowMs);
    const loaded = wanted.length === 0 ? [] : await this.#load(wanted);
    const fresh = new Map(loaded.map((registry) => [registry.name, registry]));
    const found = names.flatMap((name) => fresh.get(name) ?? this.#fromMemory(name, nowMs) ?? []);
    if (this.#known.size + wanted.length > REMEMBERED_NAMES) this.#known.clear();
    const untilMs = nowMs + REMEMBERED_MS;
    for (const name of wanted.slice(0, REMEMBERED_NAMES)) {
      this.#known.set(name, { registry: fresh.get(name), untilMs });
    }
    return found;
  };

  #fromMemory(name: string, nowMs: number): Registry | undefined {
    const known = this.#known.get(name);
    return known && known.untilMs > nowMs ? known.registry : undefined;
  }
}
