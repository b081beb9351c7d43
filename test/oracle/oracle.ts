// What docs/triggers.md says must happen, as slowly and plainly as it can be said. It knows nothing of the product.
import { takes } from './filter.ts';
import { type ExpectedFiring, emptyHistory, type History, recordFiring } from './history.ts';
import { existsAt } from './lifetime.ts';
import { onMetrics } from './metrics.ts';
import { holdsPlace } from './scope.ts';
import { onState } from './states.ts';
import type { Arrival, ArtifactEvent, CustomEvent, Json, OracleAutomation } from './world.ts';

export type { ExpectedFiring } from './history.ts';
export type { Arrival, OracleAutomation } from './world.ts';

export interface Expectation {
  /** Distinct by automation and occurrence, in the order in which they were decided first. */
  firings: ExpectedFiring[];
  /** Late values (rule 3) and late points of older attempts (rule 7). */
  late: number;
  /** The automations that a latch held back, once for each judgement that was met. */
  heldBack: string[];
  /** Judgements, met or not, that rounding may turn. */
  borderline: { automation: string; occurrence: string }[];
}

/** What these arrivals, one after the other, make of these automations. */
export function expectFirings(automations: OracleAutomation[], arrivals: Arrival[]): Expectation {
  const history = emptyHistory();
  for (const { event, receivedAtMs } of arrivals) {
    const existing = automations.filter((each) => existsAt(each, receivedAtMs));
    if (event.type === 'run.metrics') onMetrics(history, existing, event, receivedAtMs);
    else if (event.type === 'run.state') onState(history, existing, event, receivedAtMs);
    else onPlainEvent(history, existing, event, receivedAtMs);
  }
  const { firings, late, heldBack, borderline } = history;
  return { firings, late, heldBack, borderline };
}

/** Artifact, collection and custom events: each that the filter takes fires; there is no latch. */
function onPlainEvent(
  history: History,
  existing: OracleAutomation[],
  event: ArtifactEvent | CustomEvent,
  receivedAtMs: number,
): void {
  for (const { id, scope, trigger } of existing) {
    if (trigger.event !== event.type) continue;
    if (!holdsPlace(scope, event)) continue;
    if (!takes(trigger.filter, event as unknown as Json)) continue;
    recordFiring(history, { automation: id, occurrence: `event:${event.id}`, receivedAtMs });
  }
}
