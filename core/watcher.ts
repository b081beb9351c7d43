import { type AutomationDefinition, filterOf, type Head, type Revision, triggerHash } from './automation.ts';
import { type Delivery, deliveryId, type Occurrence } from './delivery.ts';
import type { ArtifactEvent, RunMetricsEvent } from './event.ts';
import type { Fields, Filter } from './filters/filter.ts';
import { describeThreshold } from './metrics/threshold.ts';
import type { MetricFiring, MetricWatcher } from './run-state.ts';
import { type FiringContext, factsOf } from './template-variables.ts';

/** An automation made ready for matching: its filter is compiled once, when its revision is loaded. */
export interface Watcher {
  automationId: string;
  revision: number;
  definition: AutomationDefinition;
  filter: Filter;
  triggerHash: string;
  triggerSavedAtMs: number;
}

export function toWatcher(head: Head, revision: Revision): Watcher {
  return {
    automationId: head.id,
    revision: revision.revision,
    definition: revision.definition,
    filter: filterOf(revision.definition.trigger),
    triggerHash: triggerHash(revision.definition),
    triggerSavedAtMs: revision.triggerSavedAtMs,
  };
}

export type ThresholdWatcher = Watcher & MetricWatcher;

/** The watchers of a metric, as the window engine wants them. */
export function thresholdWatchers(watchers: Watcher[]): ThresholdWatcher[] {
  return watchers.flatMap((watcher) => {
    const { trigger } = watcher.definition;
    return trigger.event === 'run.metrics' ? [{ ...watcher, threshold: trigger.threshold }] : [];
  });
}

/** What came in with an event and goes into each of its deliveries. */
export interface Arrival {
  receivedAtMs: number;
  depth: number;
  nowMs: number;
}

/** The deliveries of an artifact event: one for each watcher whose filter takes it. Artifact events have no latch (W&B). */
export function matchArtifact(event: ArtifactEvent, watchers: Watcher[], arrival: Arrival): Delivery[] {
  const fields = event as unknown as Fields;
  return watchers
    .filter((watcher) => watcher.filter(fields))
    .map((watcher) => toDelivery(watcher, { event: event.id, team: event.team }, { event }, arrival));
}

/** The delivery of a metric firing. */
export function toMetricDelivery(
  firing: MetricFiring<ThresholdWatcher>,
  event: RunMetricsEvent,
  arrival: Arrival,
): Delivery {
  const { watcher, metric, step, attempt, value, window } = firing;
  const { team, project = '' } = event;
  const occurrence = { run: event.run.id, team, project, attempt, metric, step };
  const condition = describeThreshold(watcher.threshold);
  return toDelivery(
    watcher,
    occurrence,
    { event, metric: { name: metric, value, window, step, condition } },
    arrival,
  );
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
  const context = {
    ...what,
    automation: { id: automationId, name: definition.name },
    deliveryId: id,
    receivedAtMs,
  };
  const payload = action.type === 'webhook' ? action.payload : undefined;
  return {
    id,
    automationId,
    revision,
    team: definition.team,
    action: action.type,
    ...(action.type === 'webhook' && { integrationId: action.integration }),
    facts: factsOf(context, payload),
    receivedAtMs,
    createdAtMs: nowMs,
    depth,
  };
}
