import { check } from './checker/check.ts';
import { ExploredWorld } from './explored-world.ts';
import type { Product } from './product.ts';
import type { Found, Scene } from './scene.ts';
import { Search, TooManyError } from './search.ts';
import { observe } from './simulate.ts';
import { type SmallWorld, smallWorlds } from './small-worlds.ts';
import { Users } from './users.ts';

export interface Explored extends Found {
  name: string;
  crashes: number;
  /** Whether every way was gone. */
  isComplete: boolean;
  violations: string[];
  /** The different states at the end, as hashes. */
  outcomes: Set<string>;
}

export interface Limits {
  mostSteps: number;
  /** Every order of all steps, also where it can make no difference. */
  isFull?: boolean;
}

const START_MS = Date.UTC(2026, 0, 5, 12);
const FIRST_MS = START_MS + 10_000;

/** Goes every way through a small world, with so many crashes at any places, until something is wrong. */
export async function exhaust(
  product: Product,
  { name, plan: planFrom, crashes, soonMs }: SmallWorld,
  { mostSteps, isFull = false }: Limits,
): Promise<Explored> {
  const plan = planFrom(FIRST_MS);
  const [violations, outcomes] = [[] as string[], new Set<string>()];
  const onEnd = async ({ world, users }: Scene) => {
    outcomes.add(world.state(JSON.stringify(users.accepted)));
    const historyBefore = await users.listDeliveries();
    const observed = await observe(world, plan, users, {
      hasFaults: world.crashesLeft < crashes,
      phases: [{ quietFromMs: START_MS, restAtMs: world.nowMs }],
      ...{
        isMixed: false,
        mayStandStill: false,
        historyBefore,
        laterFromMs: Number.POSITIVE_INFINITY,
        resent: [],
      },
    });
    violations.push(...users.surprises, ...check(observed));
    return violations.length === 0;
  };
  const search = new Search({ onEnd, isFull, mostSteps });
  const world = new ExploredWorld({ product, startMs: START_MS, crashes, soonMs });
  const users = new Users(world, plan);
  await users.setUp();
  const isComplete = await isDone(search.run({ world, users, hasBegun: false }));
  return { name, crashes, ...search.found, isComplete, violations, outcomes };
}

/** False when there were too many steps. */
async function isDone(run: Promise<void>): Promise<boolean> {
  try {
    await run;
    return true;
  } catch (error) {
    if (error instanceof TooManyError) return false;
    throw error;
  }
}

/** Goes through all small worlds. */
export async function exhaustAll(
  product: Product,
  mostSteps: number,
  onOne: (one: Explored) => void,
): Promise<void> {
  for (const world of smallWorlds) onOne(await exhaust(product, world, { mostSteps }));
}
