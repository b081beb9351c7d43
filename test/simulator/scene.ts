import type { ExploredWorld } from './explored-world.ts';
import type { Users } from './users.ts';

/** A world and its users, who have begun or not. */
export interface Scene {
  world: ExploredWorld;
  users: Users;
  hasBegun: boolean;
}

/** What goes its own way from here, as often as one likes. */
export function copyOf({ world, users, hasBegun }: Scene): Scene {
  const copy = world.copy();
  const scene = { world: copy, users: users.copyFor(copy), hasBegun: true };
  if (!hasBegun) scene.users.begin();
  return scene;
}

export interface Found {
  /** Different states in which nothing was left to do but to wait; in a full search, different states. */
  states: number;
  steps: number;
  /** Ways that were gone at least in part, and those that came to an end. */
  ways: number;
  ends: number;
}

/** What is known of a world beyond the ways from one scene. */
export interface Known {
  readonly found: Found;
  /** Whether nobody was in this state before with as many crashes left. */
  isNew: (scene: Scene) => boolean;
  /** Lets time pass. 'on' when the way goes on, 'later' when it is to be gone on from here, 'stop' to end it all. */
  letTimePass: (scene: Scene) => Promise<'on' | 'later' | 'stop'>;
}
