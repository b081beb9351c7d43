import { createHash } from 'node:crypto';
import { check } from './checker/check.ts';
import { type Chooser, Exploration } from './explore.ts';
import type { Plan } from './plan.ts';
import type { Product } from './product.ts';
import { Random } from './random.ts';
import { observe } from './simulate.ts';
import { type SmallWorld, smallWorlds } from './small-worlds.ts';
import { Trace } from './trace.ts';
import { Users } from './users.ts';
import { World } from './world.ts';

export interface Explored {
  name: string;
  crashes: number;
  /** Different states, and ways through them that came to an end. */
  states: number;
  ways: number;
  /** Whether every way was gone. */
  isComplete: boolean;
  violations: string[];
}

/** Chance that never surprises: everything takes its longest, nothing goes wrong, nothing is out of order. */
class NoChance extends Random {
  override next(): number {
    return 0.999;
  }
}

interface Choice {
  options: number;
  taken: number;
}

/** Goes every way once: deepest first, and not on from a state that it has seen. */
class Explorer implements Chooser {
  readonly #states = new Set<string>();
  readonly #most: number;
  readonly isNeverWritten: (place: string) => boolean;
  #choices: Choice[] = [];
  #at = 0;
  #crashes = 0;

  /** `written` are the places that are taken to be written to at all. */
  constructor(most: number, written: ReadonlySet<string>) {
    this.#most = most;
    this.isNeverWritten = (place) => !written.has(place);
  }

  get states(): number {
    return this.#states.size;
  }

  begin(crashes: number): void {
    this.#at = 0;
    this.#crashes = crashes;
  }

  /** Turns to the next way; false when there is none. */
  turn(): boolean {
    for (let last = this.#choices.at(-1); last; last = this.#choices.at(-1)) {
      if (last.taken + 1 < last.options) {
        last.taken++;
        return true;
      }
      this.#choices.pop();
    }
    return false;
  }

  next(options: number, state: () => string): number | undefined {
    const known = this.#choices[this.#at];
    if (known) {
      this.#at++;
      return known.taken;
    }
    if (!this.#isNew(`${this.#crashes} ${options} ${state()}`)) return undefined;
    this.#choices.push({ options, taken: 0 });
    this.#at++;
    return 0;
  }

  crash(state: () => string): '' | 'kill before' | 'kill after' | undefined {
    if (this.#crashes === 0) return '';
    const taken = this.next(CRASHES.length, () => `crash ${state()}`);
    if (taken === undefined) return undefined;
    const crash = CRASHES[taken] ?? '';
    if (crash !== '') this.#crashes--;
    return crash;
  }

  #isNew(state: string): boolean {
    if (this.#states.size >= this.#most) throw new TooManyError();
    const mark = createHash('md5').update(state).digest('base64');
    if (this.#states.has(mark)) return false;
    this.#states.add(mark);
    return true;
  }
}

const CRASHES = ['', 'kill before', 'kill after'] as const;

class TooManyError extends Error {}

const START_MS = Date.UTC(2026, 0, 5, 12);

/**
 * Goes every way through a small world, with so many crashes at any calls. Reads of what nothing ever writes need no
 * order among the others. What is written shows on the way: whenever something does that was taken for never written,
 * it begins anew.
 */
async function exhaust(product: Product, world: SmallWorld, most: number): Promise<Explored> {
  const written = new Set<string>();
  for (;;) {
    const explored = await exhaustWith(product, world, most, written);
    if (explored) return explored;
  }
}

/** Undefined when something was written that is not among `written`, which holds it then. */
async function exhaustWith(
  product: Product,
  { name, plan, crashes }: SmallWorld,
  most: number,
  written: Set<string>,
): Promise<Explored | undefined> {
  const explorer = new Explorer(most, new Set(written));
  const explored: Explored = { name, crashes, states: 0, ways: 0, isComplete: true, violations: [] };
  try {
    do {
      explorer.begin(crashes);
      const known = written.size;
      const violations = await goOneWay(product, plan(START_MS + 10_000), { explorer, written });
      if (written.size > known) return undefined;
      if (violations === undefined) continue;
      explored.ways++;
      explored.violations.push(...violations);
    } while (explorer.turn() && explored.violations.length === 0);
  } catch (error) {
    if (!(error instanceof TooManyError)) throw error;
    explored.isComplete = false;
  }
  return { ...explored, states: explorer.states };
}

async function goOneWay(
  product: Product,
  plan: Plan,
  { explorer, written }: { explorer: Explorer; written: Set<string> },
): Promise<string[] | undefined> {
  const random = new NoChance(0);
  const trace = new Trace(false);
  const world = new World({ products: [product], random, trace, startMs: START_MS, notesWhatIsSeen: true });
  const users = new Users(world, plan);
  await users.setUp();
  users.begin();
  const outside = () => JSON.stringify([users.accepted.length, users.surprises]);
  const exploration = new Exploration(world, explorer, outside);
  const isOver = await exploration.go();
  for (const place of exploration.written) written.add(place);
  if (!isOver) return undefined;
  const historyBefore = await users.listDeliveries();
  const phase = { quietFromMs: START_MS, restAtMs: world.nowMs };
  const hasFaults = (world.counts['fault kill'] ?? 0) > 0;
  const observed = await observe(world, plan, users, {
    ...{ hasFaults, mayStandStill: false, phases: [phase], historyBefore, resent: [] },
    laterFromMs: Number.POSITIVE_INFINITY,
  });
  return [...users.surprises, ...check(observed)];
}

/** Goes through all small worlds. */
export async function exhaustAll(
  product: Product,
  most: number,
  onOne: (one: Explored) => void,
): Promise<void> {
  for (const world of smallWorlds) onOne(await exhaust(product, world, most));
}
