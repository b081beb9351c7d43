// Run states, rewinds and the ends of runs.
import { isAcrossRuns } from './condition.ts';
import { isEnd, rememberEnd } from './ends.ts';
import { type History, lowerNewestStep, rewindValues, stateOf } from './history.ts';
import { isScopeOf, placeOf, runKey } from './scope.ts';
import { enterAttempt, noteLife } from './silence.ts';
import { judgeChange } from './state-judgement.ts';
import { isOnMetrics, isOnStates, type StateAutomation } from './watching.ts';
import type { OracleAutomation, StateEvent } from './world.ts';

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

  const watchers = inScope.filter(isOnStates);
  if (!enterAttempt(history, watchers, event, receivedAtMs)) return;
  rewind(history, run, event.rewind_to);
  if (isEnd(event.state)) rememberEnd(history, inScope, place, receivedAtMs);
  if (watchers.length > 0) changeState(history, watchers, event, receivedAtMs);
  if (watchers.length === 0 || isEnd(event.state)) history.pulses.delete(run);
}

/** Whether the event is looked at at all. */
function isOfUse(event: StateEvent, inScope: OracleAutomation[], newestStep = -1): boolean {
  const takesAway = event.rewind_to !== undefined && event.rewind_to < newestStep;
  const onMetrics = inScope.filter(isOnMetrics);
  if (takesAway || inScope.some(isOnStates)) return true;
  if (isEnd(event.state) && onMetrics.some((each) => isAcrossRuns(each.trigger))) return true;
  return (event.run.attempt ?? 0) > 0 && onMetrics.length > 0;
}

/** Rule 8. */
function rewind(history: History, run: string, rewindTo: number | undefined): void {
  if (rewindTo === undefined) return;
  rewindValues(history, run, rewindTo + 1);
  lowerNewestStep(history, run, rewindTo);
}

function changeState(
  history: History,
  watchers: StateAutomation[],
  event: StateEvent,
  receivedAtMs: number,
): void {
  const key = runKey(placeOf(event));
  const { id, state, run, user } = event;
  const isSilent = stateOf(history, key)?.bySilence === true;
  // That it crashed is known already, and now for good.
  if (!(isSilent && state === 'CRASHED')) noteLife(history, watchers, event, receivedAtMs);
  const before = stateOf(history, key);
  const attempt = history.stateAttempt.get(key) ?? 0;
  history.states.push({ run: key, attempt, state, bySilence: false, receivedAtMs });
  if (before?.state === state) return;
  judgeChange(history, watchers, { key, run, user }, { state, occurrence: `event:${id}` }, receivedAtMs);
}
