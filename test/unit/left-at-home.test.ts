// A client that leaves at home what nobody watches (docs/watched.md) misses nothing: the matcher decides the same.
import fc from 'fast-check';
import { registryOf, scopeKeysCovering } from '../../core/scope.ts';
import { watchesOf } from '../../core/watch.ts';
import { type Watched, watchedBy } from '../../core/watched.ts';
import { type Admitted, decide, letIn } from '../oracle/product.ts';
import { aWorld } from '../oracle/streams.ts';
import type { Arrival, MetricsEvent, Point, WireEvent } from '../oracle/world.ts';

const WORLDS = 300;

/** The client's side, as the page tells it. */
function sendable(event: WireEvent, watched: Watched, namesSteps: boolean): WireEvent | undefined {
  if (watched.everything) return event;
  if (!watched.eventTypes?.includes(event.type)) return undefined;
  if (event.type === 'run.metrics') {
    return withWatchedMetrics(event as MetricsEvent, watched.metrics ?? [], namesSteps);
  }
  const isElsewhere = 'collection' in event && watched.collections?.includes(event.collection.name) === false;
  return isElsewhere ? undefined : event;
}

function withWatchedMetrics(
  event: MetricsEvent,
  metrics: string[],
  namesSteps: boolean,
): MetricsEvent | undefined {
  const narrowed = event.points.map((point): Point => {
    const kept = Object.entries(point.metrics).filter(([name]) => metrics.includes(name));
    return { ...point, metrics: Object.fromEntries(kept) };
  });
  const isEmpty = (point: Point) => Object.keys(point.metrics).length === 0;
  if (narrowed.every(isEmpty)) return undefined;
  if (!namesSteps) return { ...event, points: narrowed };
  const lowest = Math.min(...narrowed.map(({ step = 0 }) => step));
  return { ...event, points: narrowed.filter((point) => !isEmpty(point) || point.step === lowest) };
}

/** Whether every point of the event's run names its step. */
function namesSteps(event: WireEvent, arrivals: Arrival[]): boolean {
  if (event.type !== 'run.metrics') return true;
  const { run } = event as MetricsEvent;
  const events = arrivals.flatMap((one) => ('points' in one.event ? one.event : []));
  return events.every((one) => one.run.id !== run.id || one.points.every(({ step }) => step !== undefined));
}

/** As the server answers of an event's place. */
function watchedAt({ team, project, registry }: WireEvent, { saved }: Admitted): Watched {
  const named = registry ?? registryOf(project);
  const place = named === undefined ? { team, project } : { team, registry: named };
  const keys = scopeKeysCovering(place);
  const definitions = saved.map(({ revision }) => revision.definition);
  return watchedBy(
    definitions.filter((one) => watchesOf(one).some(({ scopeKey }) => keys.includes(scopeKey))),
  );
}

test('what is left at home would have fired nothing', async () => {
  let [all, sent, fired] = [0, 0, 0];
  const property = fc.asyncProperty(aWorld(), async (world) => {
    // All automations are there from the start: what a client misses until it asks again is another matter.
    const ids = new Set<string>();
    const automations = world.automations.flatMap(
      ({ deletedAtMs: _deleted, disabled: _disabled, ...automation }) => {
        const isNew = !ids.has(automation.id);
        ids.add(automation.id);
        return isNew ? [{ ...automation, savedAtMs: 0 }] : [];
      },
    );
    // Metrics that stay at home are no signs of life: a run is heard of by its heartbeats.
    const arrivals = world.arrivals.filter(({ event }) => event.type !== 'run.heartbeat');
    const whole = letIn({ automations, arrivals });
    const kept = whole.arrivals.flatMap(({ event, receivedAtMs }): Arrival[] => {
      const left = sendable(event, watchedAt(event, whole), namesSteps(event, whole.arrivals));
      return left ? [{ event: left, receivedAtMs }] : [];
    });
    const [expected, decided] = [await decide(whole), await decide(letIn({ automations, arrivals: kept }))];
    all += whole.arrivals.length;
    sent += kept.length;
    fired += expected.deliveries.size;
    expect([...decided.deliveries.keys()].sort()).toEqual([...expected.deliveries.keys()].sort());
  });
  await fc.assert(property, { numRuns: WORLDS, seed: 1 });
  expect(fired).toBeGreaterThan(WORLDS);
  expect(sent / all).toBeLessThan(0.9);
}, 600_000);
