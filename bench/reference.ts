import type { Engine } from './engine.ts';
import type { WireEvent } from './events.ts';
import type { Automation, Filter, Scope, Trigger } from './workload.ts';

/**
 * The judge: tries every automation in turn, written by hand from docs/triggers.md and not from the conditions
 * that the other engines are fed. Also what a linear loop costs at its best.
 */
export function makeReference(): Engine {
  let rules: Automation[] = [];
  return {
    name: 'reference loop',
    load: (automations) => {
      rules = automations;
    },
    match: (event) => {
      const matched: string[] = [];
      for (const { id, definition } of rules) {
        const { scope, trigger } = definition;
        if (trigger.event === event.type && covers(scope, event) && isMet(trigger, event)) matched.push(id);
      }
      return matched;
    },
  };
}

function covers(scope: Scope, event: WireEvent): boolean {
  switch (scope.kind) {
    case 'team':
      return scope.team === event.team;
    case 'project':
      return scope.team === event.team && scope.project === event.project;
    case 'registry':
      return scope.registry === event.registry;
    case 'collection':
      return scope.collection === event.collection?.name && isPlaceOf(scope, event);
  }
}

function isPlaceOf(scope: Scope & { kind: 'collection' }, event: WireEvent): boolean {
  if (scope.registry !== undefined) return scope.registry === event.registry;
  return scope.team === event.team && scope.project === event.project;
}

function isMet(trigger: Trigger, event: WireEvent): boolean {
  if (trigger.event === 'run.metrics' && !isPassed(trigger, event)) return false;
  if (trigger.event === 'run.state' && !isNamed(trigger, event)) return false;
  return takes(trigger.filter, event);
}

function isPassed({ threshold }: Trigger & { event: 'run.metrics' }, event: WireEvent): boolean {
  const { metric, comparison, value } = threshold;
  const logged = event.points?.[0]?.metrics[metric];
  if (logged === undefined) return false;
  return comparison === '>' ? logged > value : logged < value;
}

function isNamed({ states }: Trigger & { event: 'run.state' }, { state = '' }: WireEvent): boolean {
  return states.includes(state === 'CRASHED' ? 'FAILED' : state);
}

function takes(filter: Filter, event: WireEvent): boolean {
  for (const field in filter) {
    const wanted = filter[field];
    const value = valueAt(event, field);
    if (wanted === undefined || value === undefined) return false;
    if (typeof wanted === 'string' ? value !== wanted : !fits(value, wanted.$regex)) return false;
  }
  return true;
}

function valueAt(event: WireEvent, field: string): string | undefined {
  switch (field) {
    case 'user':
      return event.user;
    case 'alias':
      return event.alias;
    case 'tag':
      return event.tag;
    case 'collection.name':
      return event.collection?.name;
    default:
      throw new Error(`the workload has no filter on ${field}`);
  }
}

/** The workload's patterns are literals with at most one anchor. */
function fits(value: string, pattern: string): boolean {
  if (pattern.startsWith('^')) return value.startsWith(pattern.slice(1));
  if (pattern.endsWith('$')) return value.endsWith(pattern.slice(0, -1));
  return value.includes(pattern);
}
