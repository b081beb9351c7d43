// Run metrics: the nine rules of "Windows".
import {
  isAcrossRuns,
  type Judgement,
  judgeChange,
  judgeThreshold,
  judgeZscore,
  metricOf,
  reachOf,
  zscoreWindow,
} from './condition.ts';
import { takes } from './filter.ts';
import {
  forgetValues,
  type History,
  lowerNewestStep,
  newestStepOf,
  recordFiring,
  rewindValues,
  seriesOf,
} from './history.ts';
import { isAgain, mayFire } from './latch.ts';
import { countsFromMs } from './lifetime.ts';
import { isScopeOf, placeOf, type RunPlace, runKey } from './scope.ts';
import { noteLife } from './silence.ts';
import { filterSubject, isOnMetrics, type MetricsAutomation, watchersOfStates } from './watching.ts';
import type { MetricsEvent, MetricValue, OracleAutomation } from './world.ts';

const HOUR_MS = 60 * 60 * 1000;

/** What stays the same for all values of one event. */
interface Arriving {
  history: History;
  watchers: MetricsAutomation[];
  event: MetricsEvent;
  place: RunPlace;
  run: string;
  attempt: number;
  receivedAtMs: number;
}

/** Applies one `run.metrics` event. */
export function onMetrics(
  history: History,
  existing: OracleAutomation[],
  event: MetricsEvent,
  receivedAtMs: number,
): void {
  const place = placeOf(event);
  const run = runKey(place);
  noteLife(history, watchersOfStates(existing, place), event, receivedAtMs);
  const watchers = existing.filter(isOnMetrics).filter((each) => isScopeOf(each, place));
  const watched = new Set(watchers.map((each) => metricOf(each.trigger)));
  const holdsWatched = event.points.some((point) => Object.keys(point.metrics).some((m) => watched.has(m)));
  if (!holdsWatched) return;
  forgetUnwatchedSeries(history, run, watched, receivedAtMs);

  const currentAttempt = history.metricsAttempt.get(run) ?? 0;
  const attempt = event.run.attempt ?? currentAttempt;
  if (attempt < currentAttempt) {
    history.late += event.points.length;
    return;
  }
  if (attempt > currentAttempt) beginAttempt(history, run, event);
  history.metricsAttempt.set(run, attempt);
  applyPoints({ history, watchers, event, place, run, attempt, receivedAtMs }, watched);
}

/** Rule 9. */
function forgetUnwatchedSeries(history: History, run: string, watched: Set<string>, nowMs: number): void {
  const isForgotten = (metric: string) => {
    const last = history.taken.findLast((each) => each.run === run && each.metric === metric);
    return !watched.has(metric) && last !== undefined && nowMs - last.receivedAtMs >= HOUR_MS;
  };
  forgetValues(history, run, ({ metric }) => isForgotten(metric));
  const floors = history.floors.get(run) ?? new Map<string, number>();
  for (const metric of floors.keys()) if (isForgotten(metric)) floors.delete(metric);
}

/** Rule 7: a newer attempt replaces what came at the lowest step that its first event names, and later. */
function beginAttempt(history: History, run: string, event: MetricsEvent): void {
  const named = event.points.flatMap((point) => (point.step === undefined ? [] : [point.step]));
  if (named.length === 0) return;
  const lowest = Math.min(...named);
  rewindValues(history, run, lowest);
  lowerNewestStep(history, run, lowest - 1);
}

/** Rule 1. */
function applyPoints(arriving: Arriving, watched: Set<string>): void {
  const { history, run, event } = arriving;
  for (const point of event.points) {
    const newest = newestStepOf(history, run);
    const step = point.step ?? newest + 1;
    history.newestStep.set(run, Math.max(newest, step));
    for (const [metric, value] of Object.entries(point.metrics)) {
      if (watched.has(metric)) applyValue(arriving, metric, step, value);
    }
  }
}

/** Rules 2 to 4, and 6. */
function applyValue(arriving: Arriving, metric: string, step: number, value: MetricValue): void {
  const { history, run, receivedAtMs } = arriving;
  const watchers = arriving.watchers.filter((each) => metricOf(each.trigger) === metric);
  const isNumber = typeof value === 'number';
  if (isNumber) {
    const capacity = Math.max(...watchers.map((each) => reachOf(each.trigger)));
    keepNewest(history, run, metric, capacity);
    const series = seriesOf(history, run, metric);
    if (series.some((each) => each.step === step)) return;
    const isFull = series.length >= capacity;
    const isRewound = step < (history.floors.get(run)?.get(metric) ?? 0);
    if (isRewound || (isFull && series.every((each) => step < each.step))) {
      history.late += 1;
      return;
    }
    const taken = { run, metric, step, value, receivedAtMs };
    history.kept.push(taken);
    history.taken.push(taken);
    keepNewest(history, run, metric, capacity);
  }
  for (const watcher of watchers) judgeValue(arriving, watcher, step, isNumber);
}

function keepNewest(history: History, run: string, metric: string, capacity: number): void {
  const series = seriesOf(history, run, metric);
  const newest = series.slice(-capacity);
  history.kept = history.kept.filter((each) => !series.includes(each) || newest.includes(each));
}

/** Judges one automation at one value that took its place, or that is not finite. */
function judgeValue(arriving: Arriving, watcher: MetricsAutomation, step: number, isNumber: boolean): void {
  const { history, event } = arriving;
  const { trigger } = watcher;
  if (!takes(trigger.filter, filterSubject(event))) return;
  if ('not_finite' in trigger) {
    record(arriving, watcher, step, { met: !isNumber, borderline: false });
    return;
  }
  if (!isNumber) return;
  const series = seriesOf(history, arriving.run, metricOf(trigger));
  const newest = series.at(-1);
  const position = series.filter((each) => each.step >= step).length;
  if (newest === undefined || position > reachOf(trigger)) return;
  const judgement = judgeWindow(arriving, watcher);
  if (judgement !== undefined) record(arriving, watcher, newest.step, judgement);
}

/** Rule 5: a window counts only when it is full, and of values received since the save and the last enabling. */
function judgeWindow(arriving: Arriving, watcher: MetricsAutomation): Judgement | undefined {
  const { history, run, receivedAtMs } = arriving;
  const { trigger } = watcher;
  const reach = reachOf(trigger);
  const looked = seriesOf(history, run, metricOf(trigger)).slice(-reach);
  if (looked.length < reach) return undefined;
  const fromMs = countsFromMs(watcher, receivedAtMs);
  if (looked.some((each) => each.receivedAtMs < fromMs)) return undefined;
  const values = looked.map((each) => each.value);

  if ('threshold' in trigger) return judgeThreshold(trigger.threshold, values);
  if ('change' in trigger) return judgeChange(trigger.change, values);
  if (!('zscore' in trigger)) return undefined;
  const newest = values.at(-1) ?? Number.NaN;
  if (!isAcrossRuns(trigger)) return judgeZscore(trigger.zscore, newest, values.slice(0, -1));
  const others = lastValuesOfOtherRuns(arriving, trigger.zscore.metric, zscoreWindow(trigger.zscore));
  return others === undefined ? undefined : judgeZscore(trigger.zscore, newest, others);
}

/** Of the other runs of the project that ended most recently; undefined when there are not so many. */
function lastValuesOfOtherRuns(arriving: Arriving, metric: string, wanted: number): number[] | undefined {
  const { history, place, run } = arriving;
  const remembered = history.ends
    .filter((end) => end.project === `${place.team}/${place.project}` && end.metric === metric)
    .filter((end) => end.run !== run);
  const latestOfEach = remembered.filter((end, index) =>
    remembered.slice(index + 1).every((later) => later.run !== end.run),
  );
  const chosen = latestOfEach.slice(-wanted);
  return chosen.length < wanted ? undefined : chosen.map((end) => end.lastValue);
}

/** Lets the latch decide, and writes the judgement down. */
function record(arriving: Arriving, watcher: MetricsAutomation, step: number, judgement: Judgement): void {
  const { history, run, attempt, receivedAtMs } = arriving;
  const { id, trigger } = watcher;
  const occurrence = `metric:${run}:${attempt}:${metricOf(trigger)}:${step}`;
  if (judgement.borderline) history.borderline.push({ automation: id, occurrence });
  const earlier = history.judged.filter((each) => each.automation === watcher && each.run === run);
  const isLoose = judgement.met && 'not_finite' in trigger;
  const loose = isLoose ? { loose: { attempt, step, isRewound: false } } : {};
  if (judgement.met && isAgain(earlier, occurrence, loose.loose)) return;
  const fired = judgement.met && mayFire(trigger.repeat, earlier, 'metric', receivedAtMs);
  if (judgement.met && !fired) history.heldBack.push(id);
  history.judged.push({
    automation: watcher,
    run,
    latch: 'metric',
    met: judgement.met,
    fired,
    occurrence,
    ...loose,
    atMs: receivedAtMs,
  });
  if (!fired) return;
  const value = judgement.value === undefined ? {} : { value: judgement.value };
  recordFiring(history, { automation: id, occurrence, receivedAtMs, ...value });
}
