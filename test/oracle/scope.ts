// Which scopes hold an event: an automation sees an event when its scope holds the event's place.
import type { OracleAutomation, RunEvent, Scope, WireEvent } from './world.ts';

/** Whether the scope holds the place of an artifact, collection or custom event. */
export function holdsPlace(scope: Scope, event: WireEvent): boolean {
  const registry = registryOf(event);
  switch (scope.kind) {
    case 'organization':
      return true;
    case 'team':
      return scope.team === event.team;
    case 'project':
      return registry === undefined && scope.team === event.team && scope.project === event.project;
    case 'registry':
      return scope.registry === registry;
    case 'collection':
      return holdsCollection(scope, event, registry);
  }
}

function holdsCollection(
  scope: Extract<Scope, { kind: 'collection' }>,
  event: WireEvent,
  registry: string | undefined,
): boolean {
  if (!('collection' in event) || event.collection.name !== scope.collection) return false;
  if ('registry' in scope) return scope.registry === registry;
  return registry === undefined && scope.team === event.team && scope.project === event.project;
}

/** On W&B's wire a registry is a project with a long name. */
function registryOf(event: WireEvent): string | undefined {
  const prefix = 'wandb-registry-';
  if (event.project?.startsWith(prefix)) return event.project.slice(prefix.length);
  return event.registry;
}

/** Where a run lives, and which run it is. */
export interface RunPlace {
  team: string;
  project: string;
  run: string;
}

/** The place of the run that the event is of. */
export function placeOf(event: RunEvent): RunPlace {
  return { team: event.team, project: event.project, run: event.run.id };
}

/** Two places with the same key are the same run. */
export function runKey(place: RunPlace): string {
  return `${place.team}/${place.project}/${place.run}`;
}

/** Whether the automation's scope is a scope of the run. */
export function isScopeOf(automation: OracleAutomation, place: RunPlace): boolean {
  const { scope } = automation;
  if (scope.kind === 'organization') return true;
  if (scope.kind === 'team') return scope.team === place.team;
  return scope.kind === 'project' && scope.team === place.team && scope.project === place.project;
}
