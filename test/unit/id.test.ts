import { triggerHash } from '../../core/automation.ts';
import { deliveryId } from '../../core/delivery.ts';
import { digestDelivery } from '../../core/digest.ts';
import { packMessages, unpackMessage } from '../../core/event-message.ts';
import { derivedId, digest, newIdentity, orderedId, randomId } from '../../core/id.ts';
import { noticeDelivery } from '../../core/notice.ts';
import { parseEvent } from '../../core/received-event.ts';
import { silenceEvent } from '../../core/runs/silence.ts';
import { aDelivery, aMetricsEvent, aWebhookIntegration } from '../support/builders.ts';

test('the same parts give the same id, and other parts another', () => {
  expect(derivedId('evt', 'a', 'b')).toBe(derivedId('evt', 'a', 'b'));
  expect(derivedId('evt', 'a', 'b')).toMatch(/^evt_[0-9a-f]{32}$/);
  const others = [derivedId('evt', 'ab'), derivedId('evt', 'b', 'a'), derivedId('evt', 'a","b')];
  expect(new Set([derivedId('evt', 'a', 'b'), ...others]).size).toBe(4);
});

test('a random id is like no other', () => {
  expect(randomId('int')).toMatch(/^int_[0-9a-f]{24}$/);
  expect(randomId('int')).not.toBe(randomId('int'));
});

test('ids of later requests come later, whatever their seeds are', () => {
  const [early, late] = [0xff, 0x100].map((atMs) => orderedId('aut', newIdentity(atMs)));
  expect(early).toMatch(/^aut_0000000000ff[0-9a-f]{12}$/);
  expect(late?.startsWith('aut_000000000100')).toBe(true);
});

test('a request that comes again makes the same id, and another at the same time another', () => {
  const identity = newIdentity(5);
  expect(orderedId('aut', identity)).toBe(orderedId('aut', { ...identity }));
  expect(orderedId('aut', newIdentity(5))).not.toBe(orderedId('aut', identity));
});

test('a digest is SHA-256 in hex', () => {
  expect(digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

/** Else an upgrade would tell things again that were told before, and begin each latch anew. */
describe('an id that is made from what it stands for stays what it is: that of', () => {
  const run = { run: 'run-1', team: 'vision', project: 'mnist' };
  const notice = { integrationId: 'int_1', integrationName: 'ci', reason: 'gone', sinceMs: 5 };
  const linked = {
    type: 'artifact.linked',
    team: 'v',
    registry: 'm',
    collection: { name: 'c' },
    version: 'v3',
  };
  const scope = { kind: 'project', team: 'vision', project: 'mnist' } as const;
  const trigger = { event: 'artifact.linked', filter: { alias: 'production' } } as const;

  const packed = () => packMessages([aMetricsEvent()], { receivedAtMs: 5, depth: 0 })[0]!;

  test.each<[string, () => string, string]>([
    [
      'a delivery of an event',
      () => deliveryId('aut_1', { event: 'evt_1', team: 'vision' }),
      'dlv_8bd2f340e9e3e62cea834adcfa24798e',
    ],
    [
      'a delivery of a metric',
      () => deliveryId('aut_1', { ...run, attempt: 2, metric: 'loss', step: 7 }),
      'dlv_cdba84f32c3d28a1b134c75f9c862b3b',
    ],
    [
      'a digest',
      () => digestDelivery(aDelivery({ receivedAtMs: 61_000 }), 0).id,
      'dlv_e95e95bdaded1195dda96946563a94c1',
    ],
    [
      'a notice',
      () => noticeDelivery(notice, aWebhookIntegration(), 9).id,
      'dlv_014ce83b6b3328484bf269db21119bb5',
    ],
    [
      'a silence',
      () => silenceEvent(run, { intervalMs: 1, lastAtMs: 5, run: { id: 'run-1' } }).id,
      'evt_bc66b396717badff4ebf49ae7e87e7a2',
    ],
    [
      'an event by its content',
      () => parseEvent({ ...linked, time: '2026-11-23T12:00:00Z' }).event.id,
      'evt_8254c986462921f96f06a3df093c999b',
    ],
    ['the group of a run', () => packed().groupId, '0cdcfd1e2e035b07f8884406de348ecc'],
    ['a message of points at their steps', () => packed().dedupId, 'msg_16daa063ab42096a4a33ddbff6d7afbf'],
    ['the same, received', () => unpackMessage(packed().body).id, 'msg_16daa063ab42096a4a33ddbff6d7afbf'],
    [
      'a message of what may come again',
      () =>
        packMessages([parseEvent({ ...linked, id: 'evt_1' }).event], { receivedAtMs: 5, depth: 0 })[0]!
          .dedupId,
      'msg_54c75ae8ff21738acd313a4e64f39d81',
    ],
    ['a trigger', () => triggerHash({ scope, trigger }), 'fe6152d15d98'],
  ])('%s', (_, id, known) => {
    expect(id()).toBe(known);
  });
});
