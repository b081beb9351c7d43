import type { Scope } from '../../core/scope.ts';

/** A scope as people read it: `project mnist`, `collection models/detector`. */
export function scopeText(scope: Scope): string {
  switch (scope.kind) {
    case 'organization':
      return 'organization';
    case 'team':
      return `team ${scope.team}`;
    case 'project':
      return `project ${scope.project}`;
    case 'registry':
      return `registry ${scope.registry}`;
    case 'collection':
      return `collection ${scope.registry ?? scope.project}/${scope.collection}`;
  }
}
