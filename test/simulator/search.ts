import type { Found, Known, Scene } from './scene.ts';
import { Walks } from './walks.ts';

export interface SearchParts {
  /** Told of each end; answers whether to go on. */
  onEnd: (scene: Scene) => Promise<boolean>;
  /** Tries, in the place of what makes a difference, all that may happen in each state. */
  isFull: boolean;
  mostSteps: number;
}

export class TooManyError extends Error {}

/**
 * Goes every way through a world. Time passes only when nothing else can happen, so whatever was before comes before
 * whatever is after, and no order reaches across: orders are searched between two such moments (see Walks), and of a
 * state in which time has to pass it makes no difference how it was reached. The search goes on from each of them once,
 * and once more when it comes there with more crashes left. Two states are one only when all that can be seen of them,
 * now or later, is the same (see stateOf), so what is wrong after one of two ways to a state is wrong after both.
 */
export class Search implements Known {
  readonly found: Found = { states: 0, steps: 0, ways: 0, ends: 0 };
  readonly #parts: SearchParts;
  /** How many crashes were left, at most, in a state. */
  readonly #states = new Map<string, number>();
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

  isNew({ world, users }: Scene): boolean {
    const state = world.state(JSON.stringify([users.accepted, users.surprises]));
    const known = this.#states.get(state);
    if (known !== undefined && known >= world.crashesLeft) return false;
    if (known === undefined) this.found.states++;
    if (this.found.steps > this.#parts.mostSteps) throw new TooManyError();
    this.#states.set(state, world.crashesLeft);
    return true;
  }

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
