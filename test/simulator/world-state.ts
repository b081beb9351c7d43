import { hash } from 'node:crypto';
import { receiverOf } from './footprint.ts';
import type { About } from './nature.ts';
import type { World } from './world.ts';

/** What a world plans to do. */
export interface Planned {
  atMs: number;
  about: About | undefined;
}

/** Everything that what comes next depends on, as a hash. `more` is what only its explorer knows. */
export function stateOf(world: World, planned: readonly Planned[], more: unknown[]): string {
  const { table, functions, receivers, nowMs, queues } = world;
  const items = [...table.items()].map((item) => JSON.stringify(item, withSets)).sort();
  const waiting = [queues.events, queues.deliveries].map((one) => [
    one.describe(),
    one.deadLetters?.describe(),
  ]);
  const tasks = [...functions.underWay].map(({ name, container }) => `${name} ${container.seen}`).sort();
  const plans = planned
    .map(({ atMs, about }) => [atMs, about?.what, about?.task.container.seen].join())
    .sort();
  const posts = Object.entries(Object.groupBy(receivers.posts, receiverOf)).sort(byName);
  return hash('md5', JSON.stringify([items, waiting, tasks, plans, posts, nowMs, more]), 'base64');
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

const withSets = (_name: string, value: unknown) => (value instanceof Set ? [...value].sort() : value);
