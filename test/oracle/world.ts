// What a world is made of, as JSON: automations as docs/triggers.md writes them, and the events that come.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Filter = { [path: string]: Json };

export type Scope =
  | { kind: 'organization' }
  | { kind: 'team'; team: string }
  | { kind: 'project'; team: string; project: string }
  | { kind: 'registry'; registry: string }
  | { kind: 'collection'; team: string; project: string; collection: string }
  | { kind: 'collection'; registry: string; collection: string };

export type State = 'PENDING' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'CRASHED' | 'KILLED' | 'PREEMPTED';

export type Repeat =
  | { mode: 'once_a_day' | 'once_per_run' | 'every_time' | 'after_false' }
  | { mode: 'interval'; seconds: number };

export type Comparison = '>' | '>=' | '<' | '<=' | '==' | '!=' | 'between' | 'outside';

export interface Threshold {
  metric: string;
  aggregate?: 'last' | 'min' | 'max' | 'average';
  window?: number;
  comparison: Comparison;
  value?: number;
  values?: [number, number];
}

export interface Change {
  metric: string;
  aggregate?: 'min' | 'max' | 'average';
  window?: number;
  prior_window?: number;
  change_type?: 'relative' | 'absolute';
  direction?: 'increase' | 'decrease' | 'either';
  amount: number;
}

export interface Zscore {
  metric: string;
  window?: number;
  threshold?: number;
  direction?: 'above' | 'below' | 'either';
  across?: 'values' | 'runs';
}

export type Condition =
  | { threshold: Threshold }
  | { change: Change }
  | { zscore: Zscore }
  | { not_finite: { metric: string } };

interface RunOptions {
  filter?: Filter;
  repeat?: Repeat;
}

export type MetricsTrigger = { event: 'run.metrics' } & RunOptions & Condition;
export type StateTrigger = { event: 'run.state'; states: State[] } & RunOptions;

export type ArtifactEventType =
  | 'artifact.created'
  | 'artifact.linked'
  | 'artifact.unlinked'
  | 'artifact.alias_added'
  | 'artifact.alias_removed'
  | 'artifact.tag_added'
  | 'artifact.tag_removed'
  | 'collection.tag_added'
  | 'collection.tag_removed';

export interface PlainTrigger {
  event: ArtifactEventType | `custom.${string}`;
  filter?: Filter;
}

export type Trigger = PlainTrigger | MetricsTrigger | StateTrigger;

/** Of an automation whose trigger was edited there are two, with one id: the second is there from the edit on. */
export interface OracleAutomation {
  id: string;
  savedAtMs: number;
  /** Without it the automation stays. */
  deletedAtMs?: number;
  /** It is not in force from the first moment on, and again from the second on. */
  disabled?: { fromMs: number; untilMs: number };
  team: string;
  scope: Scope;
  trigger: Trigger;
}

interface EventBase {
  id: string;
  team: string;
  project?: string;
  registry?: string;
  user?: string;
}

export interface ArtifactEvent extends EventBase {
  type: ArtifactEventType;
  collection: { name: string; type: string };
  version?: string;
  index?: number;
  aliases?: string[];
  tags?: string[];
  metadata?: Json;
  alias?: string;
  tag?: string;
}

export interface CustomEvent extends EventBase {
  type: `custom.${string}`;
  data?: Json;
}

export interface Run {
  id: string;
  name?: string;
  user?: string;
  tags?: string[];
  config?: Json;
  attempt?: number;
}

export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';

export interface Point {
  step?: number;
  metrics: { [metric: string]: MetricValue };
}

export interface MetricsEvent extends EventBase {
  type: 'run.metrics';
  project: string;
  run: Run;
  points: Point[];
}

export interface StateEvent extends EventBase {
  type: 'run.state';
  project: string;
  run: Run;
  state: State;
  rewind_to?: number;
}

export interface HeartbeatEvent extends EventBase {
  type: 'run.heartbeat';
  project: string;
  run: Run;
  /** In seconds. */
  interval: number;
}

export type RunEvent = MetricsEvent | StateEvent | HeartbeatEvent;
export type WireEvent = ArtifactEvent | CustomEvent | RunEvent;

/** The sweeper looks at a run then, after all that came until then. */
export interface Look {
  atMs: number;
  team: string;
  project: string;
  run: string;
}

export interface Arrival {
  receivedAtMs: number;
  event: WireEvent;
}
