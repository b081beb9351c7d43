import { type MetricValue, toNumber } from '../event.ts';
import type { OpenedMetricsEvent } from '../event-message.ts';
import { type EventReader, eventReader } from '../matching/event-reader.ts';
import type { MatchCounts } from '../matching/filter-index.ts';
import type { MeasureTable, MetricGroup } from '../matching/metric-group.ts';
import type { MetricIndex } from '../matching/metric-index.ts';
import type { Watcher } from '../matching/watcher.ts';
import { GaugeBoard, windowOf, zscoreAgainst } from '../metrics/gauge.ts';
import { type Points, valuesOf } from '../metrics/points.ts';
import {
  emptySeries,
  newestStep,
  oldestReceipt,
  type Placement,
  placeValue,
  type Series,
  sizeOf,
} from '../metrics/series.ts';
import { type Fired, fire } from './fire.ts';
import { forgetSteps } from './forget-steps.ts';
import { isOfTrigger } from './latch.ts';
import type { RunMemory } from './memory.ts';

/** A metric's condition was met: what a delivery tells of it. */
export interface MetricFiring {
  watcher: Watcher;
  metric: string;
  /** What was compared: an aggregate, a change, a z-score; or the non-finite value itself. */
  value: number;
  /** The values it was made from, oldest first. */
  window: number[];
  /** The step that ends the window, and the attempt it belongs to. */
  step: number;
  attempt: number;
  /** The point's own time, where the client gave one. */
  time?: string;
}

/** What metrics are judged with. */
export interface MetricContext {
  receivedAtMs: number;
  /** By metric: the automations that watch it, one index for each scope of the run. */
  indexes: ReadonlyMap<string, MetricIndex[]>;
  /** The last values of this many other runs of the project, of those that ended before; undefined while there are fewer. */
  lastOfOthers: (metric: string, runs: number, beforeMs: number) => number[] | undefined;
  gauges: Gauges;
  counts?: MatchCounts;
  /** Told what became of each value that came for a watched metric, once it was judged. */
  witness?: (value: ArrivedValue, fate: Fate, applied: Fired<MetricFiring>) => void;
}

/** What becomes of a value: only one that is placed is judged by windows, only one that is not finite by itself. */
export type Fate = Placement['placement'] | 'not_finite';

/** Gauges live as long as a batch: each belongs to a series that was loaded for it. */
export type Gauges = Map<Series, GaugeBoard>;

/**
 * Applies the points of one event, in their order, and answers what fired and what a latch held back. Changes the
 * memory. The rules are those of docs/triggers.md; metrics that nobody watches leave no trace.
 */
export function applyMetrics(
  memory: RunMemory,
  event: OpenedMetricsEvent,
  points: Points,
  context: MetricContext,
): Fired<MetricFiring> {
  const applied: Fired<MetricFiring> = { firings: [], heldBack: [], again: [] };
  if (!enterAttempt(memory, event, points)) return applied;
  const columns = watchedColumns(points, eventReader(event), context);
  const judge: Judge = { memory, context, applied };
  points.steps.forEach((named, at) => {
    const step = named ?? memory.lastStep + 1;
    if (step > memory.lastStep) {
      memory.lastStep = step;
      memory.isChanged = true;
    }
    const time = points.times?.[at];
    for (const { values, ...column } of columns) {
      const value = values[at];
      if (value === null || value === undefined) continue;
      const arrived = { ...column, step, value: toNumber(value), ...(time && { time }) };
      const fate = applyValue(arrived, judge);
      context.witness?.(arrived, fate, applied);
    }
  });
  return applied;
}

interface Judge {
  memory: RunMemory;
  context: MetricContext;
  applied: Fired<MetricFiring>;
}

export interface ArrivedValue {
  metric: string;
  /** Who watches the metric, one for each scope. */
  watching: Watching[];
  step: number;
  value: number;
  capacity: number;
  time?: string;
}

/** The automations of a scope on a metric, as far as their filter takes the event: which is tested when it matters. */
class Watching {
  readonly index: MetricIndex;
  readonly #event: EventReader;
  #groups: MetricGroup[] | undefined;

  constructor(index: MetricIndex, event: EventReader) {
    this.index = index;
    this.#event = event;
  }

  get groups(): MetricGroup[] {
    this.#groups ??= this.index.groupsFor(this.#event);
    return this.#groups;
  }
}

/** The groups whose filter takes the event that brought a value. */
export function groupsOf({ watching }: ArrivedValue): MetricGroup[] {
  return watching.flatMap(({ groups }) => groups);
}

/** A newer attempt forgets what came at its lowest step and later; an older one has nothing to say any more. */
function enterAttempt(memory: RunMemory, event: OpenedMetricsEvent, points: Points): boolean {
  const attempt = event.run.attempt ?? memory.attempt;
  if (attempt === memory.attempt) return true;
  memory.isChanged = true;
  if (attempt < memory.attempt) {
    memory.late += points.steps.length;
    return false;
  }
  memory.attempt = attempt;
  const lowest = lowestStep(points.steps);
  if (lowest !== undefined) forgetSteps(memory, lowest);
  return true;
}

function lowestStep(steps: (number | null)[]): number | undefined {
  let lowest: number | undefined;
  for (const step of steps) if (step !== null && (lowest === undefined || step < lowest)) lowest = step;
  return lowest;
}

function watchedColumns(points: Points, reader: EventReader, { indexes }: MetricContext) {
  const columns: {
    metric: string;
    values: (MetricValue | null)[];
    capacity: number;
    watching: Watching[];
  }[] = [];
  for (const [metric, found] of indexes) {
    const values = valuesOf(points, metric);
    if (!values) continue;
    // A series is kept for all that watch, whether or not their filter takes this event.
    const capacity = Math.max(...found.map(({ reach }) => reach));
    const watching = found.map((index) => new Watching(index, reader));
    columns.push({ metric, values, capacity, watching });
  }
  return columns;
}

function applyValue(arrived: ArrivedValue, judge: Judge): Fate {
  if (!Number.isFinite(arrived.value)) {
    judgeNotFinite(arrived, judge);
    return 'not_finite';
  }
  const { memory } = judge;
  const { metric, step, value, capacity } = arrived;
  const series = memory.series.get(metric) ?? emptySeries();
  const { receivedAtMs } = judge.context;
  const held = sizeOf(series);
  const placed = placeValue(series, { step, value, receivedAtMs }, capacity);
  // A window that became smaller cuts the series, even where the value itself changes nothing.
  if (sizeOf(series) < held) memory.isChanged = true;
  if (placed.placement === 'repeated') return 'repeated';
  memory.isChanged = true;
  if (placed.placement !== 'placed') {
    memory.late++;
    return 'late';
  }
  memory.series.set(metric, series);
  judgeFinite(arrived, placed.rank, series, judge);
  return 'placed';
}

/** Judges what looks at a value that took its place: whatever reaches back to it. */
function judgeFinite(arrived: ArrivedValue, rank: number, series: Series, judge: Judge): void {
  const { receivedAtMs } = judge.context;
  const isOldEnough = (watcher: Watcher) => watcher.countsFromMs <= receivedAtMs;
  const newest = series.values[series.end - 1] as number;
  const loud = arrived.watching.filter(({ index }) => !index.isQuiet(newest));
  for (const { first, forFinite } of loud.flatMap(({ groups }) => groups)) {
    if (forFinite.size > 0) noteFalse(forFinite, isOldEnough, judge.memory);
    for (let table = first; table !== undefined; table = table.next) {
      if (rank < table.reach && sizeOf(series) >= table.reach) judgeTable(table, series, arrived, judge);
    }
  }
}

/** The number that a table's conditions compare; NaN, which meets nothing, where the rules say "never met". */
export function numberOf(
  table: MeasureTable,
  series: Series,
  { metric, value }: Pick<ArrivedValue, 'metric' | 'value'>,
  context: Pick<MetricContext, 'gauges' | 'lastOfOthers' | 'receivedAtMs'>,
): number | undefined {
  if (table.measure) {
    const board = boardOf(series, context.gauges);
    board.update();
    return board.gauge(table.measure).read();
  }
  const others = context.lastOfOthers(metric, table.runs, context.receivedAtMs);
  return others && zscoreAgainst(value, others);
}

function judgeTable(table: MeasureTable, series: Series, arrived: ArrivedValue, judge: Judge): void {
  const number = numberOf(table, series, arrived, judge.context);
  if (number === undefined) return;
  const { counts } = judge.context;
  const met: Watcher[] = [];
  table.collect(number, met);
  if (counts) counts.candidates += met.length;
  const oldest = oldestReceipt(series, table.reach);
  const isOldEnough = (watcher: Watcher) => watcher.countsFromMs <= oldest;
  if (table.afterFalse.size > 0) {
    const isMet = new Set(met);
    noteFalse(table.afterFalse, (watcher) => isOldEnough(watcher) && !isMet.has(watcher), judge.memory);
  }
  const { measure } = table;
  const window = () => (measure ? windowOf(series, measure) : [arrived.value]);
  for (const watcher of met) {
    if (!isOldEnough(watcher)) continue;
    report({ watcher, window, value: number, step: newestStep(series) ?? arrived.step, arrived }, judge);
  }
}

/** Tells the latches of those that wait for it that their condition was judged and not met. */
function noteFalse(
  waiting: ReadonlyMap<string, Watcher>,
  isFalse: (watcher: Watcher) => boolean,
  memory: RunMemory,
): void {
  // Few have a latch, however many wait.
  for (const [automationId, latch] of memory.latches) {
    const watcher = waiting.get(automationId);
    if (!watcher || latch.wasFalse || !isOfTrigger(latch, watcher.triggerHash) || !isFalse(watcher)) continue;
    latch.wasFalse = true;
    memory.isChanged = true;
  }
}

function judgeNotFinite(arrived: ArrivedValue, judge: Judge): void {
  const { step, value } = arrived;
  for (const { notFinite } of groupsOf(arrived)) {
    for (const watcher of notFinite) {
      if (watcher.countsFromMs > judge.context.receivedAtMs) continue;
      report({ watcher, window: () => [value], value, step, arrived }, judge);
    }
  }
}

interface Met {
  watcher: Watcher;
  value: number;
  window: () => number[];
  step: number;
  arrived: ArrivedValue;
}

function report({ watcher, value, window, step, arrived }: Met, { memory, context, applied }: Judge): void {
  const { metric, time } = arrived;
  const { receivedAtMs } = context;
  const occurrence = { attempt: memory.attempt, step };
  const firing = () => ({
    ...{ watcher, metric, value, window: window(), ...occurrence },
    ...(time !== undefined && { time }),
  });
  const isLoose = !Number.isFinite(arrived.value);
  fire(memory, { watcher, latch: watcher.automationId, receivedAtMs, occurrence, isLoose, firing }, applied);
}

function boardOf(series: Series, gauges: Gauges): GaugeBoard {
  const known = gauges.get(series);
  if (known) return known;
  const board = new GaugeBoard(series);
  gauges.set(series, board);
  return board;
}
