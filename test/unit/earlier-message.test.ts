import { asOfToday } from '../../core/earlier-message.ts';
import { packMessages, unpackMessage } from '../../core/event-message.ts';
import { anAliasEvent, losses } from '../support/builders.ts';

const first = (about: object, ...events: object[]) =>
  [{ v: 1, receivedAtMs: 5, depth: 2, ...about }, ...events].map((line) => JSON.stringify(line)).join('\n');

test('a message of the first version is the one that today would write', () => {
  const event = anAliasEvent();
  const [today] = packMessages([event], { receivedAtMs: 5, depth: 2 });
  expect(asOfToday(first({}, event))).toBe(today?.body);
  expect(unpackMessage(asOfToday(first({}, event)))).toMatchObject({ receivedAtMs: 5, depth: 2 });
});

test('a message of today stays as it is', () => {
  const [today] = packMessages([anAliasEvent()], { receivedAtMs: 5, depth: 2 });
  expect(asOfToday(today?.body ?? '')).toBe(today?.body);
});

test.each<[string, string, string]>([
  ['of another version', first({ v: 2 }, anAliasEvent()), 'version 2'],
  ['without an event', first({}), 'no single one'],
  [
    'of events that belong to two runs',
    first({}, losses([1]), losses([1], 0, { run: { id: 'b' } })),
    'no single one',
  ],
])('a message %s is refused', (_, body, why) => {
  expect(() => asOfToday(body)).toThrow(why);
});
