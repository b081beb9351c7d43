// What docs/triggers.md says must happen, as slowly and plainly as it can be said. It knows nothing of the product.
import { takes } from './filter.ts';
import { type ExpectedFiring, emptyHistory, type History, recordFiring } from './history.ts';
import { existsAt } from './lifetime.ts';
import { onMetrics } from './metrics.ts';
import { holdsPlace } from './scope.ts';
import { onHeartbeat, onLook } from './silence.ts';
import { onState } from './states.ts';
import type { Arrival, ArtifactEvent, CustomEvent, Json, Look, OracleAutomation } from './world.ts';

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

/** What these arrivals, one after the other, make of these automations, where the sweeper looks at runs so. */
export function expectFirings(
  automations: OracleAutomation[],
  arrivals: Arrival[],
  looks: Look[] = [],
): Expectation {
  const history = emptyHistory();
  const existingAt = (ms: number) => automations.filter((each) => existsAt(each, ms));
  const left = [...looks];
  const lookBefore = (ms: number) => {
    for (let look = left[0]; look !== undefined && look.atMs < ms; look = left[0]) {
      onLook(history, existingAt(look.atMs), look);
      left.shift();
    }
  };
  for (const arrival of arrivals) {
    lookBefore(arrival.receivedAtMs);
    onArrival(history, existingAt(arrival.receivedAtMs), arrival);
  }
  lookBefore(Number.POSITIVE_INFINITY);
  const { firings, late, heldBack, borderline } = history;
  return { firings, late, heldBack, borderline };
}

function onArrival(history: History, existing: OracleAutomation[], { event, receivedAtMs }: Arrival): void {
  if (event.type === 'run.metrics') onMetrics(history, existing, event, receivedAtMs);
  else if (event.type === 'run.state') onState(history, existing, event, receivedAtMs);
  else if (event.type === 'run.heartbeat') onHeartbeat(history, existing, event, receivedAtMs);
  else onPlainEvent(history, existing, event, receivedAtMs);
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
