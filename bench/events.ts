import { type Random, seeded } from './random.ts';
import {
  type Automation,
  collectionName,
  type EventType,
  type Filter,
  metricName,
  projectName,
  round6,
} from './workload.ts';

/** One event as it stands on the wire; which fields it has depends on its type. */
export interface WireEvent {
  id: string;
  type: EventType;
  team: string;
  project?: string;
  registry?: string;
  user: string;
  collection?: { name: string; type: string };
  alias?: string;
  tag?: string;
  state?: string;
  run?: object;
  points?: { step: number; metrics: Record<string, number> }[];
}

/** Share of the events that are made to match an automation; the others miss narrowly, in a scope that is watched. */
const AIMED = 0.5;

/**
 * Events as JSON, about 430 bytes on average: 60 % run.metrics of one point, 10 % each of run.state,
 * artifact.created and artifact.alias_added, 5 % each of artifact.linked and artifact.tag_added. Half of them are
 * aimed at one automation (a metric at the outermost threshold of its metric, so that the others stay quiet).
 */
export function makeEvents(count: number, automations: Automation[], seed = 2): string[] {
  const random = seeded(seed);
  const targets = targetsOf(automations);
  return Array.from({ length: count }, (_, at) => JSON.stringify(makeEvent(at, targets, random)));
}

/**
 * The same events as clients send them that collect: those of one place and user are of one run, which sends them one
 * after the other.
 */
export function groupByRun(lines: string[]): string[] {
  const groups = new Map<string, WireEvent[]>();
  for (const line of lines) {
    const event = JSON.parse(line) as WireEvent;
    const { team, project, registry, collection, user } = event;
    const key = JSON.stringify([team, project, registry, collection?.name, event.run && user.slice(0, 6)]);
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return [...groups.values()].flatMap((events) => {
    const run = events[0]?.run;
    return events.map((event) => JSON.stringify(run ? { ...event, run } : event));
  });
}

interface Targets {
  byType: Map<EventType, Automation[]>;
  /** Of each scope, metric and comparison, the automation whose threshold is reached first. */
  outermost: Map<string, Automation>;
  /** How many automations the largest scope holds. */
  size: number;
}

function targetsOf(automations: Automation[]): Targets {
  const byType: Targets['byType'] = new Map();
  const outermost: Targets['outermost'] = new Map();
  const perScope = new Map<string, number>();
  for (const automation of automations) {
    const { scope, trigger } = automation.definition;
    const scopeKey = JSON.stringify(scope);
    perScope.set(scopeKey, (perScope.get(scopeKey) ?? 0) + 1);
    const list = byType.get(trigger.event);
    if (list) list.push(automation);
    else byType.set(trigger.event, [automation]);
    const group = groupOf(automation);
    const first = outermost.get(group);
    if (!first || isReachedBefore(automation, first)) outermost.set(group, automation);
  }
  return { byType, outermost, size: Math.max(...perScope.values()) };
}

function groupOf({ definition: { scope, trigger } }: Automation): string {
  if (trigger.event !== 'run.metrics') return '';
  return JSON.stringify([scope, trigger.threshold.metric, trigger.threshold.comparison]);
}

function isReachedBefore(a: Automation, b: Automation): boolean {
  const [first, second] = [a.definition.trigger, b.definition.trigger];
  if (first.event !== 'run.metrics' || second.event !== 'run.metrics') return false;
  const sign = first.threshold.comparison === '>' ? 1 : -1;
  return sign * first.threshold.value < sign * second.threshold.value;
}

function pickType(random: Random): EventType {
  const at = random.int(100);
  if (at < 60) return 'run.metrics';
  if (at < 70) return 'run.state';
  if (at < 80) return 'artifact.created';
  if (at < 85) return 'artifact.linked';
  return at < 95 ? 'artifact.alias_added' : 'artifact.tag_added';
}

function makeEvent(at: number, targets: Targets, random: Random): WireEvent {
  const type = pickType(random);
  const picked = random.pick(targets.byType.get(type) ?? []);
  const target = targets.outermost.get(groupOf(picked)) ?? picked;
  const aim = { target: type === 'run.metrics' ? target : picked, aimed: random.next() < AIMED };
  const common = {
    id: `evt-${random.int(2 ** 31).toString(36)}-${at}`,
    type,
    time: `2026-11-24T${pad(at / 3600)}:${pad((at / 60) % 60)}:${pad(at % 60)}Z`,
    ...placeIn(aim.target.definition, random),
    user: userFor(aim, random),
  };
  if (type === 'run.metrics') return metricsEvent(common, aim, targets.size, random);
  if (type === 'run.state') return stateEvent(common, aim, random);
  return artifactEvent(common, aim, random);
}

const pad = (value: number) => String(Math.floor(value) % 24).padStart(2, '0');

type Common = Pick<WireEvent, 'id' | 'type' | 'team' | 'project' | 'registry' | 'user'>;

interface Aim {
  target: Automation;
  aimed: boolean;
}

/** A place that the scope covers. */
function placeIn(
  { team, scope }: Automation['definition'],
  random: Random,
): Pick<WireEvent, 'team' | 'project' | 'registry'> {
  if ('registry' in scope && scope.registry !== undefined) return { team, registry: scope.registry };
  const project =
    'project' in scope && scope.project !== undefined ? scope.project : projectName(random.int(5));
  return { team, project };
}

function userFor({ target, aimed }: Aim, random: Random): string {
  const { user } = target.definition.trigger.filter;
  return aimed && typeof user === 'string' ? user : `guest-${random.int(1000)}`;
}

function runOf(user: string, random: Random) {
  const id = random.int(2 ** 31).toString(36);
  return {
    id,
    name: `${random.pick(['brisk', 'misty', 'solar', 'young'])}-${random.pick(['haze', 'surf', 'wolf'])}-${random.int(999)}`,
    user,
    tags: random.pick([['baseline'], ['sweep', 'a100'], []]),
    config: {
      lr: random.pick([0.001, 0.0003, 0.00001]),
      batch_size: random.pick([32, 64, 256]),
      optimizer: { name: 'adamw', weight_decay: 0.01 },
      model: random.pick(['resnet50', 'vit-b16']),
    },
    attempt: 0,
  };
}

function metricsEvent(common: Common, { target, aimed }: Aim, size: number, random: Random): WireEvent {
  const { trigger } = target.definition;
  if (trigger.event !== 'run.metrics') throw new Error('not a metric trigger');
  const { metric, comparison, value } = trigger.threshold;
  const quiet = () => round6(0.2 + random.next() * 0.6);
  const reached = round6(comparison === '>' ? value + 1e-6 : value - 1e-6);
  const metrics = {
    [metricName(size, random)]: quiet(),
    [metric]: aimed ? reached : quiet(),
    lr: random.pick([0.001, 0.0003]),
    epoch: random.int(90),
  };
  return {
    ...common,
    run: runOf(common.user, random),
    points: [{ step: random.int(1e6), metrics }],
  } as WireEvent;
}

function stateEvent(common: Common, { target, aimed }: Aim, random: Random): WireEvent {
  const { trigger } = target.definition;
  const states = trigger.event === 'run.state' ? trigger.states : [];
  const named = random.pick(states);
  const state = aimed ? (named === 'FAILED' ? random.pick(['FAILED', 'CRASHED']) : named) : 'PENDING';
  return { ...common, run: runOf(common.user, random), state } as WireEvent;
}

function artifactEvent(common: Common, { target, aimed }: Aim, random: Random): WireEvent {
  const { scope, trigger } = target.definition;
  const { filter } = trigger;
  const scoped = scope.kind === 'collection' ? scope.collection : undefined;
  const index = random.int(400);
  const event = {
    ...common,
    collection: { name: scoped ?? named(filter, aimed, random), type: 'model' },
    version: `v${index}`,
    index,
    aliases: ['latest', `v${index}`],
    tags: random.pick([['vision'], ['vision', 'quantized'], []]),
    metadata: {
      framework: 'pytorch',
      accuracy: round6(random.next()),
      epochs: random.int(90),
      dataset: { name: 'coco', split: random.pick(['train', 'val']) },
      sizes: { bytes: random.int(2 ** 31), parameters: random.int(2 ** 31) },
    },
  };
  if (common.type === 'artifact.alias_added')
    return { ...event, alias: wordFor(filter['alias'], aimed, random) };
  if (common.type === 'artifact.tag_added') return { ...event, tag: wordFor(filter['tag'], aimed, random) };
  return event;
}

/** A miss on a created or linked version is a collection that nobody watches; on an alias or tag, it is the word. */
function named(filter: Filter, aimed: boolean, random: Random): string {
  const name = filter['collection.name'];
  const missesByName = !aimed && !('alias' in filter) && !('tag' in filter);
  if (missesByName) return `scratch-${random.int(100)}`;
  return typeof name === 'string' ? name : collectionName(random.int(4));
}

function wordFor(wanted: Filter[string] | undefined, aimed: boolean, random: Random): string {
  const noise = random.int(1000);
  if (!aimed || wanted === undefined) return `nightly-${noise}`;
  if (typeof wanted === 'string') return wanted;
  const literal = wanted.$regex.replace(/^\^|\$$/g, '');
  return (
    (wanted.$regex.startsWith('^') ? '' : `${noise}`) +
    literal +
    (wanted.$regex.endsWith('$') ? '' : `${noise}`)
  );
}
