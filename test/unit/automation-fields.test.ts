import { Action } from '../../core/action.ts';
import { AutomationChange, AutomationInput } from '../../core/automation.ts';
import { Problem, parseInput } from '../../core/problem.ts';

const project = { kind: 'project', team: 'vision', project: 'mnist' };
const metrics = { event: 'run.metrics', threshold: { metric: 'loss', comparison: '<', value: 1 } };
const states = { event: 'run.state', states: ['FAILED'] };

/** The field that is refused; nothing where the automation is taken. */
function refused(change: object): string | undefined {
  const whole = {
    name: 'a',
    team: 'vision',
    scope: project,
    trigger: metrics,
    action: { type: 'no_op' },
    ...change,
  };
  try {
    parseInput(AutomationInput, whole);
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.details.field : 'a bug';
  }
}

const ofPlace = ['user', 'team', 'project', 'registry'];
const ofArtifact = [...ofPlace, 'collection', 'version', 'index', 'aliases', 'tags', 'metadata'];
const all = [...ofArtifact, 'alias', 'tag', 'run', 'state', 'data', 'other'];

test.each<[string, object, string[]]>([
  ['artifact.created', {}, ofArtifact],
  ['artifact.linked', {}, ofArtifact],
  ['artifact.alias_added', {}, [...ofArtifact, 'alias']],
  ['artifact.alias_removed', {}, [...ofArtifact, 'alias']],
  ['artifact.tag_added', {}, [...ofArtifact, 'tag']],
  ['collection.tag_added', {}, [...ofPlace, 'collection', 'tag']],
  ['custom.deployed', {}, [...ofPlace, 'data']],
  ['run.metrics', metrics, ['user', 'run']],
  ['run.state', states, ['user', 'run', 'state']],
])('a filter on %s may read what such an event has, and nothing else', (event, trigger, fields) => {
  const taken = all.filter(
    (field) => refused({ trigger: { event, ...trigger, filter: { [field]: 'x' } } }) === undefined,
  );
  expect(taken.sort()).toEqual([...fields].sort());
});

const registry = { kind: 'registry', registry: 'models' };
const collection = { kind: 'collection', registry: 'models', collection: 'detector' };
const inNoPlace = { kind: 'collection', collection: 'detector' };
const onLinks = { trigger: { event: 'artifact.linked' } };

test.each<[string, object, string | undefined]>([
  ['runs in their project', { scope: project }, undefined],
  ['runs in their team', { scope: { kind: 'team', team: 'vision' } }, undefined],
  ['runs of another team', { scope: { ...project, team: 'nlp' } }, 'scope.team'],
  ['runs in a registry', { scope: registry }, 'scope.kind'],
  ['runs in a collection', { scope: collection }, 'scope.kind'],
  ['a registry by its project', { scope: { ...project, project: 'wandb-registry-models' } }, 'scope.project'],
  [
    'a registry’s collection by its project',
    {
      scope: { kind: 'collection', team: 'vision', project: 'wandb-registry-models', collection: 'c' },
      trigger: { event: 'artifact.linked' },
    },
    'scope.project',
  ],
  ['links into a registry', { scope: registry, trigger: { event: 'artifact.linked' } }, undefined],
  ['links into a collection', { scope: collection, trigger: { event: 'artifact.linked' } }, undefined],
  ['a collection without its place', { ...onLinks, scope: inNoPlace }, 'scope'],
  ['a collection with its team alone', { ...onLinks, scope: { ...inNoPlace, team: 'vision' } }, 'scope'],
  ['a collection with its project alone', { ...onLinks, scope: { ...inNoPlace, project: 'mnist' } }, 'scope'],
  [
    'a collection with a registry and a team',
    { ...onLinks, scope: { ...collection, team: 'vision' } },
    'scope',
  ],
  [
    'a collection with a registry and a project',
    { ...onLinks, scope: { ...collection, project: 'mnist' } },
    'scope',
  ],
  ['versions made in a registry', { scope: registry, trigger: { event: 'artifact.created' } }, 'scope.kind'],
  ['versions made in a project', { trigger: { event: 'artifact.created' } }, undefined],
  ['custom events in a registry', { scope: registry, trigger: { event: 'custom.x' } }, undefined],
  ['custom events in a collection', { scope: collection, trigger: { event: 'custom.x' } }, 'scope.kind'],
  [
    'the newest of custom events',
    { trigger: { event: 'custom.x' }, delivery: { supersede: true } },
    'delivery.supersede',
  ],
  ['all of custom events', { trigger: { event: 'custom.x' }, delivery: { supersede: false } }, undefined],
  ['the newest of runs', { delivery: { supersede: true } }, undefined],
])('an automation on %s is taken, or refused by the field', (_, change, field) => {
  expect(refused(change)).toBe(field);
});

test('a filter may take 16 KiB of JSON, and no more', () => {
  const of = (length: number) => ({ user: 'x'.repeat(length - JSON.stringify({ user: '' }).length) });
  const field = (length: number) => refused({ trigger: { event: 'artifact.linked', filter: of(length) } });
  expect([field(16_384), field(16_385)]).toEqual([undefined, 'trigger.filter']);
});

const ofChange = { scope: registry, trigger: { event: 'artifact.linked' }, action: { type: 'no_op' } };

test.each<[string, object, boolean]>([
  ['nothing', {}, true],
  [
    'each field',
    { ...ofChange, name: 'b', description: 'x'.repeat(2_000), delivery: {}, enabled: false },
    true,
  ],
  ['a longer description', { description: 'x'.repeat(2_001) }, false],
  ['the team', { team: 'audio' }, false],
])('a change of %s is taken or refused', (_, change, isTaken) => {
  expect(AutomationChange.safeParse(change).success).toBe(isTaken);
});

test('a change fills in nothing that was not given', () => {
  expect(AutomationChange.parse({ enabled: false })).toEqual({ enabled: false });
});

test.each<[string, object, object | undefined]>([
  ['no words', {}, { title: '', message: '', severity: 'INFO' }],
  ['a warning', { severity: 'WARN' }, { title: '', message: '', severity: 'WARN' }],
  ['an error', { severity: 'ERROR', title: 'a' }, { title: 'a', message: '', severity: 'ERROR' }],
  ['another severity', { severity: 'FATAL' }, undefined],
  ['an id with more before it', { integration: '../int_1' }, undefined],
  ['an id with more behind it', { integration: 'int_1/x' }, undefined],
  ['an id that is too long', { integration: 'x'.repeat(65) }, undefined],
])('a Slack message with %s is filled in, or refused', (_, change, expected) => {
  const slack = { type: 'slack', integration: 'int_1', ...change };
  expect(Action.safeParse(slack).data).toEqual(expected && { ...slack, ...expected });
});
