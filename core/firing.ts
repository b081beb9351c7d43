import { templateOf } from './action.ts';
import { type Delivery, deliveryId, type Occurrence } from './delivery.ts';
import type { ArtifactEvent, CollectionEvent, CustomEvent } from './event.ts';
import type { OpenedMetricsEvent } from './event-message.ts';
import { conditionOfWatcher } from './matching/metric-index.ts';
import type { Watcher } from './matching/watcher.ts';
import type { MetricFiring } from './runs/metrics.ts';
import type { StateEvent, StateFiring } from './runs/states.ts';
import { type FiringContext, factsOf } from './template-variables.ts';

/** What came in with an event and goes into each of its deliveries. */
export interface Arrival {
  receivedAtMs: number;
  depth: number;
  nowMs: number;
}

/** An event that fires by itself, each time its filter takes it. */
export type PlainEvent = ArtifactEvent | CollectionEvent | CustomEvent;

/** The delivery of an automation that an artifact, collection or custom event fires. */
export function plainDelivery(watcher: Watcher, event: PlainEvent, arrival: Arrival): Delivery {
  return toDelivery(watcher, { event: event.id, team: event.team }, { event }, arrival);
}

/** The delivery of a metric's firing. */
export function metricDelivery(firing: MetricFiring, event: OpenedMetricsEvent, arrival: Arrival): Delivery {
  const { watcher, metric, step, attempt, value, window, time } = firing;
  const { team, project = '' } = event;
  const occurrence = { run: event.run.id, team, project, attempt, metric, step };
  const condition = conditionOfWatcher(watcher);
  const fact = { name: metric, value, window, step, condition, ...(time !== undefined && { time }) };
  return toDelivery(watcher, occurrence, { event, metric: fact }, arrival);
}

/** The delivery of a run's change of state. */
export function stateDelivery({ watcher }: StateFiring, event: StateEvent, arrival: Arrival): Delivery {
  return toDelivery(watcher, { event: event.id, team: event.team }, { event }, arrival);
}

function toDelivery(
  watcher: Watcher,
  occurrence: Occurrence,
  what: Pick<FiringContext, 'event' | 'metric'>,
  { receivedAtMs, depth, nowMs }: Arrival,
): Delivery {
  const { automationId, revision, definition } = watcher;
  const { action } = definition;
  const id = deliveryId(automationId, occurrence);
  const automation = { id: automationId, name: definition.name };
  const context = { ...what, automation, deliveryId: id, receivedAtMs };
  return {
    id,
    automationId,
    revision,
    team: definition.team,
    action: action.type,
    ...(action.type !== 'no_op' && { integrationId: action.integration }),
    facts: factsOf(context, templateOf(action)),
    receivedAtMs,
    createdAtMs: nowMs,
    depth,
  };
}
