import type { Delivery, Facts } from './delivery.ts';
import { derivedId } from './id.ts';

const MINUTE_MS = 60_000;

/** Firings are counted by the minute in which their event was received, so that a backlog of ours is not a storm. */
export function minuteOf({ receivedAtMs }: Pick<Delivery, 'receivedAtMs'>): number {
  return Math.floor(receivedAtMs / MINUTE_MS) * MINUTE_MS;
}

/** The one delivery that stands for all firings of an automation in a minute that were held back. */
export function digestDelivery(heldBack: Delivery, nowMs: number): Delivery {
  const minuteMs = minuteOf(heldBack);
  const { automationId, revision, team, action, integrationId, facts, receivedAtMs, depth } = heldBack;
  const id = derivedId('dlv', automationId, 'digest', String(minuteMs));
  return {
    ...{ id, automationId, revision, team, action, receivedAtMs, depth },
    facts: { ...facts, delivery_id: id },
    ...(integrationId !== undefined && { integrationId }),
    createdAtMs: nowMs,
    digest: { minuteMs },
  };
}

/** When a digest goes out: its minute is over by then, and what came late has had a while. */
export function digestDueMs(minuteMs: number, nowMs: number): number {
  return Math.max(minuteMs + MINUTE_MS + 15_000, nowMs + 30_000);
}

/** What a digest says; `sample` are the facts of one of the firings. */
export function digestText(count: number, sample: Facts): string {
  const { automation_name: name, artifact_version_string: version, run_name: run } = sample;
  const example = version ?? run;
  const more = `${count} more ${count === 1 ? 'firing' : 'firings'} of ${String(name)} within a minute`;
  return example === undefined ? more : `${more}, ${String(example)} among them`;
}
