import type { WireEvent } from '../oracle/world.ts';
import { PROJECT, TEAM } from './events.ts';
import { anAutomation, type Plan, type PlannedAutomation } from './plan.ts';

/** A world small enough to go every way through it. */
export interface SmallWorld {
  name: string;
  crashes: number;
  /** A request that comes within this time after an answer may as well come before any call that is under way. */
  soonMs: number;
  plan: (firstMs: number) => Plan;
}

const SOON_MS = 100;

const about = { team: TEAM, project: PROJECT, user: 'ada' };

const anAlias = (id: string): WireEvent => ({
  ...{ type: 'artifact.alias_added', id, ...about, collection: { name: 'c', type: 'model' } },
  ...{ version: 'v0', index: 0, aliases: [], tags: [], metadata: {}, alias: 'production' },
});
const aPoint = (id: string, step: number): WireEvent => ({
  ...{ type: 'run.metrics', id, ...about, run: { id: 'r' }, points: [{ step, metrics: { loss: 0.1 } }] },
});
const aState = (id: string): WireEvent => ({
  type: 'run.state',
  id,
  ...about,
  run: { id: 'r' },
  state: 'FAILED',
});

const onAlias = (more?: Partial<PlannedAutomation>) => anAutomation({ event: 'artifact.alias_added' }, more);
const onLoss = (mode: 'every_time' | 'once_per_run') =>
  anAutomation({
    event: 'run.metrics',
    threshold: { metric: 'loss', comparison: '<', value: 0.5 },
    repeat: { mode },
  });
const onFailure = () => anAutomation({ event: 'run.state', states: ['FAILED'] });

/** `requests` are posted one after the other, `apartMs` from each other. */
function aPlan(automations: PlannedAutomation[], requests: WireEvent[][], apartMs = 0) {
  return (firstMs: number): Plan => ({
    team: TEAM,
    integrations: [{ url: 'https://hook-0.example.com/in', manner: 'well', endsWell: true }],
    automations,
    senders: [requests.map((events, at) => ({ atMs: firstMs + at * apartMs, events }))],
    ...{ rotations: [], broken: [], quietFromMs: firstMs, daysLater: 1 },
  });
}

export const smallWorlds: SmallWorld[] = [
  { name: '1 event, 1 automation', crashes: 2, soonMs: SOON_MS, plan: aPlan([onAlias()], [[anAlias('a')]]) },
  {
    name: '1 event, 2 automations',
    crashes: 1,
    soonMs: SOON_MS,
    plan: aPlan([onAlias(), onAlias()], [[anAlias('a')]]),
  },
  {
    name: '1 point, 1 automation',
    crashes: 2,
    soonMs: SOON_MS,
    plan: aPlan([onLoss('every_time')], [[aPoint('a', 0)]]),
  },
  {
    name: '2 points in 2 requests, 1 automation with a latch',
    crashes: 2,
    soonMs: SOON_MS,
    plan: aPlan([onLoss('once_per_run')], [[aPoint('a', 0)], [aPoint('b', 1)]]),
  },
  {
    name: '2 points and a state in 1 request, 2 automations',
    crashes: 1,
    soonMs: SOON_MS,
    plan: aPlan([onLoss('once_per_run'), onFailure()], [[aPoint('a', 0), aPoint('b', 1), aState('c')]]),
  },
  {
    name: '3 events in 3 requests, 2 automations',
    crashes: 2,
    soonMs: 0,
    plan: aPlan([onAlias(), onLoss('every_time')], [[anAlias('a')], [aPoint('b', 0)], [aPoint('c', 1)]]),
  },
  {
    name: '2 events on one subject, superseding',
    crashes: 2,
    soonMs: SOON_MS,
    plan: aPlan([onAlias({ supersede: true })], [[anAlias('a')], [anAlias('b')]], 6_000),
  },
];
