import type { JsonValue } from '../../core/json.ts';
import {
  type FiringContext,
  factsOf,
  isTemplateVariable,
  templateVariableNames,
  variablesIn,
} from '../../core/template-variables.ts';
import { conditionOf, type MetricsTrigger } from '../../core/trigger.ts';
import { aCustomEvent, aLinkedEvent, anAliasEvent, aStateEvent, onThreshold } from '../support/builders.ts';

const automation = { id: 'aut_1', name: 'loss is low' };
const about = { automation, deliveryId: 'dlv_1', receivedAtMs: 0 };
const condition = conditionOf(onThreshold() as MetricsTrigger);
const metadata = { accuracy: 0.97, data: { rows: 12 }, tags: ['a', { b: 'c' }], none: null };
const linked: FiringContext = { ...about, event: aLinkedEvent({ metadata }) };
const always = {
  automation_name: 'loss is low',
  automation_id: 'aut_1',
  delivery_id: 'dlv_1',
  time: '1970-01-01T00:00:00.000Z',
};

const pathsOf = (template: JsonValue, context = linked) => {
  const plain = new Set(Object.keys(factsOf(context, undefined)));
  return Object.fromEntries(Object.entries(factsOf(context, template)).filter(([name]) => !plain.has(name)));
};

test.each<[string, FiringContext, object]>([
  [
    'a version that was linked',
    { ...about, event: aLinkedEvent({ url: 'https://w.test/v3' }) },
    {
      event_type: 'LINK_ARTIFACT',
      event_author: 'ada',
      event_url: 'https://w.test/v3',
      entity_name: 'vision',
      project_name: 'wandb-registry-models',
      registry_name: 'models',
      artifact_collection_name: 'detector',
      artifact_version: 'v3',
      artifact_version_index: 3,
    },
  ],
  [
    'an alias',
    { ...about, event: anAliasEvent() },
    { event_type: 'ADD_ARTIFACT_ALIAS', alias: 'production' },
  ],
  [
    'a state of a run without a name',
    { ...about, event: aStateEvent('FAILED', { run: { id: 'run-1', user: 'bob' }, url: 'https://w.test' }) },
    {
      event_type: 'RUN_STATE',
      run_status: 'FAILED',
      run_name: 'run-1',
      run_id: 'run-1',
      run_url: 'https://w.test',
    },
  ],
  [
    'a run that has its own URL',
    { ...about, event: aStateEvent('FAILED', { run: { id: 'run-1', name: 'lake', url: 'https://r.test' } }) },
    { run_name: 'lake', run_url: 'https://r.test' },
  ],
  [
    'a custom event',
    { ...about, event: aCustomEvent() },
    { event_type: 'custom.deployed', project_name: 'mnist' },
  ],
])('the facts of %s', (_, context, expected) => {
  expect(factsOf(context, undefined)).toMatchObject({ ...always, event_id: context.event.id, ...expected });
});

test('a metric’s facts are the newest of its window, and names for what JSON has not', () => {
  const window = Array.from({ length: 150 }, (_, at) => at);
  const metric = {
    name: 'loss',
    value: Number.NaN,
    window: [...window, Number.NEGATIVE_INFINITY],
    step: 7,
    condition,
  };
  const facts = factsOf({ ...about, event: aStateEvent('RUNNING'), metric }, undefined);
  expect(facts).toMatchObject({
    event_type: 'RUN_METRIC',
    metric_name: 'loss',
    metric_value: 'NaN',
    step: 7,
  });
  expect(facts['metric_values']).toEqual([...window.slice(51), '-Infinity']);
});

test('the time is the point’s, or the event’s, or that of receipt', () => {
  const metric = { name: 'loss', value: 1, window: [1], step: 0, condition };
  const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
  const timeOf = (change: object, more: object = {}) =>
    factsOf({ ...about, event: aStateEvent('RUNNING', change), metric: { ...metric, ...more } }, undefined)[
      'time'
    ];
  expect([timeOf({ time: early }, { time: late }), timeOf({ time: early }), timeOf({})]).toEqual([
    late,
    early,
    always.time,
  ]);
});

test.each<[string, JsonValue | undefined]>([
  ['artifact_metadata.accuracy', 0.97],
  ['artifact_metadata.data.rows', 12],
  ['artifact_metadata.data', { rows: 12 }],
  ['artifact_metadata', metadata],
  ['artifact_metadata.tags.0', 'a'],
  ['artifact_metadata.tags.1.b', 'c'],
  ['artifact_metadata.none', null],
  ['artifact_metadata.tags.length', undefined],
  ['artifact_metadata.tags.9', undefined],
  ['artifact_metadata.none.x', undefined],
  ['artifact_metadata.accuracy.x', undefined],
  ['artifact_metadata.toString', undefined],
  ['artifact_metadata.nothing', undefined],
  ['run_config.x', undefined],
  ['metadata.accuracy', undefined],
])('${%s} is %j', (name, value) => {
  expect(pathsOf({ a: `x \${${name}}` })[name]).toEqual(value);
});

test.each([
  ['run_name', true],
  ['data', true],
  ['run_config.lr.0', true],
  ['run_config.', false],
  ['run_config..lr', false],
  ['toString', false],
  ['toString.x', false],
  ['run_name.x', false],
  ['', false],
])('%j is a variable: %p', (name, expected) => {
  expect(isTemplateVariable(name)).toBe(expected);
});

test('the names without a path are all known', () => {
  expect(templateVariableNames.filter((name) => !isTemplateVariable(name))).toEqual([]);
  expect(templateVariableNames).toEqual(expect.arrayContaining(['run_name', 'step', 'run_config', 'data']));
});

test('a template’s variables are found wherever they stand, each once', () => {
  const template = { a: [`\${step} \${step:json}`, `\${data.x y}`], b: { c: `\${$}{no} \${run_name}` } };
  expect(variablesIn(template)).toEqual(new Set(['step', 'data.x y', 'run_name']));
  expect(variablesIn('plain')).toEqual(new Set());
});

test('what the values at paths take together is bounded; what does not fit says so', () => {
  const sized = (a: number, b: number): FiringContext => ({
    ...about,
    event: aLinkedEvent({ metadata: { a: 'x'.repeat(a), b: 'y'.repeat(b), c: 1 } }),
  });
  const template = [`\${artifact_metadata.a}`, `\${artifact_metadata.b}`, `\${artifact_metadata.c}`];
  const taken = (a: number, b: number) =>
    Object.values(pathsOf(template, sized(a, b))).map((value) => value !== '[too large]');
  expect(taken(32_766, 10)).toEqual([true, false, false]);
  expect(taken(32_767, 10)).toEqual([false, true, true]);
  expect(taken(16_382, 16_382)).toEqual([true, true, false]);
});
