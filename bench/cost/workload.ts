import { type Random, seeded } from '../random.ts';

/*
 * The events of the ledger: 90 % metrics of which a fifth are on watched metrics, 5 % run states, 5 % artifact
 * events; 1 % of each kind but states fires exactly one webhook, and 2 % of artifact events do, so that 1 % of all do.
 */

export const teams = ['vision', 'speech', 'robotics', 'search'];
const PROJECTS_OF_TEAM = 5;
export const projects = teams.flatMap((team) =>
  Array.from({ length: PROJECTS_OF_TEAM }, (_, at) => ({ team, project: `${team}-${at}`, at })),
);
export type Project = (typeof projects)[number];

/** Runs that send at the same time. */
export const RUNS = 200;

/** Watched in every project. Only a value of val/loss below this one fires. */
export const FIRING_BELOW = 0.1;
export const watched = ['val/loss', 'val/accuracy', 'grad/norm'] as const;

/** One project in five watches run states as well. */
export const watchesStates = ({ at }: Project) => at === 0;

export const FIRING_ALIAS = 'production';

export const share = { metrics: 0.9, states: 0.05, watched: 0.2, firing: 0.01, firingArtifacts: 0.02 };

interface Run {
  place: { team: string; project: string };
  user: string;
  run: Record<string, unknown>;
  step: number;
  version: number;
}

export interface Made {
  event: Record<string, unknown>;
  kind: 'metrics' | 'watched metrics' | 'state' | 'artifact';
  fires: boolean;
}

export interface Workload {
  /** The events of one request, as its client has them: of one run, unless the runs are mixed. */
  request(count: number, isMixed: boolean): Made[];
}

export function makeWorkload(seed: number): Workload {
  const random = seeded(seed);
  const runs = Array.from({ length: RUNS }, (_, at) => makeRun(at, seed, random));
  return {
    request(count, isMixed) {
      const run = random.pick(runs);
      const { team } = run.place;
      // A key may post events of its own team only.
      const others = isMixed ? runs.filter(({ place }) => place.team === team) : [run];
      return Array.from({ length: count }, () => makeEvent(random.pick(others), random));
    },
  };
}

function makeRun(at: number, seed: number, random: Random): Run {
  const { team, project } = random.pick(projects);
  const user = random.pick(['ada', 'grace', 'edsger', 'barbara']);
  const run = {
    id: `${random.int(2 ** 31).toString(36)}${seed}${at}`,
    name: `${random.pick(['brisk', 'misty', 'solar', 'young'])}-${random.pick(['haze', 'surf', 'wolf'])}-${at}`,
    tags: random.pick([['baseline'], ['sweep', 'a100'], []]),
    config: {
      lr: 0.0003,
      batch_size: random.pick([32, 64, 256]),
      model: random.pick(['resnet50', 'vit-b16']),
    },
    attempt: 0,
  };
  const url = `https://wandb.example.com/${team}/${project}/runs/${run.id}`;
  return { place: { team, project }, user, run: { ...run, url }, step: 0, version: 0 };
}

function makeEvent(run: Run, random: Random): Made {
  const at = random.next();
  if (at < share.metrics) return metricsEvent(run, random);
  if (at < share.metrics + share.states) return stateEvent(run, random);
  return artifactEvent(run, random);
}

const between = (random: Random, low: number, high: number) =>
  Math.round((low + random.next() * (high - low)) * 1e6) / 1e6;

/** One row of a run's history. */
function metricsEvent(run: Run, random: Random): Made {
  const isWatched = random.next() < share.watched;
  const fires = isWatched && random.next() < share.firing / share.watched;
  const loss = between(random, fires ? 0.01 : 0.2, fires ? FIRING_BELOW : 0.9);
  const values = isWatched
    ? { 'val/loss': loss, 'val/accuracy': between(random, 0.5, 0.9), 'grad/norm': between(random, 1, 2) }
    : { 'train/loss': between(random, 0.2, 0.9), 'train/accuracy': between(random, 0.5, 0.9) };
  const metrics = {
    ...values,
    lr: between(random, 0.0001, 0.0003),
    'gpu/0/memory_gb': between(random, 30, 40),
  };
  const step = run.step++;
  const points = [{ step, time: timeOf(run), metrics }];
  const event = { type: 'run.metrics', ...run.place, user: run.user, run: run.run, points };
  return { event, kind: isWatched ? 'watched metrics' : 'metrics', fires };
}

/** States that no automation names: they wait for FAILED. */
function stateEvent(run: Run, random: Random): Made {
  const state = random.pick(['RUNNING', 'PENDING']);
  const step = run.step++;
  const id = `${run.run['id']}-${step}`;
  const event = {
    type: 'run.state',
    id,
    time: timeOf(run),
    ...run.place,
    user: run.user,
    run: run.run,
    state,
  };
  return { event, kind: 'state', fires: false };
}

/** A version of the project's one model got an alias. */
function artifactEvent(run: Run, random: Random): Made {
  const fires = random.next() < share.firingArtifacts;
  const index = run.version++;
  const event = {
    type: 'artifact.alias_added',
    id: `${run.run['id']}-v${index}`,
    time: timeOf(run),
    ...run.place,
    user: run.user,
    collection: { name: `model-${run.run['name']}`, type: 'model' },
    version: `v${index}`,
    index,
    aliases: ['latest', `v${index}`],
    alias: fires ? FIRING_ALIAS : 'latest',
    url: `https://wandb.example.com/${run.place.team}/${run.place.project}/artifacts/v${index}`,
    metadata: { framework: 'pytorch', accuracy: between(random, 0.5, 0.9), epochs: random.int(90) },
  };
  return { event, kind: 'artifact', fires };
}

const FIRST_MS = Date.UTC(2026, 10, 24);
const timeOf = ({ step, version }: Run) => new Date(FIRST_MS + (step + version) * 1000).toISOString();
