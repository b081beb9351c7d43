import type { State, WireEvent } from '../oracle/world.ts';
import type { Random } from './random.ts';

export const TEAM = 'red';
export const PROJECT = 'p';

/** Makes events one after the other; what a sender sends has ids of its own. */
type Maker = (random: Random, sender: number) => () => WireEvent;

export const makers = {
  run: runEvents,
  collection: collectionEvents,
  custom: customEvents,
} satisfies Record<string, Maker>;

function runEvents(random: Random, sender: number): () => WireEvent {
  const about = { team: TEAM, project: PROJECT, user: 'ada', run: { id: `run-${sender}` } };
  let [step, number] = [0, 0];
  return () => {
    const id = `e${sender}-${number++}`;
    if (random.chance(0.3)) {
      const state = random.pick<State>(['RUNNING', 'FAILED', 'FINISHED', 'RUNNING', 'CRASHED']);
      return { type: 'run.state', id, ...about, state };
    }
    const points = Array.from({ length: random.between(1, 4) }, () => {
      // Now and then one that comes late.
      const at = random.chance(0.1) ? Math.max(0, step - 2) : step++;
      const loss = random.chance(0.08) ? ('NaN' as const) : random.pick([0.1, 0.2, 0.4, 0.6, 0.9]);
      return { step: at, metrics: { loss } };
    });
    return { type: 'run.metrics', id, ...about, points };
  };
}

function collectionEvents(random: Random, sender: number): () => WireEvent {
  let number = 0;
  return () => {
    const version = number++;
    return {
      type: 'artifact.alias_added',
      id: `e${sender}-${version}`,
      ...{ team: TEAM, project: PROJECT, user: 'ada' },
      collection: { name: random.chance(0.8) ? 'c' : 'other', type: 'model' },
      ...{ version: `v${version}`, index: version, aliases: [], tags: [], metadata: {} },
      alias: random.chance(0.7) ? 'production' : 'staging',
    };
  };
}

function customEvents(_random: Random, sender: number): () => WireEvent {
  let number = 0;
  return () => ({
    type: 'custom.deploy',
    id: `e${sender}-${number++}`,
    team: TEAM,
    project: PROJECT,
    data: {},
  });
}
