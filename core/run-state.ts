import type { Threshold } from './automation.ts';
import type { Delivery } from './delivery.ts';
import { type Point, type RunMetricsEvent, toNumber } from './event.ts';
import type { Fields, Filter } from './filters/filter.ts';
import {
  emptySeries,
  forgetFrom,
  newestWindow,
  placeValue,
  type Series,
  type SeriesPoint,
} from './metrics/series.ts';
import { judgeThreshold } from './metrics/threshold.ts';

/** All that is remembered of one run; one item in the table, changed by compare-and-set on `version`. */
export interface RunState {
  version: number;
  attempt: number;
  /** The newest step seen, -1 before the first. A point without a step is the next one. */
  lastStep: number;
  series: Map<string, Series>;
  /** By automation: when it last fired for this run, and for which trigger. */
  fired: Map<string, { triggerHash: string; atMs: number }>;
  /** Ids of the messages applied last: a message that comes again is not applied again. */
  applied: string[];
  /** Deliveries decided but perhaps not yet written (see lambdas/shared/outbox.ts). */
  outbox: Delivery[];
  /** Values that came too late for every window. */
  late: number;
}

/** An automation as the window engine sees it. */
export interface MetricWatcher {
  automationId: string;
  triggerHash: string;
  triggerSavedAtMs: number;
  threshold: Threshold;
  filter: Filter;
}

export interface MetricFiring<Watcher extends MetricWatcher> {
  watcher: Watcher;
  metric: string;
  /** What was compared, and the values it was made from, oldest first. */
  value: number;
  window: number[];
  /** The step that ends the window, and the attempt it belongs to. */
  step: number;
  attempt: number;
}

/** W&B: an automation fires at most once per run in 24 hours. */
const REFIRE_AFTER_MS = 24 * 60 * 60 * 1000;

const REMEMBERED_MESSAGES = 32;

export function newRunState(): RunState {
  return {
    version: 0,
    attempt: 0,
    lastStep: -1,
    series: new Map(),
    fired: new Map(),
    applied: [],
    outbox: [],
    late: 0,
  };
}

/** Notes a message as applied; false when it was applied before. Changes the state. */
export function beginMessage(state: RunState, messageId: string): boolean {
  if (state.applied.includes(messageId)) return false;
  state.applied = [...state.applied, messageId].slice(-REMEMBERED_MESSAGES);
  return true;
}

/**
 * Applies the points of one event, in the order of arrival, and answers what fired. Changes the state.
 * Watchers come by metric; metrics that nobody watches leave no trace.
 */
export function applyMetrics<Watcher extends MetricWatcher>(
  state: RunState,
  event: RunMetricsEvent,
  receivedAtMs: number,
  watchers: ReadonlyMap<string, Watcher[]>,
): MetricFiring<Watcher>[] {
  if (!enterAttempt(state, event)) return [];
  const interested = interestedIn(event, receivedAtMs, watchers);
  return event.points.flatMap((point) => applyPoint(state, point, receivedAtMs, watchers, interested));
}

/** A newer attempt forgets what came at its first step and later; an older one has nothing to say any more. */
function enterAttempt(state: RunState, event: RunMetricsEvent): boolean {
  const attempt = event.run.attempt ?? state.attempt;
  if (attempt < state.attempt) {
    state.late += event.points.length;
    return false;
  }
  if (attempt > state.attempt) {
    const firstStep = event.points[0]?.step ?? state.lastStep + 1;
    for (const series of state.series.values()) forgetFrom(series, firstStep);
    state.attempt = attempt;
    state.lastStep = Math.min(state.lastStep, firstStep - 1);
  }
  return true;
}

/** The watchers whose filter takes this run and whose trigger is older than the event. */
function interestedIn<Watcher extends MetricWatcher>(
  event: RunMetricsEvent,
  receivedAtMs: number,
  watchers: ReadonlyMap<string, Watcher[]>,
): Set<Watcher> {
  const fields = { user: event.user, run: event.run } as Fields;
  const all = [...watchers.values()].flat();
  return new Set(all.filter((watcher) => watcher.triggerSavedAtMs <= receivedAtMs && watcher.filter(fields)));
}

function applyPoint<Watcher extends MetricWatcher>(
  state: RunState,
  point: Point,
  receivedAtMs: number,
  watchers: ReadonlyMap<string, Watcher[]>,
  interested: ReadonlySet<Watcher>,
): MetricFiring<Watcher>[] {
  const step = point.step ?? state.lastStep + 1;
  state.lastStep = Math.max(state.lastStep, step);
  const firings: MetricFiring<Watcher>[] = [];
  for (const [metric, watching] of watchers) {
    const value = finiteValue(point, metric);
    if (value === undefined) continue;
    const capacity = Math.max(...watching.map((watcher) => watcher.threshold.window));
    const series = keepValue(state, metric, { step, value, receivedAtMs }, capacity);
    if (!series) continue;
    const judged = watching.filter((watcher) => interested.has(watcher));
    firings.push(...judged.flatMap((watcher) => judge(state, metric, series, watcher, receivedAtMs)));
  }
  return firings;
}

/** Non-finite values stay out of windows (our choice). */
function finiteValue(point: Point, metric: string): number | undefined {
  const value = Object.hasOwn(point.metrics, metric) ? point.metrics[metric] : undefined;
  if (value === undefined) return undefined;
  const number = toNumber(value);
  return Number.isFinite(number) ? number : undefined;
}

/** The metric's series when the value changed it, undefined when it was repeated or late. */
function keepValue(
  state: RunState,
  metric: string,
  point: SeriesPoint,
  capacity: number,
): Series | undefined {
  const series = state.series.get(metric) ?? emptySeries();
  state.series.set(metric, series);
  const placement = placeValue(series, point, capacity);
  if (placement === 'late') state.late++;
  return placement === 'late' || placement === 'repeated' ? undefined : series;
}

function judge<Watcher extends MetricWatcher>(
  state: RunState,
  metric: string,
  series: Series,
  watcher: Watcher,
  receivedAtMs: number,
): MetricFiring<Watcher>[] {
  const { automationId, triggerHash, threshold, triggerSavedAtMs } = watcher;
  const before = state.fired.get(automationId);
  if (before?.triggerHash === triggerHash && receivedAtMs - before.atMs < REFIRE_AFTER_MS) return [];
  const window = newestWindow(series, threshold.window, triggerSavedAtMs);
  if (!window) return [];
  const { value, met } = judgeThreshold(threshold, window);
  if (!met) return [];
  state.fired.set(automationId, { triggerHash, atMs: receivedAtMs });
  const step = series.steps.at(-1) ?? 0;
  return [{ watcher, metric, value, window, step, attempt: state.attempt }];
}
