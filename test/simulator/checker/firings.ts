// G1, G2, G4, G18: which automations fire on what. The oracle of test/oracle says it for those that nobody changed.
import { expectFirings } from '../../oracle/oracle.ts';
import type { Accepted, Automation, Listed, Observed } from './observed.ts';
import { groupBy, occurrenceOf } from './occurrence.ts';

/** What the clocks of two functions are apart at most. */
const CLOCKS_APART_MS = 4_000;

/** Within this time a change takes effect: five seconds, and what clocks are apart. */
export const EFFECT_MS = 5_000 + CLOCKS_APART_MS;

export function firings(observed: Observed): string[] {
  return observed.automations.flatMap((automation) => {
    const deliveries = observed.history.filter((delivery) => delivery.automation === automation.id);
    return [...doubled(deliveries), ...wrong(automation, deliveries, observed)];
  });
}

function doubled(deliveries: Listed[]): string[] {
  const groups = [...groupBy(deliveries, occurrenceOf)];
  return groups
    .filter(([, group]) => group.length > 1)
    .map(([what, group]) => `G2: ${group.length} deliveries of ${group[0]?.automation} on ${what}`);
}

function wrong(automation: Automation, deliveries: Listed[], observed: Observed): string[] {
  const fired = new Set(deliveries.map(occurrenceOf));
  // Posted once more, an event may be dropped on the way or come once more: both are right.
  const [some, others] = [observed.accepted, firstOnly(observed.accepted)].map((accepted) =>
    expectedOf(automation, accepted),
  ) as [Set<string>, Set<string>];
  const isSteady = automation.changes.every(({ kind }) => kind === 'edit action');
  const isCertain = (what: string) => !isOvertaken(what, automation, observed);
  if (!isSteady)
    return [
      ...changed(automation, deliveries, observed),
      ...missed(automation, deliveries, observed),
      ...early(automation, fired, observed),
    ];
  const missing = [...some].filter((what) => others.has(what) && !fired.has(what) && isCertain(what));
  const surplus = [...fired].filter((what) => !some.has(what) && !others.has(what) && isCertain(what));
  return [
    ...missing.map((what) => `G1: ${automation.id} (${automation.trigger.event}) did not fire on ${what}`),
    ...surplus.map((what) => `G2: ${automation.id} (${automation.trigger.event}) fired on ${what}`),
  ];
}

function expectedOf({ id, team, scope, trigger, savedAtMs }: Automation, accepted: Accepted[]): Set<string> {
  const arrivals = accepted.map(({ event, acceptedAtMs }) => ({ event, receivedAtMs: acceptedAtMs }));
  const { firings: expected } = expectFirings([{ id, team, scope, trigger, savedAtMs }], arrivals);
  return new Set(expected.map(({ occurrence }) => occurrence));
}

/** What went through the dead-letter queue comes behind what was sent later: a run's windows are others then. */
function isOvertaken(what: string, { trigger }: Automation, { overtaken, accepted }: Observed): boolean {
  if (overtaken.length === 0 || !trigger.event.startsWith('run.')) return false;
  const runOf = (id: string) => {
    const event = accepted.find((one) => `event:${one.event.id}` === id)?.event;
    return event && 'run' in event ? event.run.id : undefined;
  };
  return overtaken.some((run) => what.includes(`/${run}:`) || runOf(what) === run);
}

/** The end of an automation: a change after which it may fire no more. */
export function endOf({ changes }: Automation): number {
  const last = changes.at(-1);
  const isEnd = last !== undefined && last.kind !== 'enable' && last.kind !== 'edit action';
  return isEnd ? last.answeredAtMs : Number.POSITIVE_INFINITY;
}

function changed(automation: Automation, deliveries: Listed[], { accepted, isMixed }: Observed): string[] {
  // A deletion that broke off is finished by who is asked again, which older versions do not do.
  if (isMixed && automation.changes.at(-1)?.kind === 'delete') return [];
  const endMs = endOf(automation) + EFFECT_MS;
  const lateIds = new Set(
    accepted.filter(({ postedAtMs }) => postedAtMs > endMs).map(({ event }) => event.id),
  );
  for (const { event, postedAtMs } of accepted) if (postedAtMs <= endMs) lateIds.delete(event.id);
  return deliveries
    .filter(({ facts }) => lateIds.has(String(facts['event_id'])))
    .map(({ facts }) => `G18: ${automation.id} fired on ${facts['event_id']}, after it was changed`);
}

/** What came before an automation was enabled again, and certainly after it was disabled, fires it never. */
function missed(automation: Automation, deliveries: Listed[], observed: Observed): string[] {
  const { accepted } = observed;
  const disabled = automation.changes.find(({ kind }) => kind === 'disable');
  if (!disabled) return [];
  const early = new Set(
    accepted
      .filter((one) => one.postedAtMs <= disabled.answeredAtMs + EFFECT_MS)
      .map(({ event }) => event.id),
  );
  return deliveries
    .map(({ facts }) => String(facts['event_id']))
    .filter((id) => !early.has(id) && cameBeforeEnabling(automation, id, observed))
    .map((id) => `G18: ${automation.id} fired on ${id}, which came while it was disabled`);
}

/** Whether an automation was enabled again later than all copies of an event came; older versions do not note when. */
export function cameBeforeEnabling(
  { changes }: Automation,
  eventId: string,
  { accepted, isMixed }: Observed,
): boolean {
  const last = changes.at(-1);
  const copies = accepted.filter(({ event }) => event.id === eventId);
  if (isMixed || last?.kind !== 'enable' || copies.length === 0) return false;
  return copies.every(({ acceptedAtMs }) => acceptedAtMs + CLOCKS_APART_MS < last.askedAtMs);
}

/** Without faults, what was accepted some time before a change has fired by then. */
function early(automation: Automation, fired: Set<string>, observed: Observed): string[] {
  const [first] = automation.changes;
  if (observed.hasFaults || !first) return [];
  const before = observed.accepted.filter(({ acceptedAtMs }) => acceptedAtMs + EFFECT_MS < first.askedAtMs);
  return [...expectedOf(automation, firstOnly(before))]
    .filter((what) => !fired.has(what))
    .map((what) => `G1: ${automation.id} did not fire on ${what}, long before it was changed`);
}

function firstOnly(accepted: Accepted[]): Accepted[] {
  const seen = new Set<string>();
  return accepted.filter(({ event: { id } }) => !seen.has(id) && seen.add(id));
}
