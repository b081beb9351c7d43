/** How long a team is remembered. */
const REMEMBERED_MS = 30_000;

/**
 * The teams that events of an org_admin's key name, read now and then. That there is none is not remembered: who makes
 * the team then goes on at once, and nobody else is asked for.
 */
export class KnownTeams {
  readonly #load: (names: string[]) => Promise<{ name: string }[]>;
  readonly #now: () => number;
  readonly #untilMs = new Map<string, number>();

  constructor(load: (names: string[]) => Promise<{ name: string }[]>, now: () => number = Date.now) {
    this.#load = load;
    this.#now = now;
  }

  /** The teams among these names that exist. */
  readonly read = async (names: string[]): Promise<string[]> => {
    const nowMs = this.#now();
    const isKnown = (name: string) => (this.#untilMs.get(name) ?? 0) > nowMs;
    const wanted = names.filter((name) => !isKnown(name));
    const loaded = wanted.length === 0 ? [] : await this.#load(wanted);
    for (const { name } of loaded) this.#untilMs.set(name, nowMs + REMEMBERED_MS);
    return names.filter(isKnown);
  };
}
