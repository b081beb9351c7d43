// Random worlds: drafts of automations and events, made whole.
import fc from 'fast-check';
import {
  type DraftAutomation,
  draftAutomation,
  passingAutomation,
  pulseAutomation,
  teamOf,
} from './random-automations.ts';
import {
  type Draft,
  type DraftEvent,
  type DraftRun,
  type DraftStep,
  draftEvent,
  draftEventOfOneRun,
  draftEventOfPulse,
} from './random-events.ts';
import type { Arrival, Look, OracleAutomation, Point, Run, Trigger, WireEvent } from './world.ts';

export interface World {
  automations: OracleAutomation[];
  arrivals: Arrival[];
  /** Looks of the sweeper, in the order of time. */
  looks: Look[];
}

const START_MS = Date.UTC(2026, 0, 5);
const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

/** Mostly seconds; odd milliseconds keep the times away from the bounds of hours and days. 0 is in the same request. */
function gapMs(weightOfHours: number): fc.Arbitrary<number> {
  const hours = (min: number, max: number) => fc.integer({ min, max }).map((count) => count * HOUR_MS);
  const base = fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 0, max: 90 }).map((s) => s * SECOND_MS) },
    { weight: 3, arbitrary: fc.integer({ min: 5, max: 40 }).map((minutes) => minutes * 60 * SECOND_MS) },
    { weight: weightOfHours, arbitrary: hours(1, 3) },
    { weight: 1, arbitrary: hours(23, 30) },
  );
  const apart = fc.tuple(base, fc.integer({ min: 1, max: 997 })).map(([ms, odd]) => ms + odd);
  return fc.oneof({ weight: 3, arbitrary: apart }, { weight: 1, arbitrary: fc.constant(0) });
}

function worldOf(
  automation: fc.Arbitrary<DraftAutomation>,
  draft: fc.Arbitrary<Draft>,
  gap: fc.Arbitrary<number>,
): fc.Arbitrary<World> {
  return fc
    .record({
      automations: fc.array(automation, { minLength: 1, maxLength: 8, size: 'max' }),
      events: fc.array(fc.record({ gapMs: gap, draft }), { minLength: 5, maxLength: 80, size: 'max' }),
    })
    .map(({ automations, events }) => {
      const { arrivals, looks } = arrive(events, automations.some(isOnOtherRuns));
      const lives = automations.flatMap((each, index) => live(each, index, arrivals));
      return { automations: lives.slice(0, 8), arrivals, looks };
    });
}

/**
 * A world of 1 to 8 automations and a stream of 5 to 80 events, over few names: mostly of everything, sometimes of one
 * run, sometimes of one run whose watchers come and go, or are after its pulse.
 */
export function aWorld(): fc.Arbitrary<World> {
  return fc.oneof(
    { weight: 7, arbitrary: worldOf(draftAutomation, draftEvent, gapMs(2)) },
    { weight: 2, arbitrary: worldOf(draftAutomation, draftEventOfOneRun, gapMs(2)) },
    { weight: 1, arbitrary: worldOf(passingAutomation, draftEventOfOneRun, gapMs(12)) },
    { weight: 1, arbitrary: worldOf(pulseAutomation, draftEventOfPulse, gapMs(2)) },
  );
}

/** The automation with the moments of its life, and the one that took its place if any. */
function live(draft: DraftAutomation, index: number, arrivals: Arrival[]): OracleAutomation[] {
  const { scope, trigger, savedAt, deletedAt, savedAgainAfter } = draft;
  const momentOf = ({ arrival, offsetMs }: Moment) =>
    (arrivals[arrival % arrivals.length]?.receivedAtMs ?? START_MS) + offsetMs;
  const laterBy = (arrival: number, by: number) =>
    Math.min((arrival % arrivals.length) + by, arrivals.length - 1);
  const savedAtMs = momentOf(savedAt);
  const base = { id: `aut_${index + 1}`, team: teamOf(scope), scope, trigger, savedAtMs };
  const disabled = disabledTime(draft, momentOf, laterBy);
  const automation = { ...base, ...(disabled && disabled.fromMs >= savedAtMs && { disabled }) };
  if (deletedAt === undefined || momentOf(deletedAt) <= savedAtMs) return [automation];
  const edited = editedTrigger(draft);
  if (edited !== undefined) {
    const editedAtMs = momentOf(deletedAt);
    return [
      { ...automation, deletedAtMs: editedAtMs },
      { ...base, trigger: edited, savedAtMs: editedAtMs },
    ];
  }
  const deleted = { ...automation, deletedAtMs: momentOf(deletedAt) };
  if (savedAgainAfter === undefined) return [deleted];
  const arrival = laterBy(deletedAt.arrival, savedAgainAfter);
  const savedAgain = momentOf({ arrival, offsetMs: deletedAt.offsetMs });
  return [deleted, { ...base, id: `${automation.id}_again`, savedAtMs: savedAgain }];
}

interface Moment {
  arrival: number;
  offsetMs: number;
}

/** From when to when it is disabled; the two may be one moment. */
function disabledTime(
  { disabledAt, enabledAfter }: DraftAutomation,
  momentOf: (moment: Moment) => number,
  laterBy: (arrival: number, by: number) => number,
): OracleAutomation['disabled'] {
  if (disabledAt === undefined) return undefined;
  const arrival = laterBy(disabledAt.arrival, enabledAfter);
  return { fromMs: momentOf(disabledAt), untilMs: momentOf({ ...disabledAt, arrival }) };
}

/** What an edit makes of the trigger; undefined where there is none, or it changes nothing that counts. */
function editedTrigger({ trigger, edit }: DraftAutomation): Trigger | undefined {
  if (edit === undefined || !trigger.event.startsWith('run.')) return undefined;
  const edited = 'trigger' in edit ? edit.trigger : ({ ...trigger, ...edit } as Trigger);
  return sayAloud(edited) === sayAloud(trigger) ? undefined : edited;
}

/** Enough of a trigger to tell it from another one, whatever it leaves to the defaults. */
function sayAloud(trigger: Trigger): string {
  const { event, repeat = { mode: 'once_a_day' }, filter = {} } = trigger as RunTrigger;
  const kinds = ['threshold', 'change', 'zscore', 'not_finite'].filter((kind) => kind in trigger);
  return JSON.stringify([event, repeat, filter, kinds]);
}

type RunTrigger = Extract<Trigger, { event: 'run.metrics' | 'run.state' }>;

/** What the drafts need to know of each run. */
interface Progress {
  newest: number;
  attempt: number;
}

const isOnOtherRuns = ({ trigger, edit }: DraftAutomation) =>
  JSON.stringify([trigger, edit]).includes('"across":"runs"');

/**
 * With automations across runs nothing is said of ends at the very moment of a value: then only events of one run share
 * a request.
 */
function arrive(
  events: { gapMs: number; draft: Draft }[],
  hasAcrossRuns: boolean,
): Pick<World, 'arrivals' | 'looks'> {
  const arrivals: Arrival[] = [];
  const looks: Look[] = [];
  const progress = new Map<string, Progress>();
  let receivedAtMs = START_MS;
  for (const [index, { gapMs: gap, draft }] of events.entries()) {
    if (draft.kind === 'look') {
      looks.push({ atMs: receivedAtMs + gap, ...placeOf(draft.run) });
      receivedAtMs += gap + 1;
      continue;
    }
    const event = eventOf(draft, `e${index + 1}`, arrivals, progress);
    const isApart = hasAcrossRuns && runNameOf(event) !== runNameOf(arrivals.at(-1)?.event);
    receivedAtMs += isApart ? Math.max(gap, 1) : gap;
    arrivals.push({ receivedAtMs, event });
  }
  return { arrivals, looks };
}

const runNameOf = (event: WireEvent | undefined) =>
  event && 'run' in event ? `${event.team}/${event.project}/${event.run.id}` : undefined;

const placeOf = ({ team, project, run }: DraftRun) => ({ team, project, run: `r${run}` });

function eventOf(
  draft: DraftEvent,
  id: string,
  arrivals: Arrival[],
  progress: Map<string, Progress>,
): WireEvent {
  switch (draft.kind) {
    case 'metrics':
      return metricsEvent(draft, id, progress);
    case 'state':
      return stateEvent(draft, id, progress);
    case 'heartbeat': {
      const { run, interval } = draft;
      return {
        id,
        type: 'run.heartbeat',
        ...homeOf(run),
        run: runOf(run, progressOf(run, progress)),
        interval,
      };
    }
    case 'artifact':
      return artifactEvent(draft, id);
    case 'custom': {
      const { place, user, type, data } = draft;
      return { id, type, ...place, ...(user === undefined ? {} : { user }), data };
    }
    case 'repost':
      return repostOf(draft.of, arrivals) ?? { id, type: 'custom.trained', team: 'red', project: 'p' };
  }
}

/** Events with points that lack a step would be new values if they came again: those stay single. */
function repostOf(of: number, arrivals: Arrival[]): WireEvent | undefined {
  const event = arrivals[arrivals.length - 1 - (of % Math.max(arrivals.length, 1))]?.event;
  if (event?.type === 'run.metrics' && event.points.some(({ step }) => step === undefined)) return undefined;
  return event;
}

function progressOf(draft: DraftRun, progress: Map<string, Progress>): Progress {
  const key = `${draft.team}/${draft.project}/${draft.run}`;
  const known = progress.get(key) ?? { newest: -1, attempt: 0 };
  progress.set(key, known);
  if (draft.attempt === 'newer') known.attempt += 1;
  return known;
}

function metricsEvent(
  { run, points }: Extract<DraftEvent, { kind: 'metrics' }>,
  id: string,
  progress: Map<string, Progress>,
): WireEvent {
  const known = progressOf(run, progress);
  const wire = points.map((point): Point => {
    const step = stepOf(point.step, known.newest);
    known.newest = Math.max(known.newest, step ?? known.newest + 1);
    return { ...(step === undefined ? {} : { step }), metrics: point.metrics };
  });
  return { id, type: 'run.metrics', ...homeOf(run), run: runOf(run, known), points: wire };
}

function stepOf(step: DraftStep, newest: number): number | undefined {
  if (step.kind === 'none') return undefined;
  return Math.max(0, newest + (step.kind === 'next' ? 1 : step.by));
}

function stateEvent(
  { run, state, rewindBy }: Extract<DraftEvent, { kind: 'state' }>,
  id: string,
  progress: Map<string, Progress>,
): WireEvent {
  const known = progressOf(run, progress);
  const event = { id, type: 'run.state' as const, ...homeOf(run), run: runOf(run, known), state };
  if (rewindBy === undefined) return event;
  const to = Math.max(0, known.newest - rewindBy);
  known.newest = Math.min(known.newest, to);
  return { ...event, rewind_to: to };
}

function homeOf({ team, project, user }: DraftRun) {
  return { team, project, ...(user === undefined ? {} : { user }) };
}

function runOf(draft: DraftRun, known: Progress): Run {
  const { run, tags, lr, user, attempt } = draft;
  const named = attempt === 'older' ? Math.max(0, known.attempt - 1) : known.attempt;
  return {
    id: `r${run}`,
    name: `${run % 2 === 1 ? 'calm-lake' : 'wild-sea'}-${run}`,
    ...(user === undefined ? {} : { user }),
    ...(tags === undefined ? {} : { tags }),
    ...(lr === undefined ? {} : { config: { lr, model: { depth: lr + 1 } } }),
    ...(attempt === 'absent' ? {} : { attempt: named }),
  };
}

function artifactEvent(draft: Extract<DraftEvent, { kind: 'artifact' }>, id: string): WireEvent {
  const { type, place, user, collection, version, alias, tag, metadata } = draft;
  const base = {
    id,
    type,
    ...place,
    ...(user === undefined ? {} : { user }),
    collection: { name: collection, type: collection === 'faces' ? 'dataset' : 'model' },
  };
  const isTag = type.endsWith('tag_added') || type.endsWith('tag_removed');
  if (type.startsWith('collection.')) return { ...base, tag };
  return {
    ...base,
    version: `v${version}`,
    index: version,
    aliases: ['latest', alias].slice(0, (version % 2) + 1),
    tags: [tag],
    metadata,
    ...(type.includes('alias_') ? { alias } : {}),
    ...(isTag ? { tag } : {}),
  };
}
