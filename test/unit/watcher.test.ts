import { AutomationInput } from '../../core/automation.ts';
import { deliveryId } from '../../core/delivery.ts';
import { applyMetrics, newRunState } from '../../core/run-state.ts';
import { scopeKey, scopeKeysCovering } from '../../core/scope.ts';
import { isTemplateVariable } from '../../core/template-variables.ts';
import { matchArtifact, thresholdWatchers, toMetricDelivery } from '../../core/watcher.ts';
import {
  aDefinition,
  aLinkedEvent,
  aMetricsEvent,
  anAliasEvent,
  aWatcher,
  onArtifact,
  pointsOf,
} from '../support/builders.ts';

const arrival = { receivedAtMs: 1_700_000_000_000, depth: 1, nowMs: 1_700_000_000_100 };

describe('an artifact event', () => {
  const watcher = (filter: object) => aWatcher({ trigger: onArtifact('artifact.alias_added', filter) });

  test('fires each watcher whose filter takes it', () => {
    const watchers = [watcher({ alias: { $regex: '^production$' } }), watcher({ alias: 'staging' })];
    expect(matchArtifact(anAliasEvent(), watchers, arrival)).toHaveLength(1);
  });

  test('gives its delivery the facts that templates name', () => {
    const payload = { a: '${artifact_metadata.data.rows}', b: '${artifact_metadata.none}' };
    const action = { type: 'webhook' as const, integration: 'int_9', payload };
    const [delivery] = matchArtifact(anAliasEvent(), [aWatcher({ action })], arrival);
    expect(delivery).toMatchObject({
      automationId: 'aut_1',
      integrationId: 'int_9',
      depth: 1,
      facts: {
        automation_name: 'loss is low',
        event_type: 'ADD_ARTIFACT_ALIAS',
        event_author: 'ada',
        entity_name: 'vision',
        project_name: 'wandb-registry-models',
        registry_name: 'models',
        artifact_collection_name: 'detector',
        artifact_version_string: 'vision/wandb-registry-models/detector:v3',
        artifact_version_index: 3,
        alias: 'production',
        event_id: 'alias-1',
        delivery_id: delivery!.id,
        'artifact_metadata.data.rows': 12,
        time: '2023-11-14T22:13:20.000Z',
      },
    });
    expect(delivery!.facts).not.toHaveProperty('artifact_metadata.none');
    expect(delivery!.facts).not.toHaveProperty('metric_value');
  });

  test('stays small although its payload names one large value many times', () => {
    const payload = { a: '${artifact_metadata.a}', b: '${artifact_metadata.a.b}' };
    const action = { type: 'webhook' as const, integration: 'int_9', payload };
    const event = anAliasEvent({ metadata: { a: { b: 'x'.repeat(30_000) } } });
    const [delivery] = matchArtifact(event, [aWatcher({ action })], arrival);
    expect(delivery!.facts['artifact_metadata.a.b']).toBe('[too large]');
    expect(JSON.stringify(delivery).length).toBeLessThan(35_000);
  });

  test('has the same delivery however often and whenever it is matched', () => {
    const ids = [arrival, { ...arrival, nowMs: 1, receivedAtMs: 2 }].map(
      (when) => matchArtifact(aLinkedEvent(), [aWatcher()], when)[0]!.id,
    );
    expect(ids[0]).toBe(ids[1]);
  });
});

test('a metric firing tells value, window, step and condition', () => {
  const watchers = thresholdWatchers([aWatcher()]);
  const event = aMetricsEvent({ points: pointsOf('loss', [0.7, 0.25]) });
  const [firing] = applyMetrics(newRunState(), event, 5, new Map([['loss', watchers]]));
  expect(toMetricDelivery(firing!, event, arrival).facts).toMatchObject({
    event_type: 'RUN_METRIC',
    run_name: 'calm-lake-1',
    run_id: 'run-1',
    metric_name: 'loss',
    metric_value: 0.25,
    metric_values: [0.25],
    metric_filter: 'loss < 0.5',
    metric_current_status: 'loss is 0.25 at step 1',
    step: 1,
  });
});

describe('the id of a delivery', () => {
  const occurrence = { run: 'r', team: 't', project: 'p', attempt: 0, metric: 'loss', step: 4 };

  test.each([
    ['run', 'r2'],
    ['team', 't2'],
    ['project', 'p2'],
    ['attempt', 1],
    ['metric', 'acc'],
    ['step', 5],
  ])('differs by %s', (field, value) => {
    expect(deliveryId('aut_1', { ...occurrence, [field]: value })).not.toBe(deliveryId('aut_1', occurrence));
  });

  test('differs by automation and by team, so that two teams may use the same event id', () => {
    const ids = [
      deliveryId('aut_1', { event: '1', team: 'a' }),
      deliveryId('aut_2', { event: '1', team: 'a' }),
      deliveryId('aut_1', { event: '1', team: 'b' }),
    ];
    expect(new Set(ids).size).toBe(3);
  });
});

describe('scopes', () => {
  test('that cover a registry’s collection', () => {
    expect(scopeKeysCovering({ team: 't', registry: 'm', collection: 'c' })).toEqual([
      'organization',
      'team/t',
      'registry/m',
      'collection/registry/m/c',
    ]);
  });

  test('that cover a run', () => {
    expect(scopeKeysCovering({ team: 't', project: 'p' })).toEqual(['organization', 'team/t', 'project/t/p']);
  });

  test('of an automation and of its events are the same text', () => {
    const covering = scopeKeysCovering({ team: 't', project: 'p', collection: 'c' });
    expect(covering).toContain(scopeKey({ kind: 'collection', team: 't', project: 'p', collection: 'c' }));
    expect(covering).toContain(scopeKey({ kind: 'project', team: 't', project: 'p' }));
  });
});

describe('an automation', () => {
  const valid = { ...aDefinition(), enabled: true };

  test.each<[string, object, string]>([
    ['a scope of another team', { scope: { kind: 'team', team: 'other' } }, 'scope.team'],
    ['run metrics in a registry', { scope: { kind: 'registry', registry: 'm' } }, 'scope.kind'],
    ['a collection in no place', { scope: { kind: 'collection', collection: 'c' } }, 'scope'],
    [
      'a window of none',
      { trigger: { event: 'run.metrics', threshold: { metric: 'a', comparison: '<', value: 1, window: 0 } } },
      'trigger.threshold.window',
    ],
    [
      'a window beyond 1,000',
      {
        trigger: {
          event: 'run.metrics',
          threshold: { metric: 'a', comparison: '<', value: 1, window: 1001 },
        },
      },
      'trigger.threshold.window',
    ],
    [
      'a pattern that is none',
      { trigger: onArtifact('artifact.alias_added', { alias: { $regex: '(' } }) },
      'trigger.filter.alias.$regex',
    ],
    [
      'alias in a filter of links',
      { trigger: onArtifact('artifact.linked', { alias: 'x' }) },
      'trigger.filter.alias',
    ],
    [
      'a registry named as a project',
      { scope: { kind: 'project', team: 'vision', project: 'wandb-registry-m' } },
      'scope.project',
    ],
    [
      'a filter of more than 16 KiB',
      { trigger: onArtifact('artifact.linked', { version: 'x'.repeat(17_000) }) },
      'trigger.filter',
    ],
    ['an unknown field', { nam: 'x' }, ''],
  ])('with %s is refused at that field', (_name, change, field) => {
    const result = AutomationInput.safeParse({ ...valid, ...change });
    expect(result.error?.issues[0]?.path.join('.')).toBe(field);
  });

  test('gets W&B’s defaults', () => {
    const trigger = { event: 'run.metrics', threshold: { metric: 'a', comparison: '<', value: 1 } };
    const { trigger: parsed } = AutomationInput.parse({ ...valid, trigger });
    expect(parsed).toMatchObject({ threshold: { aggregate: 'last', window: 1 }, filter: {} });
  });
});

test.each([
  ['alias', true],
  ['artifact_metadata.a.b', true],
  ['run_config.lr', true],
  ['artifact_metadata', false],
  ['artifact_metadata.', false],
  ['aliass', false],
  ['toString', false],
])('%s is a template variable: %p', (name, expected) => {
  expect(isTemplateVariable(name)).toBe(expected);
});
