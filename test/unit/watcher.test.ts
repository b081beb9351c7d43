import { AutomationInput, triggerHash } from '../../core/automation.ts';
import { deliveryId } from '../../core/delivery.ts';
import type { ArtifactEvent } from '../../core/event.ts';
import { plainDelivery } from '../../core/firing.ts';
import { eventReader } from '../../core/matching/event-reader.ts';
import { detailsOfZod } from '../../core/problem.ts';
import { type Scope, scopeKey, scopeKeysCovering } from '../../core/scope.ts';
import { isTemplateVariable } from '../../core/template-variables.ts';
import { watchesOf } from '../../core/watch.ts';
import {
  aDefinition,
  aLinkedEvent,
  anAliasEvent,
  aWatcher,
  onEvent,
  onMetrics,
  onStates,
  onThreshold,
} from '../support/builders.ts';

const arrival = { receivedAtMs: 1_700_000_000_000, depth: 1, nowMs: 1_700_000_000_100 };

/** The deliveries of the automations whose filter takes the event. */
const firing = (event: ArtifactEvent, watchers: ReturnType<typeof aWatcher>[], when = arrival) =>
  watchers
    .filter(({ filter }) => filter.test(eventReader(event).field))
    .map((watcher) => plainDelivery(watcher, event, when));

describe('an artifact event', () => {
  const watcher = (filter: object) => aWatcher({ trigger: onEvent('artifact.alias_added', filter) });

  test('fires each watcher whose filter takes it', () => {
    const watchers = [watcher({ alias: { $regex: '^production$' } }), watcher({ alias: 'staging' })];
    expect(firing(anAliasEvent(), watchers)).toHaveLength(1);
  });

  test('gives its delivery the facts that templates name', () => {
    const payload = { a: '${artifact_metadata.data.rows}', b: '${artifact_metadata.none}' };
    const action = { type: 'webhook' as const, integration: 'int_9', payload };
    const [delivery] = firing(anAliasEvent(), [
      aWatcher({ action, trigger: onEvent('artifact.alias_added') }),
    ]);
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
    const [delivery] = firing(event, [aWatcher({ action, trigger: onEvent('artifact.alias_added') })]);
    expect(delivery!.facts['artifact_metadata.a.b']).toBe('[too large]');
    expect(JSON.stringify(delivery).length).toBeLessThan(35_000);
  });

  test('has the same delivery however often and whenever it is matched', () => {
    const ids = [arrival, { ...arrival, nowMs: 1, receivedAtMs: 2 }].map(
      (when) => firing(aLinkedEvent(), [watcher({})], when)[0]!.id,
    );
    expect(ids[0]).toBe(ids[1]);
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

  const metrics = (condition: object, rest: object = {}) => ({
    trigger: { event: 'run.metrics', ...condition, ...rest },
  });
  const threshold = (change: object) =>
    metrics({ threshold: { metric: 'a', comparison: '<', value: 1, ...change } });
  const on = (event: string, filter: object) => ({ trigger: { event, filter } });

  test.each<[string, object, string]>([
    ['a scope of another team', { scope: { kind: 'team', team: 'other' } }, 'scope.team'],
    ['a collection in no place', { scope: { kind: 'collection', collection: 'c' } }, 'scope'],
    ['a window of none', threshold({ window: 0 }), 'trigger.threshold.window'],
    ['a window beyond 1,000', threshold({ window: 1001 }), 'trigger.threshold.window'],
    ['a window of a half', threshold({ window: 1.5 }), 'trigger.threshold.window'],
    ['no value', threshold({ value: undefined }), 'trigger.threshold.value'],
    ['two values for one comparison', threshold({ values: [1, 2] }), 'trigger.threshold.values'],
    [
      'a range without its values',
      threshold({ comparison: 'between', value: undefined }),
      'trigger.threshold.values',
    ],
    [
      'a range with one value',
      threshold({ comparison: 'outside', values: [1, 2] }),
      'trigger.threshold.value',
    ],
    [
      'a range from high to low',
      threshold({ comparison: 'between', value: undefined, values: [2, 1] }),
      'trigger.threshold.values',
    ],
    ['a change of nothing', metrics({ change: { metric: 'a', amount: 0 } }), 'trigger.change.amount'],
    [
      'a change of last',
      metrics({ change: { metric: 'a', amount: 1, aggregate: 'last' } }),
      'trigger.change.aggregate',
    ],
    ['a z-score of one value', metrics({ zscore: { metric: 'a', window: 1 } }), 'trigger.zscore.window'],
    ['a z-score of 0', metrics({ zscore: { metric: 'a', threshold: 0 } }), 'trigger.zscore.threshold'],
    ['no condition', metrics({}), 'trigger'],
    ['two conditions', metrics({ not_finite: { metric: 'a' }, zscore: { metric: 'a' } }), 'trigger'],
    ['no state', { trigger: { event: 'run.state', states: [] } }, 'trigger.states'],
    ['an unknown state', { trigger: { event: 'run.state', states: ['DONE'] } }, 'trigger.states.0'],
    [
      'a repeat that is none',
      metrics({ not_finite: { metric: 'a' } }, { repeat: { mode: 'often' } }),
      'trigger.repeat.mode',
    ],
    [
      'an interval of no time',
      metrics({ not_finite: { metric: 'a' } }, { repeat: { mode: 'interval', seconds: 0 } }),
      'trigger.repeat.seconds',
    ],
    [
      'a repeat on an artifact event',
      { trigger: { event: 'artifact.linked', repeat: { mode: 'once_a_day' } } },
      'trigger.repeat',
    ],
    ['heartbeats', { trigger: { event: 'run.heartbeat' } }, 'trigger.event'],
    [
      'a pattern that is none',
      on('artifact.alias_added', { alias: { $regex: '(' } }),
      'trigger.filter.alias.$regex',
    ],
    ['alias in a filter of links', on('artifact.linked', { alias: 'x' }), 'trigger.filter.alias'],
    ['tag in a filter of aliases', on('artifact.alias_added', { tag: 'x' }), 'trigger.filter.tag'],
    [
      'a state in a filter of metrics',
      metrics({ not_finite: { metric: 'a' } }, { filter: { state: 'FAILED' } }),
      'trigger.filter.state',
    ],
    [
      'a registry named as a project',
      { scope: { kind: 'project', team: 'vision', project: 'wandb-registry-m' } },
      'scope.project',
    ],
    [
      'a filter of more than 16 KiB',
      on('artifact.linked', { version: 'x'.repeat(17_000) }),
      'trigger.filter',
    ],
    ['an unknown field', { nam: 'x' }, 'nam'],
  ])('with %s is refused at that field', (_name, change, field) => {
    const result = AutomationInput.safeParse({ ...valid, ...change });
    expect(result.error && detailsOfZod(result.error).field).toBe(field);
  });

  const scopes = {
    organization: { kind: 'organization' },
    team: { kind: 'team', team: 'vision' },
    project: { kind: 'project', team: 'vision', project: 'mnist' },
    registry: { kind: 'registry', registry: 'models' },
    collection: { kind: 'collection', team: 'vision', project: 'mnist', collection: 'c' },
    'registry’s collection': { kind: 'collection', registry: 'models', collection: 'c' },
  };
  const plain = ['linked', 'unlinked', 'alias_added', 'alias_removed', 'tag_added', 'tag_removed'];
  const triggers: [string, object, (keyof typeof scopes)[]][] = [
    ...[...plain.map((name) => `artifact.${name}`), 'collection.tag_added', 'collection.tag_removed'].map(
      (event): [string, object, (keyof typeof scopes)[]] => [event, { event }, []],
    ),
    ['artifact.created', { event: 'artifact.created' }, ['registry', 'registry’s collection']],
    ['custom events', { event: 'custom.x' }, ['collection', 'registry’s collection']],
    [
      'run states',
      { event: 'run.state', states: ['FAILED'] },
      ['registry', 'collection', 'registry’s collection'],
    ],
    [
      'run metrics',
      { event: 'run.metrics', not_finite: { metric: 'a' } },
      ['registry', 'collection', 'registry’s collection'],
    ],
  ];
  const pairs = triggers.flatMap(([name, trigger, refused]) =>
    Object.entries(scopes).map(([kind, scope]) => ({
      name,
      kind,
      automation: { ...valid, trigger, scope },
      verdict: refused.includes(kind as keyof typeof scopes) ? 'refused' : 'taken',
    })),
  );

  test.each(pairs)('on $name at the scope $kind is $verdict', ({ automation, verdict }) => {
    const issues = AutomationInput.safeParse(automation).error?.issues.map(({ path }) => path.join('.'));
    expect(issues).toEqual(verdict === 'refused' ? ['scope.kind'] : undefined);
  });

  test('gets W&B’s defaults', () => {
    const trigger = { event: 'run.metrics', threshold: { metric: 'a', comparison: '<', value: 1 } };
    const { trigger: parsed } = AutomationInput.parse({ ...valid, trigger });
    expect(parsed).toMatchObject({
      threshold: { aggregate: 'last', window: 1 },
      filter: {},
      repeat: { mode: 'once_a_day' },
    });
  });
});

describe('what an automation watches', () => {
  const scope = { kind: 'project', team: 'vision', project: 'mnist' } as const;
  const key = 'project/vision/mnist';

  test.each([
    ['an event', onEvent('artifact.linked'), [{ event: 'artifact.linked', metric: '' }]],
    ['run states', onStates(['FAILED', 'KILLED']), [{ event: 'run.state', metric: '' }]],
    ['a metric', onThreshold({ metric: 'a#b' }), [{ event: 'run.metrics', metric: 'a#b' }]],
    [
      'a metric across values',
      onMetrics({ zscore: { metric: 'a' } }),
      [{ event: 'run.metrics', metric: 'a' }],
    ],
    [
      'a metric across runs: the ends of runs as well',
      onMetrics({ zscore: { metric: 'a', across: 'runs' } }),
      [
        { event: 'run.metrics', metric: 'a' },
        { event: 'run.ended', metric: 'a' },
      ],
    ],
  ])('is %s', (_name, trigger, watches) => {
    expect(watchesOf({ scope, trigger })).toEqual(watches.map((watch) => ({ scopeKey: key, ...watch })));
  });

  test.each<[string, Scope, string]>([
    ['project', { kind: 'collection', team: 'vision', project: 'mnist', collection: 'c' }, key],
    ['registry', { kind: 'collection', registry: 'models', collection: 'c' }, 'registry/models'],
  ])('is in a collection also found from its %s', (_name, of, around) => {
    const trigger = onEvent('artifact.linked');
    expect(watchesOf({ scope: of, trigger })).toEqual([
      { scopeKey: scopeKey(of), event: 'artifact.linked', metric: '' },
      { scopeKey: around, event: 'inside', metric: '' },
    ]);
  });

  test('tells its trigger from another by scope and trigger alone', () => {
    const hash = triggerHash(aDefinition());
    expect(triggerHash(aDefinition({ name: 'other', action: { type: 'no_op' } }))).toBe(hash);
    expect(triggerHash(aDefinition({ scope: { kind: 'organization' } }))).not.toBe(hash);
    expect(triggerHash(aDefinition({ trigger: onThreshold({ value: 0.4 }) }))).not.toBe(hash);
    expect(
      triggerHash(aDefinition({ trigger: onThreshold({}, { repeat: { mode: 'every_time' } }) })),
    ).not.toBe(hash);
  });
});

test.each([
  ['alias', true],
  ['artifact_metadata.a.b', true],
  ['run_config.lr', true],
  ['artifact_metadata', true],
  ['artifact_metadata.', false],
  ['aliass', false],
  ['toString', false],
])('%s is a template variable: %p', (name, expected) => {
  expect(isTemplateVariable(name)).toBe(expected);
});
