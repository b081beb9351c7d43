// All that has happened so far, in plain lists that everything else is derived from by filtering.
import type { Judged } from './latch.ts';
import type { Run, State } from './world.ts';

export interface KeptValue {
  run: string;
  metric: string;
  step: number;
  value: number;
  receivedAtMs: number;
}

export interface RunEnd {
  run: string;
  project: string;
  metric: string;
  lastValue: number;
  receivedAtMs: number;
}

export interface SeenState {
  run: string;
  attempt: number;
  state: State;
  /** Made by silence, and not said. */
  bySilence: boolean;
  receivedAtMs: number;
}

/** Of a run that sent a heartbeat: when it was last heard of, and as what. */
export interface Pulse {
  intervalMs: number;
  lastAtMs: number;
  described: Run;
  user?: string | undefined;
}

export interface ExpectedFiring {
  automation: string;
  occurrence: string;
  receivedAtMs: number;
  /** What was compared: the aggregate, the difference or its fraction, z. */
  value?: number;
}

export interface History {
  /** What the series hold now. */
  kept: KeptValue[];
  /** Every value that ever took a place. */
  taken: KeptValue[];
  /** By run and metric: since a rewind, values at lower steps are late. */
  floors: Map<string, Map<string, number>>;
  newestStep: Map<string, number>;
  metricsAttempt: Map<string, number>;
  stateAttempt: Map<string, number>;
  states: SeenState[];
  pulses: Map<string, Pulse>;
  ends: RunEnd[];
  judged: Judged[];
  /** Team and id of the state events that were looked at. */
  posted: string[];
  firings: ExpectedFiring[];
  borderline: { automation: string; occurrence: string }[];
  late: number;
  /** The automation, once for each judgement that was met and held back. */
  heldBack: string[];
}

/** Nothing has happened yet. */
export function emptyHistory(): History {
  return {
    kept: [],
    taken: [],
    floors: new Map(),
    newestStep: new Map(),
    metricsAttempt: new Map(),
    stateAttempt: new Map(),
    states: [],
    pulses: new Map(),
    ends: [],
    judged: [],
    posted: [],
    firings: [],
    borderline: [],
    late: 0,
    heldBack: [],
  };
}

/** The last state of the run's present attempt. */
export function stateOf(history: History, run: string): SeenState | undefined {
  const last = history.states.findLast((each) => each.run === run);
  return last?.attempt === (history.stateAttempt.get(run) ?? 0) ? last : undefined;
}

/** The series of a run's metric, in the order of steps. */
export function seriesOf(history: History, run: string, metric: string): KeptValue[] {
  return history.kept
    .filter((each) => each.run === run && each.metric === metric)
    .sort((a, b) => a.step - b.step);
}

/** Forgets the run's values for which this holds, in all of its series. */
export function forgetValues(
  history: History,
  run: string,
  isForgotten: (value: KeptValue) => boolean,
): void {
  history.kept = history.kept.filter((each) => each.run !== run || !isForgotten(each));
}

/**
 * The run's values at this step and later are forgotten, and what was held back of non-finite ones; what is older than all
 * that was held does not come back.
 */
export function rewindValues(history: History, run: string, fromStep: number): void {
  if (newestStepOf(history, run) >= fromStep) rewindLoose(history, run);
  const floors = history.floors.get(run) ?? new Map<string, number>();
  const held = history.kept.filter((each) => each.run === run).map(({ metric }) => metric);
  for (const metric of new Set([...held, ...floors.keys()])) {
    const series = seriesOf(history, run, metric);
    const floor = floors.get(metric) ?? 0;
    const takesAway = series.some(({ step }) => step >= fromStep) || floor > fromStep;
    if (takesAway) floors.set(metric, Math.min(series[0]?.step ?? floor, fromStep));
  }
  history.floors.set(run, floors);
  forgetValues(history, run, ({ step }) => step >= fromStep);
}

function rewindLoose(history: History, run: string): void {
  const ofRun = history.judged.filter((each) => each.run === run);
  for (const { loose } of ofRun) if (loose) loose.isRewound = true;
}

/** The newest step that the run has had becomes this one at most; -1 is none. */
export function lowerNewestStep(history: History, run: string, step: number): void {
  history.newestStep.set(run, Math.min(newestStepOf(history, run), step));
}

/** The newest step that the run has had, or -1. */
export function newestStepOf(history: History, run: string): number {
  return history.newestStep.get(run) ?? -1;
}

/** The same occurrence is one delivery, however often it is decided. */
export function recordFiring(history: History, firing: ExpectedFiring): void {
  if (!hasFired(history, firing.automation, firing.occurrence)) history.firings.push(firing);
}

function hasFired(history: History, automation: string, occurrence: string): boolean {
  return history.firings.some((each) => each.automation === automation && each.occurrence === occurrence);
}
