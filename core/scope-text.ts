import type { Scope } from './scope.ts';

/** A scope as people read it: `project vision/mnist`. */
export function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case 'organization':
      return 'the organization';
    case 'team':
      return `team ${scope.team}`;
    case 'project':
      return `project ${scope.team}/${scope.project}`;
    case 'registry':
      return `registry ${scope.registry}`;
    case 'collection':
      return `collection ${scope.registry ?? `${scope.team}/${scope.project}`}/${scope.collection}`;
  }
}
