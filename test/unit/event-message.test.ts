import { openEvent, packMessages, unpackMessage } from '../../core/event-message.ts';
import { aLinkedEvent, aMetricsEvent, pointsOf } from '../support/builders.ts';

const stamp = { receivedAtMs: 1_700_000_000_000, depth: 0 };

describe('packing events into messages', () => {
  test('puts the events of a run together, in order, and those of others apart', () => {
    const events = [
      aMetricsEvent({ id: 'a1' }),
      aLinkedEvent({ id: 'l1' }),
      aMetricsEvent({ id: 'b1', run: { id: 'other' } }),
      aMetricsEvent({ id: 'a2' }),
    ];
    const unpacked = packMessages(events, stamp).map(({ body }) => unpackMessage(body));
    expect(unpacked.map(({ routes }) => routes.map(({ id }) => id))).toEqual([['a1', 'a2'], ['l1'], ['b1']]);
    expect(new Set(unpacked.map(({ groupId }) => groupId)).size).toBe(3);
  });

  test('gives back what was put in, whatever characters it holds', () => {
    const event = aLinkedEvent({ metadata: { text: 'é\n"\\ \uffff 🚂' } });
    const [message] = packMessages([event], { receivedAtMs: 5, depth: 2 });
    expect(message!.body).toMatch(/^[\x20-\x7e\n]*$/);
    const unpacked = unpackMessage(message!.body);
    expect(openEvent(unpacked.events[0]!)).toEqual(event);
    expect(unpacked).toMatchObject({
      receivedAtMs: 5,
      depth: 2,
      subject: { kind: 'collection', name: 'detector' },
    });
  });

  test('says which metrics an event holds without opening it', () => {
    const points = [...pointsOf('loss', [1, 2]), ...pointsOf('accuracy', [3], 2)];
    const [message] = packMessages([aMetricsEvent({ points })], stamp);
    expect(unpackMessage(message!.body).routes[0]!.metrics).toEqual(['loss', 'accuracy']);
  });

  test('begins a new message before 240 KiB, and loses and reorders nothing', () => {
    const events = Array.from({ length: 40 }, (_, at) =>
      aMetricsEvent({ id: `e${at}`, run: { id: 'r', config: { text: 'x'.repeat(20_000) } } }),
    );
    const messages = packMessages(events, stamp);
    expect(messages.length).toBe(4);
    for (const { body } of messages) expect(body.length).toBeLessThan(256 * 1024);
    const ids = messages.flatMap(({ body }) => unpackMessage(body).routes.map(({ id }) => id));
    expect(ids).toEqual(events.map(({ id }) => id));
  });

  test('gives the same message id for the same events, so that a repeated request is one message', () => {
    const pack = () => packMessages([aMetricsEvent()], { receivedAtMs: Math.random(), depth: 0 })[0]!.dedupId;
    expect(pack()).toBe(pack());
    expect(pack()).not.toBe(packMessages([aMetricsEvent({ id: 'other' })], stamp)[0]!.dedupId);
  });

  test.each(['', '{}', '{"v":2,"routes":[]}', 'nonsense', '{"v":1,"routes":[["run.metrics","x"]]}'])(
    'refuses a body that it did not make: %p',
    (body) => {
      expect(() => unpackMessage(body)).toThrow();
    },
  );
});
