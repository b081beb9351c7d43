import { packMessages } from './event-message.ts';

/**
 * A message of the events queue as this version writes it: the first one (docs/upgrading.md) wrote a line of JSON with
 * the routes and then each event, and what it left in the queue must not be lost by an upgrade.
 */
export function asOfToday(body: string): string {
  // A header of today begins with a number.
  if (!body.startsWith('{')) return body;
  const [first = '', ...events] = body.split('\n');
  const { v, receivedAtMs, depth } = JSON.parse(first);
  if (v !== 1) throw new Error(`not an event message of version ${v}`);
  const [packed, ...others] = packMessages(
    events.map((event) => JSON.parse(event)),
    { receivedAtMs, depth },
  );
  if (packed === undefined || others.length > 0) throw new Error('an event message that is no single one');
  return packed.body;
}
