import type { Delivery } from '../delivery.ts';
import type { Run, RunState } from '../event.ts';
import { digest } from '../id.ts';
import type { Series } from '../metrics/series.ts';
import type { Latch } from './latch.ts';

/** All that is remembered of one run; one item in the table, changed by compare-and-set on `version`. */
export interface RunMemory {
  version: number;
  /** Whether there is anything to write; not stored. */
  isChanged: boolean;
  /** The attempt that the series belong to. */
  attempt: number;
  /** The newest step seen, -1 before the first. A point without a step is the next one. */
  lastStep: number;
  series: Map<string, Series>;
  /** By automation, or for run states by automation and state (see latchKey). */
  latches: Map<string, Latch>;
  state?: KnownState;
  /** The attempt that states and heartbeats belong to. */
  stateAttempt: number;
  /** Marks of the last run.state events: one that comes again does nothing. */
  stateEvents: string[];
  pulse?: Pulse;
  /** Marks of the messages applied last: a message that comes again is not applied again. */
  applied: string[];
  /** Deliveries decided but perhaps not yet written (see lambdas/shared/outbox.ts). */
  outbox: Delivery[];
  /** Values that came too late for every window. */
  late: number;
}

export interface KnownState {
  state: RunState;
  /** What the run was before silence made it CRASHED; null for nothing known. Absent when an event said the state. */
  before?: RunState | null;
}

/** The heartbeat of a run, kept where somebody watches run states. */
export interface Pulse {
  intervalMs: number;
  /** When the run was last heard of. */
  lastAtMs: number;
  /** The run as it was last described, for the event that silence makes. */
  run: Run;
  user?: string;
}

const REMEMBERED_MESSAGES = 32;

/** What is remembered of an id: 64 bits tell the few of one run apart, and keep its item small. */
const markOf = (id: string) => digest(id).slice(0, 16);

export function newRunMemory(): RunMemory {
  return {
    version: 0,
    isChanged: false,
    attempt: 0,
    lastStep: -1,
    series: new Map(),
    latches: new Map(),
    stateAttempt: 0,
    stateEvents: [],
    applied: [],
    outbox: [],
    late: 0,
  };
}

/** Notes a message as applied; false when it was applied before. That alone is nothing to write. Changes the memory. */
export function beginMessage(memory: RunMemory, messageId: string): boolean {
  const mark = markOf(messageId);
  if (memory.applied.includes(mark)) return false;
  memory.applied = [...memory.applied, mark].slice(-REMEMBERED_MESSAGES);
  return true;
}

const REMEMBERED_STATE_EVENTS = 64;

/** Whether a run.state event was seen before. */
export function hasSeenStateEvent({ stateEvents }: RunMemory, eventId: string): boolean {
  return stateEvents.includes(markOf(eventId));
}

/** Notes a run.state event as seen; false when it was seen before. Changes the memory. */
export function beginStateEvent(memory: RunMemory, eventId: string): boolean {
  if (hasSeenStateEvent(memory, eventId)) return false;
  memory.stateEvents = [...memory.stateEvents, markOf(eventId)].slice(-REMEMBERED_STATE_EVENTS);
  memory.isChanged = true;
  return true;
}

export function latchKey(automationId: string, state?: RunState): string {
  return state === undefined ? automationId : `${automationId} ${state}`;
}

/** How many intervals without a sign of life make a run CRASHED (our choice). */
const SILENT_INTERVALS = 3;

/** When silence makes the run CRASHED, unless it is heard of before; undefined while nobody waits for it. */
export function silenceDueAtMs({ pulse, state }: RunMemory): number | undefined {
  const isOver = state !== undefined && isEnd(state.state);
  return pulse && !isOver ? pulse.lastAtMs + SILENT_INTERVALS * pulse.intervalMs : undefined;
}

/** Whether a run in this state is over. */
export function isEnd(state: RunState): boolean {
  return state !== 'RUNNING' && state !== 'PENDING';
}
