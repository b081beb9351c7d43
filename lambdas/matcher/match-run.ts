import type { Delivery } from '../../core/delivery.ts';
import { type EventMessage, openEvent } from '../../core/event-message.ts';
import { applyMetrics, beginMessage, type RunState } from '../../core/run-state.ts';
import { scopeKeysCovering } from '../../core/scope.ts';
import { type ThresholdWatcher, thresholdWatchers, toMetricDelivery } from '../../core/watcher.ts';
import type { RunName } from '../../store/runs.ts';
import { flushOutbox, type OutboxDeps, writeDeliveries } from '../shared/outbox.ts';
import type { Matched } from './match-batch.ts';
import type { WatchCache } from './watch-cache.ts';

export interface RunDeps extends OutboxDeps {
  watchersOf: WatchCache['watchersOf'];
  loadRun: (name: RunName) => Promise<RunState>;
  now: () => number;
}

type Watchers = Map<string, ThresholdWatcher[]>;

/** Rivals for one run are rare (FIFO hands out a group once at a time), so a few tries are plenty. */
const MAX_TRIES = 5;

/** An item of DynamoDB ends at 400 KB; windows have their share, and this is the outbox's. */
const MAX_OUTBOX_BYTES = 200_000;

/**
 * Matches the messages of one run: its state is loaded once, every point applied, and written once, whatever
 * the batch holds. A run of which no metric is watched costs no read and no write.
 */
export async function matchRun(messages: EventMessage[], deps: RunDeps): Promise<Matched[]> {
  const watchers = await findWatchers(messages, deps);
  const name = runNameOf(messages);
  if (watchers.size === 0 || !name) {
    return messages.map((message) => ({ message, watching: 0, deliveries: [], late: 0 }));
  }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const matched = await tryMatch(name, messages, watchers, deps);
    if (matched) return matched;
  }
  throw new Error(
    `run ${name.team}/${name.project}/${name.run} was changed by others ${MAX_TRIES} times in a row`,
  );
}

function runNameOf([first]: EventMessage[]): RunName | undefined {
  const { team, project, name } = first?.subject ?? {};
  return team !== undefined && project !== undefined && name !== undefined
    ? { team, project, run: name }
    : undefined;
}

async function findWatchers(messages: EventMessage[], deps: RunDeps): Promise<Watchers> {
  const routes = messages.flatMap((message) => message.routes);
  const metrics = [...new Set(routes.flatMap((route) => route.metrics))];
  const scopes = scopeKeysCovering(messages[0]?.subject ?? { team: '' });
  const watchers: Watchers = new Map();
  for (const byMetric of await Promise.all(
    scopes.map((scope) => deps.watchersOf(scope, 'run.metrics', metrics)),
  )) {
    for (const [metric, found] of byMetric) {
      watchers.set(metric, [...(watchers.get(metric) ?? []), ...thresholdWatchers(found)]);
    }
  }
  return watchers;
}

/** Undefined when the run was changed by somebody else meanwhile; nothing was lost then, and nothing is done. */
async function tryMatch(
  name: RunName,
  messages: EventMessage[],
  watchers: Watchers,
  deps: RunDeps,
): Promise<Matched[] | undefined> {
  const state = await deps.loadRun(name);
  // What an earlier batch decided goes out before anything new is decided.
  if (!(await flushOutbox(name, state, deps))) return undefined;
  const matched = messages.map((message) => applyMessage(state, message, watchers, deps.now()));
  const deliveries = matched.flatMap((one) => one.deliveries);
  if (Buffer.byteLength(JSON.stringify(deliveries)) > MAX_OUTBOX_BYTES)
    await writeDeliveries(deliveries, deps);
  else state.outbox = deliveries;
  if (!(await deps.saveRun(name, state))) return undefined;
  // A rival that came between has flushed this outbox itself.
  await flushOutbox(name, state, deps);
  return matched;
}

function applyMessage(
  state: RunState,
  message: EventMessage,
  watchers: Watchers,
  nowMs: number,
): { message: EventMessage; watching: number; deliveries: Delivery[]; late: number } {
  const watching = new Set([...watchers.values()].flat().map((watcher) => watcher.automationId)).size;
  const before = state.late;
  const deliveries = beginMessage(state, message.id) ? applyEvents(state, message, watchers, nowMs) : [];
  return { message, watching, deliveries, late: state.late - before };
}

function applyEvents(state: RunState, message: EventMessage, watchers: Watchers, nowMs: number): Delivery[] {
  const { receivedAtMs, depth, routes, events } = message;
  return routes.flatMap((route, at) => {
    if (!route.metrics.some((metric) => watchers.has(metric))) return [];
    const event = openEvent(events[at] ?? '');
    if (event.type !== 'run.metrics') return [];
    const firings = applyMetrics(state, event, receivedAtMs, watchers);
    return firings.map((firing) => toMetricDelivery(firing, event, { receivedAtMs, depth, nowMs }));
  });
}
