import type { AutomationDefinition } from '../../core/automation.ts';
import { watchedBy } from '../../core/watched.ts';
import { aDefinition, onEvent, onMetrics, onStates, onThreshold } from '../support/builders.ts';

const REGISTRY = { kind: 'registry', registry: 'models' } as const;
const collection = (name: string) => ({ kind: 'collection', registry: 'models', collection: name }) as const;
const linked = (filter = {}, scope: AutomationDefinition['scope'] = REGISTRY) =>
  aDefinition({ scope, trigger: onEvent('artifact.linked', filter) });

const nothing = { everything: false, eventTypes: [], metrics: [], collections: [] };

test.each<[string, AutomationDefinition[], object]>([
  ['nobody', [], {}],
  [
    'a threshold: its metric, and the states that rewind a run and begin its attempts',
    [aDefinition()],
    { eventTypes: ['run.metrics', 'run.state'], metrics: ['loss'] },
  ],
  [
    'a filter of runs narrows nothing: a value counts although its event is not taken',
    [aDefinition({ trigger: onThreshold({}, { filter: { 'run.name': '^prod' } }) })],
    { eventTypes: ['run.metrics', 'run.state'], metrics: ['loss'] },
  ],
  [
    'two metrics, each once',
    [
      aDefinition({ trigger: onMetrics({ not_finite: { metric: 'loss' } }) }),
      aDefinition({ trigger: onThreshold({ metric: 'acc' }) }),
      aDefinition(),
    ],
    { eventTypes: ['run.metrics', 'run.state'], metrics: ['acc', 'loss'] },
  ],
  [
    'states want the pulse of a run as well',
    [aDefinition({ trigger: onStates(['FAILED']) })],
    { eventTypes: ['run.heartbeat', 'run.state'] },
  ],
  [
    'a custom event has no collection',
    [aDefinition({ trigger: onEvent('custom.nightly', { data: 'x' }) })],
    { eventTypes: ['custom.nightly'] },
  ],
  ['a collection', [linked({}, collection('a'))], { eventTypes: ['artifact.linked'], collections: ['a'] }],
  [
    'a filter that names collections',
    [linked({ 'collection.name': { $in: ['b', 'a'] }, alias: 'x' }), linked({ 'collection.name': 'c' })],
    { eventTypes: ['artifact.linked'], collections: ['a', 'b', 'c'] },
  ],
  [
    'a pattern of names: any collection',
    [linked({ 'collection.name': { $regex: '^det' } }), linked({}, collection('a'))],
    { eventTypes: ['artifact.linked'], collections: null },
  ],
  [
    'one of two ways to be taken: any collection',
    [linked({ $or: [{ 'collection.name': 'a' }, { 'metadata.n': 1 }] })],
    { eventTypes: ['artifact.linked'], collections: null },
  ],
  [
    'a filter that names something else: any collection',
    [linked({ alias: 'production', version: { $regex: '^v' } })],
    { eventTypes: ['artifact.linked'], collections: null },
  ],
  [
    'tags of collections: any collection',
    [aDefinition({ scope: REGISTRY, trigger: onEvent('collection.tag_added') })],
    { eventTypes: ['collection.tag_added'], collections: null },
  ],
  ['a filter that no name meets', [linked({ 'collection.name': 7 })], { eventTypes: ['artifact.linked'] }],
])('what is watched by %s', (_what, automations, expected) => {
  expect(watchedBy(automations)).toEqual({ ...nothing, ...expected });
});

test('who watches more than 5,000 names, all together, is sent everything', () => {
  const collections = Array.from({ length: 4_000 }, (_, at) => linked({}, collection(`c${at}`)));
  const metrics = Array.from({ length: 998 }, (_, at) =>
    aDefinition({ trigger: onThreshold({ metric: `m${at}` }) }),
  );
  // And three types of events.
  const many = [...collections, ...metrics];
  const everything = { everything: true, eventTypes: null, metrics: null, collections: null };
  expect(watchedBy(many)).toEqual(everything);
  expect(watchedBy(many.slice(1)).everything).toBe(false);
});

test.each([
  ['artifact.', { eventTypes: ['artifact.linked'], collections: ['a'] }],
  ['run.', { eventTypes: ['run.metrics', 'run.state'], metrics: ['loss'] }],
  ['custom.', {}],
])('whoever may post only %s* is told of nothing else', (kind, expected) => {
  const automations = [aDefinition(), linked({}, collection('a'))];
  expect(watchedBy(automations, (type) => type.startsWith(kind))).toEqual({ ...nothing, ...expected });
});
