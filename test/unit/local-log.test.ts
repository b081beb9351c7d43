import { readable } from '../../local/log.ts';

const now = new Date(2026, 10, 23, 12, 0, 1, 234);
const read = (line: object) => readable(JSON.stringify(line), { now });

test.each([
  [
    {
      stage: 'delivery.waiting',
      ...{ deliveryId: 'dlv_1', automation: 'low loss', integrationId: 'int_1' },
      ...{ waits: 2, until: '2026-11-23T12:00:31.000Z' },
    },
    'waiting   dlv_1 "low loss" · for int_1, 2 times · until 2026-11-23T12:00:31.000Z',
  ],
  [
    {
      stage: 'integration.disabled',
      ...{ integrationId: 'int_1', team: 'vision', name: 'ci', reason: 'gone', toldThrough: 'int_2' },
    },
    'disabled  int_1 "ci" of vision · its receiver is gone for good · its team is told by int_2',
  ],
  [
    {
      stage: 'integration.disabled',
      ...{ integrationId: 'int_1', team: 'vision', name: 'ci', reason: 'failing_for_5_days' },
    },
    'disabled  int_1 "ci" of vision · failing for 5 days · no other integration to tell its team by',
  ],
  [
    {
      stage: 'resend.advanced',
      ...{
        resendId: 'rsd_1',
        automationId: 'aut_1',
        phase: 'sending',
        matched: 70,
        resent: 25,
        passedOver: 1,
      },
    },
    'resending rsd_1 of aut_1 · 25 of 70 sent again · 1 passed over · sending',
  ],
  [
    {
      stage: 'resend.advanced',
      ...{ resendId: 'rsd_1', automationId: 'aut_1', phase: 'done', matched: 70, resent: 70, passedOver: 0 },
      stopped: 'automation_disabled',
    },
    'resending rsd_1 of aut_1 · 70 of 70 sent again · stopped: automation disabled',
  ],
  [
    { stage: 'deliveries.cleared', messages: 1 },
    'cleared   1 message of deliveries taken off the dead-letter queue',
  ],
  [
    {
      stage: 'event.received',
      requestId: 'r',
      keyId: 'k',
      eventIds: ['evt_1', 'evt_2', 'evt_3', 'evt_4'],
      types: { 'run.metrics': 3, 'artifact.linked': 1 },
      events: 4,
      refused: 1,
      points: 200,
      durationMs: 3,
    },
    'received  evt_1 evt_2 evt_3 … run.metrics ×3, artifact.linked · 200 points · 1 refused (3 ms)',
  ],
  [
    {
      stage: 'event.received',
      eventIds: ['evt_1'],
      types: { 'artifact.linked': 1 },
      refused: 0,
      points: 0,
      durationMs: 3,
    },
    'received  evt_1 artifact.linked (3 ms)',
  ],
  [
    {
      stage: 'event.matched',
      subject: 'run vision/mnist/r1',
      types: ['run.metrics'],
      watching: 3,
      firedCount: 30,
      fired: [
        { id: 'dlv_1', automationId: 'aut_1', automation: 'low loss', value: 0.2, step: 7 },
        { id: 'dlv_2', automationId: 'aut_2', automation: 'linked' },
      ],
      durationMs: 3,
    },
    'matched   run vision/mnist/r1 run.metrics · 3 watching · 30 fired → dlv_1 "low loss" at 0.2, step 7 dlv_2 "linked" (3 ms)',
  ],
  [
    {
      stage: 'event.matched',
      subject: 'run a/b/c',
      types: ['run.metrics'],
      watching: 0,
      fired: [],
      durationMs: 0,
    },
    'matched   run a/b/c run.metrics · nobody watches (0 ms)',
  ],
  [
    {
      stage: 'delivery.attempted',
      deliveryId: 'dlv_1',
      automation: 'low loss',
      attempt: 2,
      outcome: 'delivered',
      httpStatus: 200,
      status: 'delivered',
      durationMs: 5,
      lagMs: 31,
    },
    'delivered dlv_1 "low loss" · attempt 2: 200 · 31 ms after its event (5 ms)',
  ],
  [
    {
      stage: 'delivery.attempted',
      deliveryId: 'dlv_1',
      automation: 'low loss',
      attempt: 1,
      outcome: 'failed',
      code: 'timeout',
      status: 'pending',
      retryAt: '2026-11-23T12:00:06.000Z',
      durationMs: 15_000,
    },
    'retrying  dlv_1 "low loss" · attempt 1: timeout · again at 2026-11-23T12:00:06.000Z (15000 ms)',
  ],
  [
    {
      stage: 'delivery.skipped',
      deliveryId: 'dlv_1',
      automation: 'low loss',
      status: 'skipped',
      reason: 'disabled',
    },
    'skipped   dlv_1 low loss · disabled',
  ],
  [
    { stage: 'sweep.done', deliveries: 2, runs: 1, failed: 0, durationMs: 9 },
    'swept     2 deliveries again · 1 run (9 ms)',
  ],
  [{ stage: 'change.saved', method: 'POST', path: '/v1/teams', status: 201 }, 'changed   POST /v1/teams 201'],
  [
    {
      stage: 'request.refused',
      method: 'POST',
      path: '/v1/teams',
      status: 422,
      code: 'invalid_input',
      field: 'name',
      detail: 'is missing',
    },
    'refused   POST /v1/teams 422 invalid_input · name is missing',
  ],
  [
    { stage: 'error', name: 'Error', message: 'broken', stack: 'Error: broken\n  at x' },
    'error     Error: broken\n  at x',
  ],
  [{ stage: 'new.stage', count: 1, ids: ['a', 'b'], durationMs: 2 }, 'new.stage count 1 ids a b (2 ms)'],
])('%j', (line, expected) => {
  expect(read(line)).toBe(`12:00:01.234 ${expected}`);
});

test('a sweep that found nothing is no line', () => {
  expect(read({ stage: 'sweep.done', deliveries: 0, runs: 0, failed: 0, durationMs: 9 })).toBeUndefined();
});

test.each(['plain text', '{"no":"stage"}', '{broken', '[1]', 'null', ''])(
  'other lines stay as they are: %j',
  (line) => {
    expect(readable(line, { now })).toBe(line);
  },
);

test('colours are for terminals only', () => {
  const line = JSON.stringify({ stage: 'change.saved', method: 'POST', path: '/v1/teams', status: 201 });
  const escapeCode = String.fromCharCode(27);
  expect(readable(line, { now })).not.toContain(escapeCode);
  expect(readable(line, { now, colour: true })).toContain(escapeCode);
});
