import type { ExploredWorld, Option } from './explored-world.ts';
import { areDependent, type Footprint, joined } from './footprint.ts';
import { type Made, raced } from './races.ts';
import { copyOf, type Known, type Scene } from './scene.ts';

/** A point on the way at which something else might have happened. */
interface Node {
  options: Option[];
  /** The first step since time last passed. */
  from: number;
  /** Whose turn it is, in which of the ways that it can go. */
  actor: string;
  way: number;
  /** Who is to have a turn here. */
  wanted: Set<string>;
  /** Whose turn would bring nothing new: it was tried, and nothing that its step depends on came since. */
  asleep: Map<string, Footprint>;
  /** The step, and all that the ways of it that were tried have touched. */
  made: Made | undefined;
  touched: Footprint;
}

/**
 * All ways from one scene until time passes with nothing under way. Of orders that differ only in steps that touch
 * nothing in common, one is gone, since all of them lead to the same state (source-DPOR by Abdulla and others, with sleep
 * sets): wherever a step could have come before one that it depends on, the other order is gone as well. What a step
 * touches is noted while it is done; a step that has to wait for another one can't come before it. How a step ends (a
 * crash or not) is tried for each step in each order: which functions die depends on no order, only how many do.
 */
export class Walks {
  readonly #known: Known;
  readonly #start: Scene;
  readonly #isFull: boolean;
  readonly #nodes: Node[] = [];

  constructor(known: Known, start: Scene, isFull: boolean) {
    this.#known = known;
    this.#start = start;
    this.#isFull = isFull;
  }

  /** False when the search is to stop. */
  async run(): Promise<boolean> {
    do {
      this.#known.found.ways++;
      if (!(await this.#goOneWay())) return false;
    } while (this.#turn());
    return true;
  }

  async #goOneWay(): Promise<boolean> {
    const scene = copyOf(this.#start);
    let from = 0;
    for (let depth = 0; ; depth++) {
      while (scene.world.options().length === 0) {
        from = depth;
        const next = await this.#letTimePass(scene, depth);
        if (next !== 'on') return next === 'later';
      }
      const node = this.#nodes[depth] ?? this.#nodeAt(scene, from);
      if (!node) return true;
      this.#nodes[depth] = node;
      await this.#step(scene.world, depth);
    }
  }

  async #letTimePass(scene: Scene, depth: number): ReturnType<Known['letTimePass']> {
    if (depth >= this.#nodes.length) return this.#known.letTimePass(scene);
    scene.world.passTime();
    return 'on';
  }

  /** Undefined where nothing new can begin. */
  #nodeAt(scene: Scene, from: number): Node | undefined {
    const options = scene.world.options();
    const asleep = from === this.#nodes.length ? new Map<string, Footprint>() : this.#stillAsleep();
    const awake = options.map(({ actor }) => actor).filter((actor) => !asleep.has(actor));
    const before = this.#nodes.at(-1)?.actor;
    const actor = awake.find((one) => one === before) ?? awake[0];
    if (actor === undefined) return undefined;
    if (this.#isFull && from !== this.#nodes.length && !this.#known.isNew(scene)) return undefined;
    const wanted = new Set(this.#isFull ? awake : [actor]);
    return { options, from, actor, way: 0, wanted, asleep, made: undefined, touched: new Map() };
  }

  #stillAsleep(): Map<string, Footprint> {
    const last = this.#nodes.at(-1);
    if (!last?.made || this.#isFull) return new Map();
    const { footprint } = last.made;
    return new Map([...last.asleep].filter(([, touched]) => !areDependent(touched, footprint)));
  }

  async #step(world: ExploredWorld, depth: number): Promise<void> {
    const node = this.#nodes[depth] as Node;
    const footprint = await world.make(node.actor, waysOf(node)[node.way] as string);
    if (node.made) return;
    this.#known.found.steps++;
    node.made = {
      actor: node.actor,
      footprint,
      madeBy: world.madeBy.get(node.actor) ?? -1,
      before: new Set(),
    };
    node.touched = joined(node.touched, footprint);
    if (this.#isFull) return;
    const steps = this.#nodes.map(({ made }) => made as Made);
    for (const { at, beginners } of raced(steps, node.from)) this.#want(at, beginners, node.actor);
  }

  /** Has one of them get a turn at an earlier point, unless one of them has one anyway. */
  #want(at: number, beginners: Set<string>, last: string): void {
    const { wanted, asleep, options } = this.#nodes[at] as Node;
    for (const actor of beginners) if (wanted.has(actor) || asleep.has(actor)) return;
    const able = options.map(({ actor }) => actor).filter((actor) => beginners.has(actor));
    const one = able.find((actor) => actor === last) ?? able[0];
    if (one !== undefined) wanted.add(one);
    // Only what the earlier step made possible could not have come before it.
    else if (beginners.size > 1 || !beginners.has(last))
      throw new Error(`${last} lacks what comes before it`);
  }

  /** Turns to what was not tried yet; false when nothing is left. */
  #turn(): boolean {
    for (let node = this.#nodes.at(-1); node; node = this.#nodes.at(-1)) {
      node.made = undefined;
      if (++node.way < waysOf(node).length) return true;
      const { asleep, wanted, actor, touched } = node;
      asleep.set(actor, touched);
      const next = [...wanted].find((one) => !asleep.has(one));
      if (next !== undefined) {
        Object.assign(node, { actor: next, way: 0, touched: new Map() });
        return true;
      }
      this.#nodes.pop();
    }
    return false;
  }
}

const waysOf = ({ options, actor: mine }: Node) => options.find(({ actor }) => actor === mine)?.ways ?? [];
