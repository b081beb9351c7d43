// Heartbeats, and the silence that makes a run CRASHED.
import { isEnd, rememberEnd } from './ends.ts';
import { type History, type SeenState, stateOf } from './history.ts';
import { countsFromMs } from './lifetime.ts';
import { isScopeOf, placeOf, runKey } from './scope.ts';
import { judgeChange, judgeReturn } from './state-judgement.ts';
import { type StateAutomation, watchersOfStates } from './watching.ts';
import type { HeartbeatEvent, Look, OracleAutomation, RunEvent } from './world.ts';

const INTERVALS = 3;
const SECOND_MS = 1000;

/** Applies one `run.heartbeat` event. */
export function onHeartbeat(
  history: History,
  existing: OracleAutomation[],
  event: HeartbeatEvent,
  receivedAtMs: number,
): void {
  const run = runKey(placeOf(event));
  const watchers = watchersOfStates(existing, placeOf(event));
  if (watchers.length === 0 || !enterAttempt(history, watchers, event, receivedAtMs)) return;
  if (hasEnded(history, run)) return;
  const { lastAtMs, described, user } = history.pulses.get(run) ?? { lastAtMs: 0, described: event.run };
  history.pulses.set(run, { lastAtMs, described, user, intervalMs: event.interval * SECOND_MS });
  noteLife(history, watchers, event, receivedAtMs);
}

/** A newer attempt comes back from a silence, and begins with no state. False for an older one, which says nothing. */
export function enterAttempt(
  history: History,
  watchers: StateAutomation[],
  event: RunEvent,
  receivedAtMs: number,
): boolean {
  const run = runKey(placeOf(event));
  const current = history.stateAttempt.get(run) ?? 0;
  const attempt = event.run.attempt ?? current;
  if (attempt > current) comeBack(history, watchers, run, receivedAtMs);
  if (attempt >= current) history.stateAttempt.set(run, attempt);
  return attempt >= current;
}

/** Any event of a run that has sent a heartbeat is a sign of life, where somebody watches states. */
export function noteLife(
  history: History,
  watchers: StateAutomation[],
  event: RunEvent,
  receivedAtMs: number,
): void {
  const run = runKey(placeOf(event));
  const pulse = history.pulses.get(run);
  const current = history.stateAttempt.get(run) ?? 0;
  const isOlder = (event.run.attempt ?? current) < current;
  if (pulse === undefined || watchers.length === 0 || isOlder || hasEnded(history, run)) return;
  history.pulses.set(run, {
    intervalMs: pulse.intervalMs,
    lastAtMs: Math.max(pulse.lastAtMs, receivedAtMs),
    described: { ...pulse.described, ...event.run },
    user: event.user ?? pulse.user,
  });
  comeBack(history, watchers, run, receivedAtMs);
}

/** What silence made of the run is taken back. */
function comeBack(history: History, watchers: StateAutomation[], run: string, receivedAtMs: number): void {
  const silent = stateOf(history, run);
  if (!silent?.bySilence) return;
  history.states = history.states.filter((each) => each !== silent);
  const pulse = history.pulses.get(run);
  if (pulse === undefined) return;
  const back = stateOf(history, run)?.state;
  const { described, user } = pulse;
  judgeReturn(history, watchers, { key: run, run: described, user }, back, receivedAtMs);
}

/** Said by an event. */
function hasEnded(history: History, run: string): boolean {
  const now = stateOf(history, run);
  return now !== undefined && !now.bySilence && isEnd(now.state);
}

/** The sweeper looks whether a run was silent for too long. */
export function onLook(history: History, existing: OracleAutomation[], { atMs, ...place }: Look): void {
  const run = runKey(place);
  const pulse = history.pulses.get(run);
  const now = stateOf(history, run);
  if (pulse === undefined || (now !== undefined && isEnd(now.state))) return;
  const { described, user, lastAtMs, intervalMs } = pulse;
  if (atMs < lastAtMs + INTERVALS * intervalMs) return;
  const watchers = watchersOfStates(existing, place);
  if (watchers.length === 0) {
    history.pulses.delete(run);
    return;
  }
  const watchedSinceMs = Math.min(...watchers.map((each) => countsFromMs(each, atMs)));
  if (lastAtMs < watchedSinceMs) {
    history.pulses.set(run, { ...pulse, lastAtMs: watchedSinceMs });
    return;
  }
  rememberEnd(
    history,
    existing.filter((each) => isScopeOf(each, place)),
    place,
    atMs,
  );
  const attempt = history.stateAttempt.get(run) ?? 0;
  const silent: SeenState = { run, attempt, state: 'CRASHED', bySilence: true, receivedAtMs: atMs };
  history.states.push(silent);
  const occurrence = `silence:${run}:${lastAtMs}`;
  judgeChange(history, watchers, { key: run, run: described, user }, { state: 'CRASHED', occurrence }, atMs);
}
