import type { Scope } from '../../core/scope.ts';
import { describeScope } from '../../core/scope-text.ts';

test.each<[Scope, string]>([
  [{ kind: 'organization' }, 'the organization'],
  [{ kind: 'team', team: 'vision' }, 'team vision'],
  [{ kind: 'project', team: 'vision', project: 'mnist' }, 'project vision/mnist'],
  [{ kind: 'registry', registry: 'models' }, 'registry models'],
  [{ kind: 'collection', registry: 'models', collection: 'detector' }, 'collection models/detector'],
  [{ kind: 'collection', team: 'vision', project: 'mnist', collection: 'x' }, 'collection vision/mnist/x'],
])('%j reads %s', (scope, text) => {
  expect(describeScope(scope)).toBe(text);
});
