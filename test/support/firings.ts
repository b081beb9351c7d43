import { type Action, templateOf } from '../../core/action.ts';
import type { Facts } from '../../core/delivery.ts';
import type { OpenedEvent } from '../../core/event-message.ts';
import { parseEvent } from '../../core/received-event.ts';
import { type FiringContext, factsOf } from '../../core/template-variables.ts';
import { conditionOf, type MetricsTrigger } from '../../core/trigger.ts';
import { onMetrics } from './builders.ts';

const artifact = {
  id: 'evt-1',
  time: '2026-11-24T10:00:00Z',
  team: 'vision',
  registry: 'models',
  user: 'ada',
  url: 'https://hub.example.com/models/detector/v3',
  collection: { name: 'detector', type: 'model' },
  version: 'v3',
  index: 3,
  aliases: ['latest'],
  tags: ['eu'],
  metadata: { eval: { accuracy: 0.97 }, 'top-1': [1, 2] },
};
const {
  version: _version,
  index: _index,
  aliases: _aliases,
  tags: _tags,
  metadata: _metadata,
  ...ofCollection
} = artifact;
const { registry: _registry, ...inProject } = { ...artifact, project: 'mnist' };
const run = {
  id: 'run-1',
  name: 'calm-lake-1',
  user: 'grace',
  config: { optimizer: { lr: 0.001 }, layers: [8, 8] },
  url: 'https://hub.example.com/mnist/runs/run-1',
};
const ofRun = {
  url: 'https://hub.example.com/mnist',
  id: 'evt-1',
  time: '2026-11-24T10:00:00Z',
  team: 'vision',
  project: 'mnist',
  run,
};

/** A full event of each type that can fire. */
const events: Record<string, object> = {
  'artifact.created': inProject,
  'artifact.linked': artifact,
  'artifact.unlinked': artifact,
  'artifact.alias_added': { ...artifact, alias: 'production' },
  'artifact.alias_removed': { ...artifact, alias: 'production' },
  'artifact.tag_added': { ...artifact, tag: 'approved' },
  'artifact.tag_removed': { ...artifact, tag: 'approved' },
  'collection.tag_added': { ...ofCollection, tag: 'approved' },
  'collection.tag_removed': { ...ofCollection, tag: 'approved' },
  'run.state': { ...ofRun, state: 'FAILED' },
  'custom.nightly': {
    id: 'evt-1',
    time: '2026-11-24T10:00:00Z',
    team: 'vision',
    project: 'mnist',
    user: 'ada',
    url: 'https://ci.example.com/42',
    data: { minutes: 12, stages: [{ name: 'train' }] },
  },
  'custom.released': {
    id: 'evt-1',
    time: '2026-11-24T10:00:00Z',
    team: 'vision',
    registry: 'models',
    data: 'v2',
  },
};

type Metric = Omit<NonNullable<FiringContext['metric']>, 'condition'>;
const conditions: Record<string, { condition: object; metric: Metric }> = {
  threshold: {
    condition: {
      threshold: { metric: 'loss', aggregate: 'average', window: 5, comparison: '<', value: 0.3 },
    },
    metric: {
      name: 'loss',
      value: 0.28,
      window: [0.3, 0.29, 0.28, 0.27, 0.26],
      step: 12,
      time: '2026-11-24T10:00:01Z',
    },
  },
  change: {
    condition: {
      change: { metric: 'loss', window: 3, prior_window: 20, direction: 'increase', amount: 0.1 },
    },
    metric: { name: 'loss', value: 0.25, window: [0.4, 0.5, 0.6], step: 60 },
  },
  zscore: {
    condition: { zscore: { metric: 'grad_norm', window: 12, threshold: 3, direction: 'above' } },
    metric: { name: 'grad_norm', value: 4.5, window: [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 9], step: 13 },
  },
  not_finite: {
    condition: { not_finite: { metric: 'loss' } },
    metric: { name: 'loss', value: Number.NaN, window: [Number.NaN], step: 7 },
  },
};

function contextOf(event: object, metric?: FiringContext['metric']): FiringContext {
  return {
    automation: { id: 'aut_1', name: 'watch the detector' },
    deliveryId: 'dlv_1',
    receivedAtMs: Date.UTC(2026, 10, 24, 10, 0, 2),
    event: event as OpenedEvent,
    ...(metric && { metric }),
  };
}

const ofEvent = (type: string, event: object | undefined) => (action: Action) =>
  factsOf(contextOf(parseEvent({ type, ...event }).event), templateOf(action));

const ofCondition = (kind: string, about: object) => (action: Action) => {
  const { condition, metric } = conditions[kind]!;
  const made = conditionOf(onMetrics(condition) as MetricsTrigger);
  return factsOf(
    contextOf({ type: 'run.metrics', ...about }, { ...metric, condition: made }),
    templateOf(action),
  );
};

type Firings = Record<string, (action: Action) => Facts>;

/** The facts of one firing of every kind of trigger, for an action whose templates may name paths. */
export const firings: Firings = {
  ...Object.fromEntries(Object.keys(events).map((type) => [type, ofEvent(type, events[type])])),
  ...Object.fromEntries(Object.keys(conditions).map((kind) => [kind, ofCondition(kind, ofRun)])),
};

const OPTIONAL = ['registry', 'time', 'user', 'url', 'index', 'aliases', 'tags', 'metadata', 'data'];

/** An event that carries no more than it must. */
function bare(event: object): object {
  const kept = Object.entries(event).filter(([name]) => !OPTIONAL.includes(name));
  return { project: 'mnist', ...Object.fromEntries(kept), ...('run' in event && { run: { id: 'run-1' } }) };
}

/** The same of events that carry no more than they must; a custom event need not even be in a project. */
export const bareFirings: Firings = {
  ...Object.fromEntries(Object.entries(events).map(([type, event]) => [type, ofEvent(type, bare(event))])),
  ...Object.fromEntries(Object.keys(conditions).map((kind) => [kind, ofCondition(kind, bare(ofRun))])),
  'custom.nightly': ofEvent('custom.nightly', { id: 'evt-1', team: 'vision' }),
};

/** The facts of a version whose metadata is larger than a delivery keeps. */
export function largeFacts(action: Action): Facts {
  const half = 'x'.repeat(20_000);
  const metadata = { ...artifact.metadata, big: 'x'.repeat(40_000), half, other_half: half };
  return ofEvent('artifact.linked', { ...artifact, metadata })(action);
}
