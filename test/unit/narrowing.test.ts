import { isOfType, isTooLong, outsideOf, outsideOfPlaces } from '../../core/narrowing.ts';
import { aCustomEvent, aLinkedEvent, losses } from '../support/builders.ts';

test.each<[string, string[] | undefined, string, boolean]>([
  ['to nothing', undefined, 'run.metrics', true],
  ['to this type', ['run.state', 'run.metrics'], 'run.metrics', true],
  ['to its kind', ['run.*'], 'run.metrics', true],
  ['to another type', ['run.state'], 'run.metrics', false],
  ['to another kind', ['artifact.*'], 'run.metrics', false],
  ['to custom events of one name', ['custom.deployed'], 'custom.deployed', true],
  ['to custom events of another name', ['custom.deployed'], 'custom.trained', false],
])('a key narrowed %s: %p takes %s: %p', (_, event_types, type, expected) => {
  expect(isOfType({ event_types }, type)).toBe(expected);
});

test.each<[string, object, object, string | undefined]>([
  ['no list', {}, { project: 'a' }, undefined],
  ['its project', { projects: ['a', 'b'] }, { project: 'b' }, undefined],
  ['another project', { projects: ['a'] }, { project: 'b' }, 'project'],
  ['its registry', { registries: ['a'] }, { registry: 'a' }, undefined],
  ['another registry', { registries: ['a'] }, { registry: 'b' }, 'registry'],
  ['a project where only registries are named', { registries: ['a'] }, { project: 'a' }, 'project'],
  ['a registry where only projects are named', { projects: ['a'] }, { registry: 'a' }, 'registry'],
  ['either of both', { projects: ['a'], registries: ['b'] }, { registry: 'b' }, undefined],
  ['neither of both', { projects: ['a'], registries: ['b'] }, { project: 'b' }, 'project'],
  ['the whole team', { projects: ['a'], registries: ['b'] }, {}, 'project'],
])('an event of %s', (_, narrowing, place, field) => {
  expect(outsideOfPlaces(narrowing, place)?.field).toBe(field);
});

test('a refusal says what the key is for', () => {
  expect(outsideOf({ event_types: ['run.state', 'run.metrics'] }, aCustomEvent())).toEqual({
    code: 'forbidden',
    field: 'type',
    detail: 'this key may not post custom.deployed',
    hint: 'it is for run.state, run.metrics: use another key',
  });
  expect(outsideOf({ projects: ['a'], registries: ['b'] }, aLinkedEvent())).toEqual({
    code: 'forbidden',
    field: 'registry',
    detail: 'this key is not for events of models',
    hint: 'it is for a, b: use another key',
  });
  expect(outsideOfPlaces({ projects: ['a'] }, {})?.detail).toContain('the whole team');
  expect(outsideOf({ projects: ['mnist'], event_types: ['run.*'] }, losses([1]))).toBeUndefined();
});

test('what a key is narrowed to has to fit into 4 KB', () => {
  const of = (length: number) => isTooLong({ projects: ['x'.repeat(length)] });
  const around = JSON.stringify({ projects: [''] }).length;
  expect([of(4_096 - around), of(4_097 - around)]).toEqual([false, true]);
});
