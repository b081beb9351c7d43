import type { RunState } from '../event.ts';
import { eventReader } from '../matching/event-reader.ts';
import { conditionOfWatcher } from '../matching/metric-index.ts';
import { ScopeIndex } from '../matching/scope-index.ts';
import { Watcher } from '../matching/watcher.ts';
import { newestStep, pointsOf, type Series } from '../metrics/series.ts';
import { isMetricsTrigger, isStateTrigger, takenStates } from '../trigger.ts';
import { repeatOf } from './fire.ts';
import { heldUntilMs, isOfTrigger } from './latch.ts';
import { latchKey, type RunMemory, silenceDueAtMs } from './memory.ts';
import { type MetricContext, numberOf } from './metrics.ts';

/** Where an automation stands with one run: what a value or a state that comes now would meet. */
export interface Standing {
  /** Undefined where nothing is known of the run, or nothing that this automation looks at. */
  window?: WindowStanding;
  /** The latches that hold it back now: one for metrics, for states one for each. */
  latches: { state?: RunState; firedAtMs: number; untilMs?: number }[];
  state?: { now: RunState /** Silence said so, no event. */; isSilent: boolean };
  /** When silence makes the run CRASHED. */
  silentAtMs?: number;
  /** Values of the run that came too late for every window, of any metric. */
  late: number;
}

export interface WindowStanding {
  /** How many of the newest values count, of those that the condition looks at. */
  held: number;
  needed: number;
  /** Of a change: of them, those of the prior window. */
  prior?: { held: number; needed: number };
  /** Values that came before the trigger was saved or the automation enabled, and so do not count. */
  tooOld: number;
  newestStep?: number;
  lastReceivedAtMs?: number;
  /** What is compared; NaN where the rules say never met. Undefined while the window is not full. */
  value?: number;
  isMet: boolean;
}

type LastOfOthers = MetricContext['lastOfOthers'];

/** Reads where an automation stands off the memory of a run. `lastOfOthers` is asked by conditions across runs. */
export function standingOf(
  memory: RunMemory,
  watcher: Watcher,
  { nowMs, lastOfOthers }: { nowMs: number; lastOfOthers: LastOfOthers },
): Standing {
  const { trigger } = watcher.definition;
  const { state, late } = memory;
  const silentAtMs = silenceDueAtMs(memory);
  const series = isMetricsTrigger(trigger) && memory.series.get(conditionOfWatcher(watcher).metric);
  return {
    ...(series && { window: windowStanding(series, watcher, { nowMs, lastOfOthers }) }),
    latches: latchesOf(memory, watcher, nowMs),
    ...(state && { state: { now: state.state, isSilent: state.before !== undefined } }),
    ...(silentAtMs !== undefined && { silentAtMs }),
    late,
  };
}

function windowStanding(
  series: Series,
  watcher: Watcher,
  { nowMs, lastOfOthers }: { nowMs: number; lastOfOthers: LastOfOthers },
): WindowStanding {
  const condition = conditionOfWatcher(watcher);
  const table = tableOf(watcher);
  const points = pointsOf(series);
  const needed = table?.reach ?? 1;
  const oldest = points.findLastIndex(({ receivedAtMs }) => receivedAtMs < watcher.countsFromMs);
  const held = Math.min(points.length - 1 - oldest, needed);
  const step = newestStep(series);
  const [value] = points.slice(-1);
  const context = { gauges: new Map(), lastOfOthers, receivedAtMs: nowMs };
  const number =
    table && value && held === needed
      ? numberOf(table, series, { metric: condition.metric, value: value.value }, context)
      : undefined;
  const met: Watcher[] = [];
  if (number !== undefined) table?.collect(number, met);
  return {
    held,
    needed,
    ...(condition.kind === 'change' && {
      prior: { held: Math.max(0, held - condition.window), needed: condition.prior_window },
    }),
    tooOld: Math.min(oldest + 1, needed - held),
    ...(step !== undefined && { newestStep: step }),
    ...(series.lastReceivedAtMs > 0 && { lastReceivedAtMs: series.lastReceivedAtMs }),
    ...(number !== undefined && { value: number }),
    isMet: met.length > 0,
  };
}

/** The engine's own table of the condition, whatever the filter; undefined for a condition without a window. */
function tableOf({ automationId: id, revision, definition, countsFromMs }: Watcher) {
  const trigger = { ...definition.trigger, filter: {} };
  const unfiltered = new Watcher(
    { id },
    { revision, definition: { ...definition, trigger }, triggerSavedAtMs: countsFromMs },
  );
  const index = new ScopeIndex();
  index.put(unfiltered);
  const [group] = index.metric(conditionOfWatcher(unfiltered).metric)?.groupsFor(eventReader({})) ?? [];
  return group?.first;
}

function latchesOf(memory: RunMemory, watcher: Watcher, nowMs: number): Standing['latches'] {
  const states = isStateTrigger(watcher.definition.trigger)
    ? [...takenStates(watcher.definition.trigger)]
    : [undefined];
  return states.flatMap((state) => {
    const latch = memory.latches.get(latchKey(watcher.automationId, state));
    if (!latch || !isOfTrigger(latch, watcher.triggerHash)) return [];
    const untilMs = heldUntilMs(latch, repeatOf(watcher));
    if (untilMs <= nowMs) return [];
    const timed = Number.isFinite(untilMs) && { untilMs };
    return { ...(state && { state }), firedAtMs: latch.atMs, ...timed };
  });
}
