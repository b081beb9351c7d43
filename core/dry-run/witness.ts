import type { RunMetricsEvent } from '../event.ts';
import { eventReader } from '../matching/event-reader.ts';
import { conditionOfWatcher } from '../matching/metric-index.ts';
import type { Watcher } from '../matching/watcher.ts';
import { sizeOf } from '../metrics/series.ts';
import { repeatOf } from '../runs/fire.ts';
import { heldUntilMs } from '../runs/latch.ts';
import type { RunMemory } from '../runs/memory.ts';
import { type ArrivedValue, type Fate, groupsOf, type MetricContext, numberOf } from '../runs/metrics.ts';
import type { Miss } from './miss.ts';

/** What came of an event or of one of its values, in the order of arrival. Without a miss, the next of the deliveries. */
export interface Found {
  step?: number;
  count?: number;
  miss?: Miss;
}

interface Judging {
  watcher: Watcher;
  memory: RunMemory;
  context: Pick<MetricContext, 'gauges' | 'lastOfOthers' | 'receivedAtMs'>;
  event: RunMetricsEvent;
}

/**
 * Notes what becomes of each value of an event. Whether it fires is what the engine says; why it does not is read off
 * the memory that the engine left, by the engine's own gauges.
 */
export function metricWitness(judging: Judging, found: Found[]): NonNullable<MetricContext['witness']> {
  const { watcher, memory } = judging;
  let [fired, held, repeated] = [0, 0, 0];
  return (value, fate, { firings, heldBack, again }) => {
    const [hasFired, isHeldBack] = [firings.length > fired, heldBack.length > held];
    const isAgain = again.length > repeated;
    [fired, held, repeated] = [firings.length, heldBack.length, again.length];
    const { step } = value;
    if (hasFired) found.push({ step });
    else if (isHeldBack) found.push({ step, miss: heldBackBy(watcher, memory, watcher.automationId) });
    else if (isAgain) found.push({ step, miss: { reason: 'same_occurrence' } });
    else found.push({ step, miss: missOf(value, fate, judging) });
  };
}

/** What the latch says to a condition that is met. */
export function heldBackBy(watcher: Watcher, memory: RunMemory, key: string): Miss {
  const latch = memory.latches.get(key);
  const untilMs = latch ? heldUntilMs(latch, repeatOf(watcher)) : Number.POSITIVE_INFINITY;
  return { reason: 'held_back', ...(Number.isFinite(untilMs) && { untilMs }) };
}

function missOf(value: ArrivedValue, fate: Fate, judging: Judging): Miss {
  if (fate === 'late' || fate === 'repeated') return { reason: fate };
  const { watcher, event } = judging;
  const condition = conditionOfWatcher(watcher);
  if (condition.kind !== 'not_finite' && fate === 'not_finite') return { reason: 'not_finite' };
  if (groupsOf(value).length === 0) {
    return { reason: 'filter', clauses: watcher.filter.explain(eventReader(event).field) };
  }
  return condition.kind === 'not_finite' ? { reason: 'finite' } : missOfWindow(value, judging);
}

function missOfWindow(value: ArrivedValue, { watcher, memory, context }: Judging): Miss {
  const table = groupsOf(value)[0]?.first;
  const series = memory.series.get(value.metric);
  if (!table || !series) throw new Error('a value that was judged has a series and a table');
  const held = sizeOf(series);
  if (held < table.reach) return { reason: 'window_not_full', held, needed: table.reach };
  const number = numberOf(table, series, value, context);
  if (number === undefined) {
    return { reason: 'too_few_runs', held: endedRuns(value, table.runs, context), needed: table.runs };
  }
  if (!Number.isNaN(number)) return { reason: 'not_met', value: number };
  return { reason: conditionOfWatcher(watcher).kind === 'change' ? 'prior_is_zero' : 'no_deviation' };
}

/** How many other runs ended before, where they are fewer than wanted. */
function endedRuns({ metric }: ArrivedValue, wanted: number, context: Judging['context']): number {
  let held = wanted - 1;
  while (held > 0 && !context.lastOfOthers(metric, held, context.receivedAtMs)) held--;
  return held;
}
