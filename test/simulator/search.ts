import type { ExploredWorld } from './explored-world.ts';
import type { Users } from './users.ts';
import { Walks } from './walks.ts';

/** A world and its users, who have begun or not. */
export interface Scene {
  world: ExploredWorld;
  users: Users;
  hasBegun: boolean;
}

export interface Found {
  /** Different states in which nothing was left to do but to wait, or, in a full search, different states. */
  states: number;
  steps: number;
  /** Ways that were gone at least in part, and those that came to an end. */
  ways: number;
  ends: number;
}

export interface SearchParts {
  /** Told of each end; answers whether to go on. */
  onEnd: (scene: Scene) => Promise<boolean>;
  /** Tries, in the place of what makes a difference, all that may happen in each state. */
  isFull: boolean;
  mostStates: number;
}

export class TooManyError extends Error {}

/**
 * Goes every way through a world. Time passes only when nothing else can happen, so whatever was before comes before
 * whatever is after: the orders of steps are searched between two such moments (see Walks), and of a state in which
 * time has to pass it makes no difference how it was reached. The search goes on from each of them once, or once more
 * when more crashes are left.
 */
export class Search {
  readonly found: Found = { states: 0, steps: 0, ways: 0, ends: 0 };
  readonly #parts: SearchParts;
  /** How many crashes were left, at most, in a state. */
  readonly #known = new Map<string, number>();
  /** From where to go on. */
  readonly #rests: Scene[] = [];

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** Ends when all is gone, or when it was told to. */
  async run(first: Scene): Promise<void> {
    this.#rests.push(first);
    for (let scene = this.#rests.pop(); scene; scene = this.#rests.pop()) {
      if (!(await new Walks(this, scene, this.#parts.isFull).run())) return;
    }
  }

  /** Whether nobody was in this state before with as many crashes left. */
  isNew({ world, users }: Scene): boolean {
    const state = world.fingerprint(JSON.stringify([users.accepted, users.surprises]));
    const known = this.#known.get(state);
    if (known !== undefined && known >= world.crashesLeft) return false;
    if (known === undefined && ++this.found.states > this.#parts.mostStates) throw new TooManyError();
    this.#known.set(state, world.crashesLeft);
    return true;
  }

  /** Lets time pass. 'on' when the way goes on, 'later' when it is to be gone on from here, 'stop' to end it all. */
  async letTimePass(scene: Scene): Promise<'on' | 'later' | 'stop'> {
    const { world } = scene;
    if (!this.isNew(scene)) return 'later';
    const { isQuiet } = world;
    if (!world.passTime()) {
      this.found.ends++;
      return (await this.#parts.onEnd(scene)) ? 'later' : 'stop';
    }
    if (!isQuiet) return 'on';
    this.#rests.push(scene);
    return 'later';
  }
}

/** What goes its own way from here, as often as one likes. */
export function copyOf({ world, users, hasBegun }: Scene): Scene {
  const copy = world.copy();
  const scene = { world: copy, users: users.copyFor(copy), hasBegun: true };
  if (!hasBegun) scene.users.begin();
  return scene;
}
