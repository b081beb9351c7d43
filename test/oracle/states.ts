// Run states, rewinds and the ends of runs.
import { isAcrossRuns, metricOf } from './condition.ts';
import { takes } from './filter.ts';
import { forgetValues, type History, lowerNewestStep, recordFiring, seriesOf } from './history.ts';
import { mayFire } from './latch.ts';
import { isScopeOf, placeOf, type RunPlace, runKey } from './scope.ts';
import type {
  Json,
  MetricsTrigger,
  OracleAutomation,
  RunEvent,
  State,
  StateEvent,
  StateTrigger,
} from './world.ts';

const ENDS: State[] = ['FINISHED', 'FAILED', 'CRASHED', 'KILLED', 'PREEMPTED'];

export type StateAutomation = OracleAutomation & { trigger: StateTrigger };
export type MetricsAutomation = OracleAutomation & { trigger: MetricsTrigger };

/** Whether the automation's trigger is on run states. */
function isOnStates(automation: OracleAutomation): automation is StateAutomation {
  return automation.trigger.event === 'run.state';
}

/** Whether the automation's trigger is on metrics. */
export function isOnMetrics(automation: OracleAutomation): automation is MetricsAutomation {
  return automation.trigger.event === 'run.metrics';
}

/** What a filter on a run trigger sees of an event. */
export function filterSubject(event: RunEvent): Json {
  const { user, run } = event;
  return { ...(user === undefined ? {} : { user }), run: run as unknown as Json };
}

/** Applies one `run.state` event. */
export function onState(
  history: History,
  existing: OracleAutomation[],
  event: StateEvent,
  receivedAtMs: number,
): void {
  const place = placeOf(event);
  const run = runKey(place);
  const inScope = existing.filter((each) => isScopeOf(each, place));
  if (!isOfUse(event, inScope, history.newestStep.get(run))) return;
  const key = `${event.team}:${event.id}`;
  if (history.posted.includes(key)) return;
  history.posted.push(key);

  const currentAttempt = history.stateAttempt.get(run) ?? 0;
  const attempt = event.run.attempt ?? currentAttempt;
  if (attempt < currentAttempt) return;
  history.stateAttempt.set(run, attempt);

  rewind(history, run, event.rewind_to);
  if (ENDS.includes(event.state)) rememberEnd(history, inScope, place, receivedAtMs);
  const watchers = inScope.filter(isOnStates);
  if (watchers.length > 0) changeState(history, watchers, event, attempt, receivedAtMs);
}

/** Whether the event is looked at at all. */
function isOfUse(event: StateEvent, inScope: OracleAutomation[], newestStep = -1): boolean {
  const takesAway = event.rewind_to !== undefined && event.rewind_to < newestStep;
  const onMetrics = inScope.filter(isOnMetrics);
  if (takesAway || inScope.some(isOnStates)) return true;
  if (ENDS.includes(event.state) && onMetrics.some((each) => isAcrossRuns(each.trigger))) return true;
  return (event.run.attempt ?? 0) > 0 && onMetrics.length > 0;
}

/** Rule 8. */
function rewind(history: History, run: string, rewindTo: number | undefined): void {
  if (rewindTo === undefined) return;
  forgetValues(history, run, (each) => each.step > rewindTo);
  lowerNewestStep(history, run, rewindTo);
}

/** An end is remembered for each metric that an automation across runs watches in a scope of the run. */
function rememberEnd(
  history: History,
  inScope: OracleAutomation[],
  place: RunPlace,
  receivedAtMs: number,
): void {
  const run = runKey(place);
  const metrics = inScope
    .filter(isOnMetrics)
    .filter((each) => isAcrossRuns(each.trigger))
    .map((each) => metricOf(each.trigger));
  for (const metric of new Set(metrics)) {
    const last = seriesOf(history, run, metric).at(-1);
    if (last === undefined) continue;
    const project = `${place.team}/${place.project}`;
    history.ends.push({ run, project, metric, lastValue: last.value, receivedAtMs });
  }
}

function changeState(
  history: History,
  watchers: StateAutomation[],
  event: StateEvent,
  attempt: number,
  receivedAtMs: number,
): void {
  const run = runKey(placeOf(event));
  const before = history.states.findLast((each) => each.run === run);
  history.states.push({ run, attempt, state: event.state, receivedAtMs });
  if (before !== undefined && before.attempt === attempt && before.state === event.state) return;
  for (const watcher of watchers) {
    if (takes(watcher.trigger.filter, filterSubject(event))) {
      judgeState(history, watcher, run, event, receivedAtMs);
    }
  }
}

function judgeState(
  history: History,
  watcher: StateAutomation,
  run: string,
  event: StateEvent,
  atMs: number,
): void {
  const { id, trigger } = watcher;
  const met = names(trigger.states, event.state);
  const earlier = history.judged.filter((each) => each.automation === watcher && each.run === run);
  const fired = met && mayFire(trigger.repeat, earlier, event.state, atMs);
  history.judged.push({ automation: watcher, run, latch: event.state, met, fired, atMs });
  if (fired) {
    recordFiring(history, { automation: id, occurrence: `event:${event.id}`, receivedAtMs: atMs });
  } else if (met) {
    history.heldBack.push(id);
  }
}

/** FAILED takes CRASHED as well. */
function names(states: State[], state: State): boolean {
  return states.includes(state) || (state === 'CRASHED' && states.includes('FAILED'));
}
