import { areDependent, type Footprint } from './footprint.ts';

/** A step in the order in which it was made. */
export interface Made {
  actor: string;
  footprint: Footprint;
  /** The step that made its actor appear. */
  madeBy: number;
  /** Steps that have to come before it, of those since time last passed. */
  before: Set<number>;
}

/** Two steps that could come the other way round, and who could then begin: one of them has to be tried at `at`. */
export interface Race {
  at: number;
  beginners: Set<string>;
}

/**
 * Finds what has to come before the last of the steps, and the steps with which it is in a race: those it depends on by
 * nothing but their order. `from` is the first step since time last passed.
 */
export function raced(steps: readonly Made[], from: number): Race[] {
  const last = steps.at(-1) as Made;
  const races: Race[] = [];
  for (let at = steps.length - 2; at >= from; at--) {
    const other = steps[at] as Made;
    if (last.before.has(at) || !isBefore(other, at, last)) continue;
    for (const one of other.before) last.before.add(one);
    last.before.add(at);
    if (last.madeBy !== at && other.actor !== last.actor) races.push({ at, beginners: beginners(steps, at) });
  }
  return races;
}

const isBefore = (one: Made, at: number, last: Made) =>
  last.madeBy === at || areDependent(one.footprint, last.footprint);

/** Of all that does not need the step at `at`, up to the last step: the actors that could come first. */
function beginners(steps: readonly Made[], at: number): Set<string> {
  const free: number[] = [];
  const actors = new Set<string>();
  for (let next = at + 1; next < steps.length; next++) {
    const { before, actor } = steps[next] as Made;
    const isLast = next === steps.length - 1;
    if (before.has(at) && !isLast) continue;
    const isFirst = !free.some((one) => before.has(one));
    free.push(next);
    if (isFirst) actors.add(actor);
  }
  return actors;
}
