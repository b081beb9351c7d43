import { type Random, seeded } from './random.ts';

/**
 * The automations of the matching benchmarks, in the JSON that the API takes. Selectivity is arranged so that
 * the matches of one event stay about the same from 10 automations to 100,000 (see events.ts): filters name a
 * collection or user that few others name, and thresholds lie in the tails that ordinary values do not reach.
 */

export type Layout = 'spread' | 'hot';

export type Scope =
  | { kind: 'team'; team: string }
  | { kind: 'project'; team: string; project: string }
  | { kind: 'registry'; registry: string }
  | { kind: 'collection'; team?: string; project?: string; registry?: string; collection: string };

export type ArtifactType =
  | 'artifact.created'
  | 'artifact.linked'
  | 'artifact.alias_added'
  | 'artifact.tag_added';
export type EventType = ArtifactType | 'run.metrics' | 'run.state';

export type Filter = Record<string, string | { $regex: string }>;

interface Threshold {
  metric: string;
  aggregate: 'last';
  window: 1;
  comparison: '>' | '<';
  value: number;
}

export type Trigger =
  | { event: ArtifactType; filter: Filter }
  | { event: 'run.metrics'; threshold: Threshold; filter: Filter; repeat: { mode: 'every_time' } }
  | { event: 'run.state'; states: string[]; filter: Filter; repeat: { mode: 'every_time' } };

export interface Automation {
  id: string;
  definition: { name: string; team: string; scope: Scope; trigger: Trigger; action: { type: 'no_op' } };
}

const PER_SCOPE = 20;
const RUN_SLOTS: EventType[] = [
  'run.metrics',
  'artifact.created',
  'run.metrics',
  'artifact.linked',
  'run.state',
  'artifact.alias_added',
  'run.metrics',
  'artifact.tag_added',
  'run.metrics',
  'artifact.alias_added',
];
const REGISTRY_SLOTS: EventType[] = [
  'artifact.linked',
  'artifact.alias_added',
  'artifact.tag_added',
  'artifact.alias_added',
  'artifact.linked',
];

/** `spread`: 20 automations a scope, over projects, teams, registries and collections. `hot`: all in one project. */
export function makeAutomations(count: number, layout: Layout, seed = 1): Automation[] {
  const random = seeded(seed);
  const size = layout === 'hot' ? count : PER_SCOPE;
  return Array.from({ length: count }, (_, at) => {
    const place = layout === 'hot' ? 0 : Math.floor(at / PER_SCOPE);
    const scope = scopeAt(place);
    const position = layout === 'hot' ? at : at % PER_SCOPE;
    return {
      id: `aut_${String(at).padStart(6, '0')}`,
      definition: {
        name: `automation ${at}`,
        team: teamAt(place),
        scope,
        trigger: triggerAt(position, { size, scope, random }),
        action: { type: 'no_op' },
      },
    };
  });
}

/** Ten scopes to a team: five projects, the team, two registries, a collection in a project and one in a registry. */
function scopeAt(at: number): Scope {
  const block = Math.floor(at / 10);
  const team = teamAt(at);
  switch (at % 10) {
    case 5:
      return { kind: 'team', team };
    case 6:
    case 7:
      return { kind: 'registry', registry: registryName(block, (at % 10) - 6) };
    case 8:
      return { kind: 'collection', team, project: projectName(0), collection: collectionName(1) };
    case 9:
      return { kind: 'collection', registry: registryName(block, 0), collection: collectionName(1) };
    default:
      return { kind: 'project', team, project: projectName(at % 10) };
  }
}

const teamAt = (at: number) => `ml-${Math.floor(at / 10)}`;
export const projectName = (at: number) => `vision-${at}`;
export const collectionName = (at: number) => `detector-${at}`;
const registryName = (block: number, at: number) => `models-${block}-${at}`;

interface Slot {
  size: number;
  scope: Scope;
  random: Random;
}

function triggerAt(position: number, slot: Slot): Trigger {
  const takesRuns = slot.scope.kind === 'project' || slot.scope.kind === 'team';
  const slots = takesRuns ? RUN_SLOTS : REGISTRY_SLOTS;
  const event = slots[position % slots.length] as EventType;
  const before = slots.slice(0, position % slots.length).filter((type) => type === event).length;
  const share = slots.filter((type) => type === event).length;
  /** The how manieth of its event type within the scope. */
  const ordinal = Math.floor(position / slots.length) * share + before;
  if (event === 'run.metrics') return metricTrigger(ordinal, slot);
  if (event === 'run.state') return stateTrigger(ordinal);
  return { event, filter: artifactFilter(event, ordinal, slot) };
}

/** Few metrics have many automations and many have few: the first of 2,000 metrics has about 2 % of all. */
export function metricName(size: number, random: Random): string {
  const metrics = Math.max(4, Math.ceil(size / 50));
  const at = Math.floor(metrics * random.next() ** 2);
  return ['val/loss', 'val/accuracy', 'train/loss', 'val/f1'][at] ?? `layer_${at}/grad_norm`;
}

function metricTrigger(ordinal: number, { size, random }: Slot): Trigger {
  const above = ordinal % 2 === 0;
  const value = round6(above ? 0.8 + random.next() * 0.2 : random.next() * 0.2);
  return {
    event: 'run.metrics',
    threshold: {
      metric: metricName(size, random),
      aggregate: 'last',
      window: 1,
      comparison: above ? '>' : '<',
      value,
    },
    filter: ordinal % 5 === 4 ? { user: personName(ordinal) } : {},
    repeat: { mode: 'every_time' },
  };
}

/** Peers in other languages compare numbers to six decimals. */
export const round6 = (value: number) => Math.round(value * 1e6) / 1e6;

const personName = (ordinal: number) => `person-${ordinal}`;

function stateTrigger(ordinal: number): Trigger {
  const states = [['FAILED'], ['FAILED', 'KILLED'], ['FINISHED'], ['RUNNING', 'FINISHED']][ordinal % 4] ?? [];
  return {
    event: 'run.state',
    states,
    filter: { user: personName(ordinal) },
    repeat: { mode: 'every_time' },
  };
}

const ALIASES = ['production', 'staging', 'champion', 'candidate'];
const PATTERNS = ['^release-', '-rc$', 'canary'];

function artifactFilter(event: ArtifactType, ordinal: number, { size, scope }: Slot): Filter {
  const collection = collectionName(ordinal % Math.max(4, Math.ceil(size / 10)));
  const within: Filter =
    scope.kind === 'collection' ? { user: personName(ordinal) } : { 'collection.name': collection };
  switch (event) {
    case 'artifact.alias_added':
      return aliasFilter(ordinal, within);
    case 'artifact.tag_added':
      return ordinal % 2 === 0 ? { tag: 'approved', ...within } : { tag: `gold-${ordinal}` };
    default:
      return ordinal % 2 === 0 ? within : { ...within, user: personName(ordinal) };
  }
}

/** Of 20: 8 equal and 7 patterns within a collection, 3 equal and 2 patterns in any collection. */
function aliasFilter(ordinal: number, within: Filter): Filter {
  const kind = ordinal % 20;
  if (kind < 8) return { alias: ALIASES[kind % ALIASES.length] ?? '', ...within };
  if (kind < 15) return { alias: { $regex: PATTERNS[kind % PATTERNS.length] ?? '' }, ...within };
  if (kind < 18) return { alias: `prod-eu-${ordinal}` };
  return { alias: { $regex: kind === 18 ? `^team${ordinal}-` : `-eu${ordinal}$` } };
}
