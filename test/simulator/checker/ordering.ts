// Superseding: on one subject, nothing older follows something newer on the wire, and the newest is never dropped.
import type { Accepted, Automation, Delivery, Observed } from './observed.ts';
import { saidBy, subjectOf } from './occurrence.ts';

/** Events accepted nearer to each other have no order: clocks differ. */
const APART_MS = 5_000;

export function ordering(observed: Observed): string[] {
  return observed.automations
    .filter(({ supersede }) => supersede)
    .flatMap((automation) => {
      const sent = sentBy(automation, observed);
      return [...overtaking(sent), ...overlapping(sent), ...dropped(automation, observed)];
    });
}

interface Sent {
  event: Occurrence;
  atMs: number;
  endMs: number;
}

/** What went out for an automation, in the order of arrival. */
function sentBy({ id }: Automation, observed: Observed): Sent[] {
  return observed.posts
    .filter((post) => saidBy(post).automation === id)
    .flatMap((post) => {
      const event = occurrenceOf(saidBy(post).event, observed);
      return event ? [{ event, atMs: post.arrivedAtMs, endMs: post.endedAtMs }] : [];
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** One request at a time: the next one begins when the one before was answered. */
function overlapping(sent: Sent[]): string[] {
  return sent.flatMap(({ event, atMs }, at) => {
    const rival = sent.slice(0, at).find((one) => isSameSubject(one.event, event) && one.endMs > atMs);
    return rival ? [`contract 5: ${event.id} was sent while ${rival.event.id} was on the wire`] : [];
  });
}

/** An event that was posted again is the same event, and any of its copies may be the one that fired. */
interface Occurrence {
  id: string;
  subject: string | undefined;
  copies: Accepted[];
}

const isOlder = (a: Occurrence, b: Occurrence) =>
  a.copies.every((mine) => b.copies.every((theirs) => mine.acceptedAtMs + APART_MS < theirs.postedAtMs));

function occurrenceOf(id: string, { accepted }: Observed): Occurrence | undefined {
  const copies = accepted.filter(({ event }) => event.id === id);
  const [first] = copies;
  return first && { id, subject: subjectOf(first), copies };
}

function overtaking(sent: Sent[]): string[] {
  return sent.flatMap(({ event }, at) => {
    const newer = sent
      .slice(0, at)
      .find((one) => isSameSubject(one.event, event) && isOlder(event, one.event));
    return newer ? [`contract 5: ${event.id} was sent after the newer ${newer.event.id}`] : [];
  });
}

const isSameSubject = (a: Occurrence, b: Occurrence) => a.subject === b.subject;

function dropped({ id }: Automation, observed: Observed): string[] {
  const deliveries = observed.history.filter(({ automation }) => automation === id);
  const eventOf = ({ facts }: Delivery) => occurrenceOf(String(facts['event_id']), observed);
  return deliveries.flatMap((delivery) => {
    const event = eventOf(delivery);
    if (delivery.reason !== 'superseded' || !event) return [];
    const hasNewer = deliveries.some((other) => {
      const rival = eventOf(other);
      return other !== delivery && rival && isSameSubject(rival, event) && !isOlder(rival, event);
    });
    return hasNewer ? [] : [`contract 5: ${delivery.id} was superseded by nothing`];
  });
}
