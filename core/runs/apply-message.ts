import type { Delivery } from '../delivery.ts';
import type { RunHeartbeatEvent } from '../event.ts';
import {
  type EventMessage,
  type OpenedMetricsEvent,
  openEvent,
  openPoints,
  type Route,
} from '../event-message.ts';
import { metricDelivery, stateDelivery } from '../firing.ts';
import type { MetricIndex } from '../matching/metric-index.ts';
import type { ScopeIndex } from '../matching/scope-index.ts';
import type { StateIndex } from '../matching/state-index.ts';
import type { Watcher } from '../matching/watcher.ts';
import { newestValues } from '../metrics/series.ts';
import type { Place } from '../scope.ts';
import { beginMessage, isEnd, type RunMemory } from './memory.ts';
import { applyMetrics, type Gauges, type MetricContext } from './metrics.ts';
import { applyHeartbeat, applyState, noteLife, type StateEvent } from './states.ts';

/** Who looks at a run. */
export interface RunInterest {
  /** Where the run is, and the automations of the scopes that cover it, widest first. */
  place: Place;
  indexes: ScopeIndex[];
  /** By metric: one index for each scope that watches it. */
  metrics: Map<string, MetricIndex[]>;
  /** One index for each scope that watches run states. */
  states: StateIndex[];
  /** The metrics that automations across runs want at a run's end. */
  ended: string[];
  /** Whether a run.state event that names a newer attempt is of use: what is watched goes by attempts. */
  wantsAttempts: boolean;
}

/** Who looks at these metrics and at the states of a run, of the automations of the scopes that cover its place. */
export function interestIn(place: Place, metrics: string[], indexes: ScopeIndex[]): RunInterest {
  const found = metrics.map(
    (metric) => [metric, indexes.flatMap((index) => index.metric(metric) ?? [])] as const,
  );
  return {
    place,
    indexes,
    metrics: new Map(found.filter(([, watching]) => watching.length > 0)),
    states: indexes.flatMap((index) => index.states() ?? []),
    ended: [],
    wantsAttempts: false,
  };
}

export interface ApplyContext {
  interest: RunInterest;
  /** The metrics of kept series that are watched still. */
  stillWatched: ReadonlySet<string>;
  gauges: Gauges;
  lastOfOthers: MetricContext['lastOfOthers'];
  /** Told what becomes of each value, for those who want to know why nothing fires. */
  witness?: MetricContext['witness'];
  nowMs: number;
}

export interface AppliedMessage {
  message: EventMessage;
  deliveries: Delivery[];
  /** The watchers that a latch held back, once for each time. */
  heldBack: Watcher[];
  /** The last values of a run that ended. */
  ends: { metric: string; value: number; endedAtMs: number }[];
  late: number;
}

/** Applies the events of a message to its run's memory, unless it was applied before. Changes the memory. */
export function applyMessage(
  memory: RunMemory,
  message: EventMessage,
  context: ApplyContext,
): AppliedMessage {
  const applied: AppliedMessage = { message, deliveries: [], heldBack: [], ends: [], late: 0 };
  if (!beginMessage(memory, message.id)) return applied;
  const lateBefore = memory.late;
  for (const route of message.routes) appliers[kindOf(route)](memory, message, route, context, applied);
  applied.late = memory.late - lateBefore;
  return applied;
}

type RouteApplier = (
  memory: RunMemory,
  message: EventMessage,
  route: Route,
  context: ApplyContext,
  into: AppliedMessage,
) => void;
type RunEventType = 'run.metrics' | 'run.state' | 'run.heartbeat';

const kindOf = ({ type }: Route) => type as RunEventType;

const appliers: Record<RunEventType, RouteApplier> = {
  'run.metrics': applyMetricsRoute,
  'run.state': applyStateRoute,
  'run.heartbeat': (memory, message, route, { interest }) => {
    if (interest.states.length === 0) return;
    const event = openEvent(message, route) as RunHeartbeatEvent;
    applyHeartbeat(memory, event, message.receivedAtMs);
  },
};

function applyMetricsRoute(...[memory, message, route, context, into]: Parameters<RouteApplier>): void {
  const { interest, gauges, lastOfOthers, witness, nowMs } = context;
  const { receivedAtMs, depth } = message;
  const isWatched = route.metrics?.some((metric) => interest.metrics.has(metric)) ?? false;
  const isLife = memory.pulse !== undefined && interest.states.length > 0;
  if (!(isWatched || isLife)) return;
  const event = openEvent(message, route) as OpenedMetricsEvent;
  if (isLife) noteLife(memory, event, receivedAtMs);
  if (!isWatched) return;
  forgetUnwatched(memory, receivedAtMs, context.stillWatched);
  const judged = { receivedAtMs, indexes: interest.metrics, gauges, lastOfOthers };
  const metrics = { ...judged, ...(witness && { witness }) };
  const { firings, heldBack } = applyMetrics(memory, event, openPoints(message, route), metrics);
  const deliveries = firings.map((firing) => metricDelivery(firing, event, { receivedAtMs, depth, nowMs }));
  into.deliveries.push(...deliveries);
  into.heldBack.push(...heldBack);
}

/**
 * Whether anybody has a use for a run.state event (docs/triggers.md): as far as it can be said before the run is loaded,
 * and for sure by the run's newest step. Silence ends a wait, whoever watches now.
 */
export function isStateOfUse(
  route: Route,
  { states, ended, wantsAttempts }: RunInterest,
  lastStep = Number.POSITIVE_INFINITY,
): boolean {
  const { state, rewindTo = Number.POSITIVE_INFINITY, attempt = 0, silentSinceMs } = route;
  if (state === undefined) return false;
  if (states.length > 0 || rewindTo < lastStep || silentSinceMs !== undefined) return true;
  return (isEnd(state) && ended.length > 0) || (attempt > 0 && wantsAttempts);
}

function applyStateRoute(...[memory, message, route, context, into]: Parameters<RouteApplier>): void {
  const { interest, nowMs } = context;
  if (!isStateOfUse(route, interest, memory.lastStep)) return;
  const { receivedAtMs, depth } = message;
  const event = openEvent(message, route) as StateEvent;
  const applied = applyState(memory, event, { receivedAtMs, indexes: interest.states });
  const arrival = { receivedAtMs, depth, nowMs };
  into.deliveries.push(...applied.firings.map((firing) => stateDelivery(firing, event, arrival)));
  into.heldBack.push(...applied.heldBack);
  if (!applied.isEnd) return;
  for (const metric of interest.ended) {
    const series = memory.series.get(metric);
    const [value] = series ? newestValues(series, 1) : [];
    if (value !== undefined) into.ends.push({ metric, value, endedAtMs: receivedAtMs });
  }
}

/** How long a series that nobody watches is kept: somebody may have looked away by mistake (our choice). */
const UNWATCHED_KEPT_MS = 60 * 60 * 1000;

function forgetUnwatched(memory: RunMemory, receivedAtMs: number, stillWatched: ReadonlySet<string>): void {
  for (const [metric, series] of memory.series) {
    if (stillWatched.has(metric) || receivedAtMs - series.lastReceivedAtMs < UNWATCHED_KEPT_MS) continue;
    memory.series.delete(metric);
    memory.isChanged = true;
  }
}
