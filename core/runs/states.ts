import type { RunHeartbeatEvent, RunState, RunStateEvent } from '../event.ts';
import type { OpenedMetricsEvent } from '../event-message.ts';
import { eventReader } from '../matching/event-reader.ts';
import type { StateIndex } from '../matching/state-index.ts';
import type { Watcher } from '../matching/watcher.ts';
import { takenStates } from '../trigger.ts';
import { type Fired, fire } from './fire.ts';
import { forgetSteps } from './forget-steps.ts';
import { isOfTrigger } from './latch.ts';
import { beginStateEvent, isEnd, latchKey, type RunMemory, silenceDueAtMs } from './memory.ts';
import type { SilenceEvent } from './silence.ts';

/** A run's state changed to one that the automation names. */
export interface StateFiring {
  watcher: Watcher;
  state: RunState;
}

export interface StateContext {
  receivedAtMs: number;
  /** The automations that watch run states, one index for each scope of the run that has some. */
  indexes: StateIndex[];
}

/** A run.state event: a client's, or one that silence made. */
export type StateEvent = RunStateEvent | SilenceEvent;

export interface AppliedState extends Fired<StateFiring> {
  /** Whether the event says that the run ended: automations across runs want its last values then. */
  isEnd: boolean;
}

/**
 * Applies one run.state event, and answers what fired. Changes the memory. Rules: docs/triggers.md.
 * States are remembered only where somebody watches them.
 */
export function applyState(memory: RunMemory, event: StateEvent, context: StateContext): AppliedState {
  const applied: AppliedState = { firings: [], heldBack: [], again: [], isEnd: false };
  if ('silentSinceMs' in event) {
    applySilence(memory, event, context, applied);
    return applied;
  }
  if (!beginStateEvent(memory, event.id)) return applied;
  if (!enterStateAttempt(memory, event.run.attempt, context)) return applied;
  if (event.rewind_to !== undefined) forgetSteps(memory, event.rewind_to + 1);
  applied.isEnd = isEnd(event.state);
  if (context.indexes.length === 0) {
    forgetPulse(memory);
    return applied;
  }
  changeState(memory, event, context, applied);
  return applied;
}

/** The run crashed, if it was not heard of since the sweeper looked, and if anybody still wants to know. */
function applySilence(
  memory: RunMemory,
  event: SilenceEvent,
  context: StateContext,
  applied: AppliedState,
): void {
  const { pulse } = memory;
  if (silenceDueAtMs(memory) === undefined || pulse?.lastAtMs !== event.silentSinceMs) return;
  if (context.indexes.length === 0) {
    forgetPulse(memory);
    return;
  }
  const watchedSinceMs = Math.min(...context.indexes.map((index) => index.watchedSinceMs));
  if (pulse.lastAtMs < watchedSinceMs) {
    // Perhaps nobody noted its heartbeats before: the wait begins anew.
    pulse.lastAtMs = watchedSinceMs;
    memory.isChanged = true;
    return;
  }
  applied.isEnd = true;
  memory.state = { state: event.state, before: memory.state?.state ?? null };
  memory.isChanged = true;
  judgeChange(memory, event, context, applied);
}

/** Notes a heartbeat, of a run whose states somebody watches. Changes the memory. */
export function applyHeartbeat(memory: RunMemory, event: RunHeartbeatEvent, context: StateContext): void {
  if (!enterStateAttempt(memory, event.run.attempt, context) || hasEnded(memory)) return;
  const { run, user } = event;
  memory.pulse ??= { intervalMs: 0, lastAtMs: 0, run };
  memory.pulse.intervalMs = event.interval * 1000;
  noteLife(memory, { run, ...(user !== undefined && { user }) }, context);
}

/** Metrics and states are signs of life as well, of a run that has sent a heartbeat. Changes the memory. */
export function noteLife(
  memory: RunMemory,
  { run, user }: Pick<OpenedMetricsEvent, 'run' | 'user'>,
  context: StateContext,
): void {
  const { pulse } = memory;
  if (!pulse) return;
  if ((run.attempt ?? memory.stateAttempt) < memory.stateAttempt) return;
  pulse.lastAtMs = Math.max(pulse.lastAtMs, context.receivedAtMs);
  pulse.run = shortened({ ...pulse.run, ...run });
  if (user !== undefined) pulse.user = user;
  undoSilence(memory, context);
  memory.isChanged = true;
}

/**
 * A run that silence made CRASHED is what it was before. That fires nothing, and is a change back for the latches that
 * wait for one: to no state at all where none was known, which nobody names. Changes the memory.
 */
function undoSilence(memory: RunMemory, context: StateContext): void {
  const { state, pulse } = memory;
  if (state?.before === undefined) return;
  if (state.before === null) delete memory.state;
  else memory.state = { state: state.before };
  memory.isChanged = true;
  if (!pulse) return;
  const { run, user } = pulse;
  noteFalse(memory, { run, ...(user !== undefined && { user }), ...memory.state }, context);
}

/** What a description of a run may take of its item. */
const MAX_DESCRIPTION = 16_384;

function shortened(run: RunMemoryRun): RunMemoryRun {
  if (JSON.stringify(run).length <= MAX_DESCRIPTION) return run;
  const { config: _config, ...rest } = run;
  if (JSON.stringify(rest).length <= MAX_DESCRIPTION) return rest;
  const { tags: _tags, ...short } = rest;
  return short;
}

type RunMemoryRun = NonNullable<RunMemory['pulse']>['run'];

/** Said by an event; silence does not end a run for good. */
function hasEnded({ state }: RunMemory): boolean {
  return state !== undefined && state.before === undefined && isEnd(state.state);
}

/** A newer attempt begins with no state, and ends a silence; an older one has nothing to say any more. */
function enterStateAttempt(memory: RunMemory, attempt = memory.stateAttempt, context: StateContext): boolean {
  if (attempt <= memory.stateAttempt) return attempt === memory.stateAttempt;
  undoSilence(memory, context);
  memory.stateAttempt = attempt;
  delete memory.state;
  memory.isChanged = true;
  return true;
}

/** Nobody watches states here any more, so nobody waits for the run's pulse either. */
function forgetPulse(memory: RunMemory): void {
  delete memory.pulse;
  memory.isChanged = true;
}

function changeState(
  memory: RunMemory,
  event: RunStateEvent,
  context: StateContext,
  applied: AppliedState,
): void {
  const was = memory.state;
  // A run that silence made CRASHED is what it was before, by the very event; but to crash says nothing new of it.
  const isToldCrash = was?.before !== undefined && was.state === event.state;
  if (!isToldCrash) noteLife(memory, event, context);
  const isSame = memory.state?.state === event.state;
  memory.state = { state: event.state };
  if (isEnd(event.state)) forgetPulse(memory);
  if (!isSame) judgeChange(memory, event, context, applied);
}

function judgeChange(
  memory: RunMemory,
  event: StateEvent,
  context: StateContext,
  applied: AppliedState,
): void {
  const { receivedAtMs, indexes } = context;
  const { state } = event;
  noteFalse(memory, event, context);
  for (const index of indexes) {
    for (const watcher of index.matching(state, eventReader(event))) {
      if (watcher.countsFromMs > receivedAtMs) continue;
      const latch = latchKey(watcher.automationId, state);
      fire(memory, { watcher, latch, receivedAtMs, firing: () => ({ watcher, state }) }, applied);
    }
  }
}

/** What a filter sees of a run that changed. */
type RunNow = Pick<StateEvent, 'run' | 'user'> & { state?: RunState };

/** Tells the latches that wait for it that the run changed to a state that their automation does not name. */
function noteFalse(memory: RunMemory, now: RunNow, { receivedAtMs, indexes }: StateContext): void {
  const isFalse = (watcher: Watcher) =>
    watcher.countsFromMs <= receivedAtMs &&
    (now.state === undefined || !takenStates(watcher.definition.trigger).has(now.state)) &&
    watcher.filter.test(eventReader(now).field);
  for (const [key, latch] of memory.latches) {
    const [automationId = ''] = key.split(' ');
    const waiting = indexes.flatMap((index) => index.waiting(automationId) ?? []);
    if (latch.wasFalse || !waiting.some((one) => isOfTrigger(latch, one.triggerHash) && isFalse(one)))
      continue;
    latch.wasFalse = true;
    memory.isChanged = true;
  }
}
