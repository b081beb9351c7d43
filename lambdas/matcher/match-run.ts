import type { EventMessage, Route } from '../../core/event-message.ts';
import type { ScopeIndex } from '../../core/matching/scope-index.ts';
import {
  type AppliedMessage,
  applyMessage,
  interestIn,
  isStateOfUse,
  type RunInterest,
} from '../../core/runs/apply-message.ts';
import { isEnd, type RunMemory } from '../../core/runs/memory.ts';
import type { Gauges } from '../../core/runs/metrics.ts';
import { outboxRoom } from '../../core/runs/outbox-room.ts';
import type { Place } from '../../core/scope.ts';
import type { EndedRun, MetricOfProject } from '../../store/ended-runs.ts';
import type { RunName } from '../../store/runs.ts';
import { flushOutbox, type OutboxDeps, writeDeliveries } from '../shared/outbox.ts';
import type { Watches } from '../shared/watch-cache.ts';
import type { ActivityLog } from './activity-log.ts';
import { countingFirings } from './count-firings.ts';
import type { Matched } from './match-batch.ts';
import { readOthers } from './other-runs.ts';
import { noteSightings, type SightingLog } from './sighting-log.ts';

export interface RunDeps extends OutboxDeps {
  watches: Watches;
  loadRun: (name: RunName) => Promise<RunMemory>;
  putEndedRun: (of: MetricOfProject, ended: EndedRun) => Promise<void>;
  /** The runs that ended before, newest first. */
  readEndedRuns: (of: MetricOfProject, beforeMs: number, limit: number) => Promise<EndedRun[]>;
  activity: Pick<ActivityLog, 'note'>;
  sightings: Pick<SightingLog, 'note'>;
  now: () => number;
}

/** Rivals for one run are rare (FIFO hands out a group once at a time), so a few tries are plenty. */
const MAX_TRIES = 5;

/**
 * Matches the messages of one run: its memory is loaded once, every event applied, and written once if it changed,
 * whatever the batch holds. A run of which nothing is watched costs no read and no write.
 */
export async function matchRun(messages: EventMessage[], deps: RunDeps): Promise<Matched[]> {
  const interest = await findInterest(messages, deps);
  const name = runNameOf(messages);
  if (!interest || !name) {
    return messages.map((message) => ({ message, watching: 0, deliveries: [], late: 0, heldBack: 0 }));
  }
  noteRunSightings(messages, interest, deps);
  const counting = countingFirings(deps);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const matched = await tryMatch(name, messages, interest, counting);
    if (matched) return matched;
  }
  throw new Error(
    `run ${name.team}/${name.project}/${name.run} was changed by others ${MAX_TRIES} times in a row`,
  );
}

function noteRunSightings(messages: EventMessage[], interest: RunInterest, deps: RunDeps): void {
  const { place, indexes, metrics } = interest;
  const routes = messages.flatMap((message) => message.routes);
  const where = { place, indexes, atMs: Math.max(...messages.map(({ receivedAtMs }) => receivedAtMs)) };
  for (const metric of metrics.keys()) {
    if (!routes.some((route) => route.metrics?.includes(metric))) continue;
    const isWatched = (index: ScopeIndex) => index.metric(metric) !== undefined;
    noteSightings({ event: 'run.metrics', metric }, { ...where, isWatched }, deps);
  }
  if (!routes.some(({ state }) => state !== undefined)) return;
  const isWatched = (index: ScopeIndex) => index.states() !== undefined;
  noteSightings({ event: 'run.state', metric: '' }, { ...where, isWatched }, deps);
}

function runNameOf([first]: EventMessage[]): RunName | undefined {
  const { team, project, name } = first?.subject ?? {};
  return team !== undefined && project !== undefined && name !== undefined
    ? { team, project, run: name }
    : undefined;
}

/** Who looks at these events; undefined when nobody does, and nothing has to be forgotten either. */
async function findInterest(messages: EventMessage[], deps: RunDeps): Promise<RunInterest | undefined> {
  const routes = messages.flatMap((message) => message.routes);
  const place = messages[0]?.subject ?? { team: '' };
  const ended = routes.some(saysEnd) ? await deps.watches.metricsOn(place, 'run.ended') : [];
  const metrics = [...new Set([...routes.flatMap((route) => route.metrics ?? []), ...ended])];
  const interest = await loadInterest(place, metrics, deps);
  interest.ended = ended.filter((metric) => interest.metrics.get(metric)?.some(({ runs }) => runs > 0));
  interest.wantsAttempts = await wantsAttempts(routes, place, deps);
  const isWatched = interest.metrics.size > 0 || interest.states.length > 0;
  return isWatched || routes.some((route) => isStateOfUse(route, interest)) ? interest : undefined;
}

async function loadInterest(place: Place, metrics: string[], deps: RunDeps): Promise<RunInterest> {
  const wants = metrics.map((metric) => ({ event: 'run.metrics' as const, metric }));
  const indexes = await deps.watches.load(place, [...wants, { event: 'run.state', metric: '' }]);
  return interestIn(place, metrics, indexes);
}

const saysEnd = ({ state }: Route) => state !== undefined && isEnd(state);

/** A state may be the first to name a newer attempt: what an older one rewinds or ends after that does not count. */
async function wantsAttempts(routes: Route[], place: Place, deps: RunDeps): Promise<boolean> {
  if (!routes.some(({ attempt = 0 }) => attempt > 0)) return false;
  // Hints may be of automations that are gone: only those that are loaded count.
  const hinted = await deps.watches.metricsOn(place, 'run.metrics');
  return (await loadInterest(place, hinted, deps)).metrics.size > 0;
}

/** Undefined when the run was changed by somebody else meanwhile; nothing was lost then, and nothing is done. */
async function tryMatch(
  name: RunName,
  messages: EventMessage[],
  interest: RunInterest,
  deps: RunDeps,
): Promise<Matched[] | undefined> {
  const memory = await deps.loadRun(name);
  // What an earlier batch decided goes out before anything new is decided.
  if (!(await flushOutbox(name, memory, deps))) return undefined;
  const stillWatched = await watchedSeries(memory, interest, deps);
  const others = await readOthers(name, messages, interest, deps);
  const gauges: Gauges = new Map();
  const applied = messages.map((message) => {
    const lastOfOthers = others.get(message) ?? (() => undefined);
    return applyMessage(memory, message, { interest, stillWatched, gauges, lastOfOthers, nowMs: deps.now() });
  });
  if (memory.isChanged && !(await save(name, memory, applied, deps))) return undefined;
  return applied.map((one) => toMatched(one, interest, deps));
}

/** The metrics of kept series that somebody watches; the others are forgotten in time. */
async function watchedSeries(memory: RunMemory, interest: RunInterest, deps: RunDeps): Promise<Set<string>> {
  const unsure = [...memory.series.keys()].filter((metric) => !interest.metrics.has(metric));
  const known = [...interest.metrics.keys()];
  if (unsure.length === 0) return new Set(known);
  const { metrics } = await loadInterest(interest.place, unsure, deps);
  return new Set([...known, ...metrics.keys()]);
}

function toMatched(applied: AppliedMessage, interest: RunInterest, { activity }: RunDeps): Matched {
  const { message, deliveries, heldBack, late } = applied;
  for (const { automationId } of heldBack)
    activity.note(automationId, { fired: false, atMs: message.receivedAtMs });
  const indexes = [...[...interest.metrics.values()].flat(), ...interest.states];
  const watching = indexes.reduce((sum, { size }) => sum + size, 0);
  return { message, watching, deliveries, late, heldBack: heldBack.length };
}

async function save(
  name: RunName,
  memory: RunMemory,
  applied: AppliedMessage[],
  deps: RunDeps,
): Promise<boolean> {
  for (const { ends } of applied) {
    for (const { metric, ...ended } of ends)
      await deps.putEndedRun({ ...name, metric }, { run: name.run, ...ended });
  }
  const deliveries = applied.flatMap((one) => one.deliveries);
  const fits = deliveries.length === 0 || Buffer.byteLength(JSON.stringify(deliveries)) <= outboxRoom(memory);
  if (fits) memory.outbox = deliveries;
  else await writeDeliveries(deliveries, deps);
  if (!(await deps.saveRun(name, memory))) return false;
  // A rival that came between has flushed this outbox itself.
  await flushOutbox(name, memory, deps);
  return true;
}
