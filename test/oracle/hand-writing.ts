// Short ways to write the cases of by-hand.ts down.
import type {
  Arrival,
  ArtifactEventType,
  Condition,
  Filter,
  Look,
  MetricValue,
  OracleAutomation,
  Point,
  Repeat,
  Run,
  Scope,
  State,
  Trigger,
  WireEvent,
} from './world.ts';

export interface HandFiring {
  automation: string;
  occurrence: string;
  value?: number;
}

export interface HandCase {
  /** A sentence that a user would agree with. */
  name: string;
  automations: OracleAutomation[];
  arrivals: Arrival[];
  /** Of the sweeper, at the run r1. */
  looks?: Look[];
  firings: HandFiring[];
  /** Left out where the case is not about it. */
  late?: number;
  /** How the firings were worked out, by hand. */
  working: string;
}

/** Second 0 of all cases: a Monday noon. */
const START_MS = Date.UTC(2026, 0, 5, 12);

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> & { id?: string } : never;
export type Unnamed = WithoutId<WireEvent>;

/** `[second, event]` each; an event without an id of its own is e1, e2, … by its position. */
export function stream(...entries: [number, Unnamed][]): Arrival[] {
  return entries.map(([second, event], index) => ({
    receivedAtMs: START_MS + second * 1000,
    event: { id: `e${index + 1}`, ...event } as WireEvent,
  }));
}

/** The sweeper looks at the run r1 of red/p at these seconds. */
export function looksAt(...seconds: number[]): Look[] {
  return seconds.map((second) => ({ atMs: START_MS + second * 1000, team: 'red', project: 'p', run: 'r1' }));
}

export const PROJECT: Scope = { kind: 'project', team: 'red', project: 'p' };
export const TEAM: Scope = { kind: 'team', team: 'red' };
export const ORGANIZATION: Scope = { kind: 'organization' };
export const REGISTRY: Scope = { kind: 'registry', registry: 'models' };

interface Life {
  id?: string;
  scope?: Scope;
  /** Seconds; saved long before the stream where absent. */
  saved?: number;
  deleted?: number;
  disabled?: [from: number, until: number];
}

/** An automation `a` of the project red/p that was there all the time, unless told otherwise. */
export function automation(
  trigger: Trigger,
  { id = 'a', scope = PROJECT, saved, deleted, disabled }: Life = {},
) {
  const at = (second: number) => START_MS + second * 1000;
  const made: OracleAutomation = {
    id,
    team: 'team' in scope ? scope.team : 'red',
    scope,
    trigger,
    savedAtMs: at(saved ?? -3600),
    ...(disabled && { disabled: { fromMs: at(disabled[0]), untilMs: at(disabled[1]) } }),
  };
  return deleted === undefined ? made : { ...made, deletedAtMs: at(deleted) };
}

interface RunOptions {
  filter?: Filter;
  repeat?: Repeat;
}

export const EVERY: RunOptions = { repeat: { mode: 'every_time' } };
export const AFTER_FALSE: RunOptions = { repeat: { mode: 'after_false' } };

/** A trigger on metrics that may fire every time, unless told otherwise. */
export function onMetrics(condition: Condition, options: RunOptions = EVERY): Trigger {
  return { event: 'run.metrics', ...condition, ...options };
}

/** A trigger on states with the default latch, unless told otherwise. */
export function onStates(states: State[], options: RunOptions = {}): Trigger {
  return { event: 'run.state', states, ...options };
}

interface RunDetails extends Partial<Run> {
  team?: string;
  project?: string;
  /** Who sent the event. */
  by?: string;
}

function runPart({ team = 'red', project = 'p', by, id = 'r1', ...run }: RunDetails) {
  return { team, project, ...(by === undefined ? {} : { user: by }), run: { id, ...run } };
}

/** A `run.metrics` event of the run r1 of red/p, unless told otherwise. */
export function metrics(points: Point[], details: RunDetails = {}): Unnamed {
  return { type: 'run.metrics', ...runPart(details), points };
}

/** Points of the metric loss: `[step, value]` each, or a value alone where it has no step. */
export function loss(...points: ([number, MetricValue] | MetricValue)[]): Point[] {
  return points.map((point) =>
    Array.isArray(point) ? { step: point[0], metrics: { loss: point[1] } } : { metrics: { loss: point } },
  );
}

/** A `run.state` event of the run r1 of red/p, unless told otherwise. */
export function state(name: State, details: RunDetails & { rewindTo?: number } = {}): Unnamed {
  const { rewindTo, ...run } = details;
  const event = { type: 'run.state' as const, ...runPart(run), state: name };
  return rewindTo === undefined ? event : { ...event, rewind_to: rewindTo };
}

/** A `run.heartbeat` event of the run r1 of red/p, unless told otherwise. */
export function heartbeat(interval: number, details: RunDetails = {}): Unnamed {
  return { type: 'run.heartbeat', ...runPart(details), interval };
}

interface ArtifactDetails {
  id?: string;
  team?: string;
  project?: string;
  registry?: string;
  user?: string;
  collection?: { name: string; type: string };
  version?: string;
  index?: number;
  aliases?: string[];
  tags?: string[];
  metadata?: { [name: string]: number };
  alias?: string;
  tag?: string;
}

/** An event of the collection detector, in red/p unless a registry is told. */
export function artifact(type: ArtifactEventType, details: ArtifactDetails = {}): Unnamed {
  const { collection = { name: 'detector', type: 'model' }, team = 'red', ...rest } = details;
  const place = rest.registry === undefined ? { project: rest.project ?? 'p' } : {};
  return { type, team, collection, ...place, ...rest };
}

/** A firing on a metric of red/p: at attempt 0 of the run r1, unless told otherwise. */
export function fires(
  step: number,
  value?: number,
  at: { automation?: string; run?: string; attempt?: number; metric?: string } = {},
): HandFiring {
  const { automation: id = 'a', run = 'red/p/r1', attempt = 0, metric = 'loss' } = at;
  const occurrence = `metric:${run}:${attempt}:${metric}:${step}`;
  return { automation: id, occurrence, ...(value === undefined ? {} : { value }) };
}

/** A firing on the silence of the run r1 of red/p, which was last heard of at that second. */
export function firesOnSilence(second: number, id = 'a'): HandFiring {
  return { automation: id, occurrence: `silence:red/p/r1:${START_MS + second * 1000}` };
}

/** A firing on an event that is not of metrics. */
export function firesOn(event: string, id = 'a'): HandFiring {
  return { automation: id, occurrence: `event:${event}` };
}
