import type { Flow } from '../../core/flow.ts';
import { leftOf, type Resend, roomFor } from '../../core/resend.ts';

const nowMs = 1_000_000;
const flow = (change: Partial<Flow> = {}): Flow => ({
  ...{ health: {}, places: [], free: [0], nextTurnMs: 0, lastMs: 150 },
  ...change,
});

test.each<[string, Partial<Flow>, number | undefined]>([
  ['answers in 150 ms', {}, 200],
  ['answers at once', { lastMs: 0 }, 200],
  ['takes 5 s', { lastMs: 5_000 }, 60],
  ['hangs until our time-out', { lastMs: 15_000 }, 20],
  ['takes longer than any attempt', { lastMs: 60_000 }, 10],
  ['has a line of others', { nextTurnMs: nowMs + 1 }, 0],
  ['had one until now', { nextTurnMs: nowMs }, 200],
  ['is left alone', { health: { openUntilMs: nowMs + 1 } }, 0],
  ['may be tried again', { health: { openUntilMs: nowMs } }, 1],
  ['is disabled', { health: { disabledAtMs: 5 } }, undefined],
])('an integration that %s has room for so many in a minute', (_how, change, room) => {
  expect(roomFor(flow(change), nowMs)).toBe(room);
});

test.each([
  ['is free', nowMs, 150, 30],
  ['is slow to answer', nowMs, 60_000, 10],
  ['has a line of others', nowMs + 1, 150, 0],
])('a channel of one message a second that %s has room for so many', (_how, nextMs, lastMs, room) => {
  expect(roomFor(flow({ lastMs }), nowMs, { nextMs, intervalMs: 1_000 })).toBe(room);
});

test.each<[Partial<Resend>, number | undefined]>([
  [{ phase: 'counting', matched: 5 }, undefined],
  [{ phase: 'sending', matched: 5, resent: 2, passedOver: 1 }, 2],
  [{ phase: 'done', matched: 5, resent: 3 }, 0],
  [{ phase: 'done', matched: 5, resent: 3, stopped: 'automation_disabled' }, 2],
])('of %j so many are left', (change, left) => {
  expect(leftOf({ resent: 0, passedOver: 0, ...change } as Resend)).toBe(left);
});
