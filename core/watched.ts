import type { EventType } from './event.ts';
import { compileFilter } from './filters/filter.ts';
import type { Scope } from './scope.ts';
import { conditionOf, isMetricsTrigger, isStateTrigger, type Trigger } from './trigger.ts';

/**
 * What the automations of a place look at, for a client that leaves the rest at home: of its events those of
 * `eventTypes`, of metrics those of `metrics`, of events about artifacts and collections those of `collections`
 * (null: all of them). Where `everything` is true the lists are null, and everything is to be sent.
 */
export interface Watched {
  everything: boolean;
  eventTypes: string[] | null;
  metrics: string[] | null;
  collections: string[] | null;
}

/** A longer list helps nobody: whoever watches so much is sent everything (our choice). */
const MAX_NAMES = 5_000;

const EVERYTHING: Watched = { everything: true, eventTypes: null, metrics: null, collections: null };

interface Automation {
  scope: Scope;
  trigger: Trigger;
}

/**
 * What these automations look at, as far as the client may post it. Their filters narrow nothing but the name of a
 * collection (docs/watched.md).
 */
export function watchedBy(
  automations: readonly Automation[],
  mayPost: (type: EventType) => boolean = () => true,
): Watched {
  const triggers = automations.map(({ trigger }) => trigger);
  const eventTypes = sorted(triggers.flatMap(typesFor).filter(mayPost));
  const onMetrics = mayPost('run.metrics') ? triggers.filter(isMetricsTrigger) : [];
  const metrics = sorted(onMetrics.map((trigger) => conditionOf(trigger).metric));
  const about = automations.filter(isAboutCollections).filter(({ trigger }) => mayPost(trigger.event));
  const named = about.map(collectionsOf);
  const collections = sorted(named.flatMap((names) => names ?? []));
  if (eventTypes.length + metrics.length + collections.length > MAX_NAMES) return EVERYTHING;
  const isAny = named.includes(undefined);
  return { everything: false, eventTypes, metrics, collections: isAny ? null : collections };
}

const sorted = (names: string[]) => [...new Set(names)].sort();

/** A state rewinds windows, begins attempts and ends runs; a heartbeat is the pulse of a run whose states are watched. */
function typesFor(trigger: Trigger): EventType[] {
  if (isMetricsTrigger(trigger)) return ['run.metrics', 'run.state'];
  return isStateTrigger(trigger) ? ['run.state', 'run.heartbeat'] : [trigger.event];
}

function isAboutCollections({ trigger: { event } }: Automation): boolean {
  return event.startsWith('artifact.') || event.startsWith('collection.');
}

/** The names of the collections that can fire an automation; undefined where any may. */
function collectionsOf({ scope, trigger }: Automation): string[] | undefined {
  if (scope.kind === 'collection') return [scope.collection];
  const named = compileFilter(trigger.filter)
    .requirements()
    .find(({ path, kind }) => path === 'collection.name' && kind === 'equals');
  if (named?.kind !== 'equals') return undefined;
  return named.values.filter((value) => typeof value === 'string');
}
