import type { Attempt } from '../../core/delivery.ts';
import {
  maxAttempts,
  nextStep,
  type Outcome,
  outcomeOfStatus,
  recordedOutcome,
  retryDelaysSeconds,
} from '../../core/retry.ts';

const now = Date.UTC(2026, 0, 1, 12, 0, 0);
const failed: Outcome = { kind: 'failed', code: 'timeout' };

describe('outcomeOfStatus', () => {
  test.each([
    [199, 'failed', 'http_status'],
    [200, 'delivered', undefined],
    [201, 'delivered', undefined],
    [204, 'delivered', undefined],
    [299, 'delivered', undefined],
    [300, 'refused', 'redirect'],
    [301, 'refused', 'redirect'],
    [304, 'refused', 'redirect'],
    [308, 'refused', 'redirect'],
    [399, 'refused', 'redirect'],
    [400, 'refused', 'http_status'],
    [401, 'refused', 'http_status'],
    [404, 'refused', 'http_status'],
    [408, 'failed', 'http_status'],
    [409, 'refused', 'http_status'],
    [410, 'refused', 'gone'],
    [422, 'refused', 'http_status'],
    [425, 'failed', 'http_status'],
    [429, 'failed', 'http_status'],
    [499, 'refused', 'http_status'],
    [500, 'failed', 'http_status'],
    [501, 'failed', 'http_status'],
    [503, 'failed', 'http_status'],
    [599, 'failed', 'http_status'],
  ])('%i is %s %s', (status, kind, code) => {
    expect(outcomeOfStatus(status, undefined, now)).toEqual({ kind, status, ...(code && { code }) });
  });

  test.each([
    ['0', 0],
    ['120', 120],
    [' 120 ', 120],
    ['86400', 86_400],
    ['86401', 86_400],
    ['9'.repeat(400), 86_400],
    ['Thu, 01 Jan 2026 12:01:30 GMT', 90],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Fri, 01 Jan 2027 12:00:00 GMT', 86_400],
    ['Thursday, 01-Jan-26 12:01:30 GMT', 90],
    ['Thu Jan  1 12:01:30 2026', 90],
    ['Mon Jan 12 12:00:00 2026', 86_400],
    ['Thu, 01 Jan 2026 12:01:30 PST', undefined],
    ['Thu, 01 Jan 2026 12:01:30', undefined],
    ['x Thu, 01 Jan 2026 12:01:30 GMT', undefined],
    ['01 Jan 2026 12:01:30 GMT', undefined],
    ['Thu, 1 Jan 2026 12:01:30 GMT', undefined],
    ['Thursday, 01-Jan-2026 12:01:30 GMT', undefined],
    ['Jan 1 2026', undefined],
    ['Thu, 99 Foo 2026 12:00:00 GMT', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026-01-01', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After %j asks for %j seconds', (header, seconds) => {
    for (const status of [429, 503]) {
      const outcome = outcomeOfStatus(status, header, now);
      expect(outcome.kind === 'failed' && outcome.retryAfterSeconds).toBe(seconds);
    }
  });

  test('Retry-After changes nothing on an answer that is final', () => {
    expect(outcomeOfStatus(404, '5', now)).toEqual({ kind: 'refused', code: 'http_status', status: 404 });
  });
});

test.each<[Partial<Attempt>, Outcome | undefined]>([
  [
    { outcome: 'delivered', status: 204 },
    { kind: 'delivered', status: 204 },
  ],
  [
    { outcome: 'failed', status: 503, code: 'http_status' },
    { kind: 'failed', code: 'http_status', status: 503 },
  ],
  [
    { outcome: 'refused', code: 'blocked' },
    { kind: 'refused', code: 'blocked' },
  ],
  [{ outcome: 'unknown', code: 'timeout' }, undefined],
])('an attempt recorded as %j ended so: %j', (attempt, outcome) => {
  expect(recordedOutcome({ number: 1, startedAtMs: 0, durationMs: 0, ...attempt } as Attempt)).toStrictEqual(
    outcome,
  );
});

describe('nextStep', () => {
  test('the schedule is that of the contract', () => {
    expect(retryDelaysSeconds).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
    expect(maxAttempts).toBe(8);
  });

  test.each(retryDelaysSeconds.map((delay, index) => [index + 1, delay]))(
    'after failed attempt %i it waits %i s, and up to a fifth more',
    (attempt, delay) => {
      const at = (random: number) => nextStep(failed, attempt, now, random);
      expect(at(0)).toEqual({ status: 'pending', retryAt: now + delay * 1_000 });
      expect(at(0.5)).toEqual({ status: 'pending', retryAt: now + delay * 1_100 });
      expect(at(1)).toEqual({ status: 'pending', retryAt: now + delay * 1_200 });
    },
  );

  test.each([8, 9, 100])('failed attempt %i is the last', (attempt) => {
    expect(nextStep(failed, attempt, now, 0)).toEqual({ status: 'failed', reason: 'attempts_used_up' });
  });

  test.each([
    ['a later Retry-After wins', 1, 60, 60],
    ['an earlier one does not shorten the delay', 2, 60, 300],
    ['jitter is added to Retry-After, never taken from it', 1, 600, 600],
  ])('%s', (_what, attempt, retryAfterSeconds, expectedSeconds) => {
    const outcome: Outcome = { kind: 'failed', code: 'http_status', status: 429, retryAfterSeconds };
    expect(nextStep(outcome, attempt, now, 0)).toEqual({
      status: 'pending',
      retryAt: now + expectedSeconds * 1_000,
    });
    const late = nextStep(outcome, attempt, now, 1);
    expect(late.status === 'pending' && late.retryAt).toBe(now + expectedSeconds * 1_200);
  });

  test('Retry-After does not add an attempt', () => {
    const outcome: Outcome = { kind: 'failed', code: 'http_status', status: 429, retryAfterSeconds: 1 };
    expect(nextStep(outcome, 8, now, 0)).toEqual({ status: 'failed', reason: 'attempts_used_up' });
  });

  test.each([
    [{ kind: 'delivered', status: 200 }, { status: 'delivered' }],
    [
      { kind: 'refused', code: 'gone', status: 410 },
      { status: 'failed', reason: 'gone' },
    ],
    [
      { kind: 'refused', code: 'blocked' },
      { status: 'failed', reason: 'blocked' },
    ],
  ] as [Outcome, object][])('%j ends the delivery at once', (outcome, step) => {
    expect(nextStep(outcome, 1, now, 0.3)).toEqual(step);
  });
});
