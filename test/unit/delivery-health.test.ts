import { AutomationInput } from '../../core/automation.ts';
import { deliverySettings } from '../../core/delivery-settings.ts';
import { digestDelivery, digestDueMs, digestText, minuteOf } from '../../core/digest.ts';
import { type Flow, nextMove } from '../../core/flow.ts';
import { healthState, openForMs, reasonToDisable } from '../../core/health.ts';
import { noticeText } from '../../core/notice.ts';
import type { Outcome } from '../../core/retry.ts';
import { ageOrder, subjectOf } from '../../core/subject.ts';
import { aDefinition, onEvent } from '../support/builders.ts';

const down: Outcome = { kind: 'failed', code: 'timeout' };
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('the circuit', () => {
  test.each([
    [{}, 'closed'],
    [{ openUntilMs: 101 }, 'open'],
    [{ openUntilMs: 100 }, 'half_open'],
    [{ openUntilMs: 101, disabledAtMs: 1 }, 'disabled'],
  ])('with %j is %s', (health, state) => {
    expect(healthState(health, 100)).toBe(state);
  });

  test.each([
    [4, 0, false, undefined],
    [5, 0, false, 30_000],
    [1, 1, true, 60_000],
    [9, 4, true, 480_000],
    [9, 5, true, 900_000],
    [9, 50, true, 900_000],
  ])('after %i failures and %i openings (probe: %s) is %s', (failures, opens, isProbe, openMs) => {
    expect(openForMs({ failures, opens }, down, isProbe)).toBe(openMs);
  });

  test('takes Retry-After at its word, up to 15 minutes', () => {
    const asks = (retryAfterSeconds: number): Outcome => ({
      kind: 'failed',
      code: 'http_status',
      status: 429,
      retryAfterSeconds,
    });
    expect(openForMs({ failures: 1 }, asks(20), false)).toBe(20_000);
    expect(openForMs({ failures: 1 }, asks(0), false)).toBeUndefined();
    expect(openForMs({ failures: 1 }, asks(86_400), false)).toBe(900_000);
    expect(openForMs({ failures: 5 }, asks(20), false)).toBe(30_000);
  });

  test('is no matter of what was delivered or refused', () => {
    for (const outcome of [
      { kind: 'delivered', status: 200 },
      { kind: 'refused', code: 'http_status', status: 404 },
    ] as Outcome[]) {
      expect(openForMs({ failures: 9 }, outcome, true)).toBeUndefined();
    }
  });

  test.each([
    [{ undelivered: 10, failingSinceMs: 0 }, down, 5 * DAY_MS, 'failing_for_5_days'],
    [{ undelivered: 9, failingSinceMs: 0 }, down, 9 * DAY_MS, undefined],
    [{ undelivered: 99, failingSinceMs: 0 }, down, 5 * DAY_MS - 1, undefined],
    [{ undelivered: 99, failingSinceMs: 0, disabledAtMs: 1 }, down, 9 * DAY_MS, undefined],
    [{ undelivered: 10, failingSinceMs: 1_000 }, down, 5 * DAY_MS + 999, undefined],
    [{ undelivered: 1 }, { kind: 'refused', code: 'gone', status: 410 }, 0, 'gone'],
    [{ undelivered: 1 }, { kind: 'refused', code: 'http_status', status: 404 }, 0, undefined],
    [{ undelivered: 10, failingSinceMs: 0 }, { kind: 'delivered', status: 200 }, 9 * DAY_MS, undefined],
    [{}, { kind: 'delivered', status: 200 }, 9 * DAY_MS, undefined],
  ] as const)('%j after %j at %i disables by %s', (health, outcome, nowMs, reason) => {
    expect(reasonToDisable(health, outcome as Outcome, nowMs)).toBe(reason);
  });
});

describe('the next move', () => {
  const flow = (change: Partial<Flow> = {}): Flow => ({
    ...{ health: {}, places: [], free: [3, 7], nextTurnMs: 0, lastMs: 1_000 },
    ...change,
  });
  const turn = (turnAtMs: number) => ({ times: 1, turnAtMs });

  test.each([
    ['a free place is taken', flow(), undefined, { place: 7 }],
    ['without one it stands in line', flow({ free: [] }), undefined, { intervalMs: 100 }],
    ['whoever is new stands behind the line', flow({ nextTurnMs: 101 }), undefined, { intervalMs: 100 }],
    ['a line that is over is none', flow({ nextTurnMs: 100 }), undefined, { place: 7 }],
    ['whose turn it is goes before the line', flow({ nextTurnMs: 900 }), turn(100), { place: 7 }],
    ['a turn to come is kept', flow({ nextTurnMs: 900 }), turn(101), { turnAtMs: 101 }],
    [
      'also where the line is too long',
      flow({ nextTurnMs: 300_101, free: [] }),
      turn(101),
      { turnAtMs: 101 },
    ],
    ['five minutes are the end of a line', flow({ nextTurnMs: 300_100 }), undefined, { intervalMs: 100 }],
    [
      'and whoever is too many comes back',
      flow({ nextTurnMs: 300_101 }),
      undefined,
      { waitUntilMs: 270_100 },
    ],
    ['then by a free place, as there is one', flow({ nextTurnMs: 300_101 }), { times: 1 }, { place: 7 }],
    ['turns are not too close', flow({ free: [], lastMs: 1 }), undefined, { intervalMs: 20 }],
    ['nor too far apart', flow({ free: [], lastMs: 90_000 }), undefined, { intervalMs: 2_000 }],
    [
      'an open circuit is waited for',
      flow({ health: { openUntilMs: 500 } }),
      undefined,
      { waitUntilMs: 24_500 },
    ],
    [
      'a half-open one is tried',
      flow({ health: { openUntilMs: 90 }, nextTurnMs: 900 }),
      undefined,
      { place: 7, probe: 90 },
    ],
    ['a disabled one is not', flow({ health: { disabledAtMs: 1 } }), undefined, { disabled: true }],
  ])('%s', (_what, state, wait, move) => {
    expect(nextMove(state, wait, 100, 0.8)).toEqual(move);
  });
});

describe('a subject', () => {
  const artifact = { entity_name: 't', project_name: 'p', artifact_collection_name: 'c' };
  const same = (a: object, b: object) =>
    subjectOf({ facts: a as never }) === subjectOf({ facts: b as never });

  test('is the collection with its alias or tag, or the run', () => {
    expect(
      same(
        { ...artifact, alias: 'a', artifact_version: 'v1' },
        { ...artifact, alias: 'a', artifact_version: 'v2' },
      ),
    ).toBe(true);
    expect(same({ ...artifact, alias: 'a' }, { ...artifact, alias: 'b' })).toBe(false);
    expect(same({ ...artifact, tag: 'a' }, { ...artifact, tag: 'b' })).toBe(false);
    expect(same(artifact, { ...artifact, project_name: 'q' })).toBe(false);
    expect(
      same({ run_id: 'r', project_name: 'p', step: 1 }, { run_id: 'r', project_name: 'p', step: 2 }),
    ).toBe(true);
    expect(same({ run_id: 'r', project_name: 'p' }, { run_id: 's', project_name: 'p' })).toBe(false);
    expect(subjectOf({ facts: { event_id: 'e' } })).toBeUndefined();
  });

  test('is ordered by receipt, then time, then step or version, then id', () => {
    const one = (id: string, receivedAtMs: number, facts = {}) => ageOrder({ id, receivedAtMs, facts });
    const inOrder = [
      one('z', 999, { time: '2030-01-01T00:00:00Z', artifact_version_index: 9 }),
      one('y', 1_000, { time: '2026-01-01T01:00:00+02:00', artifact_version_index: 12 }),
      one('x', 1_000, { time: '2026-01-01T00:00:00Z', artifact_version_index: 2 }),
      one('a', 1_000, { time: '2026-01-01T00:00:00Z', artifact_version_index: 10 }),
      one('b', 1_000, { time: '2026-01-01T00:00:00Z', artifact_version_index: 10 }),
      one('a', 10_000),
    ];
    expect([...inOrder].sort()).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(inOrder.length);
  });
});

describe('settings', () => {
  const input = (
    delivery: unknown,
    trigger: unknown = aDefinition().trigger,
    scope: unknown = aDefinition().scope,
  ) => AutomationInput.safeParse({ ...aDefinition(), trigger, scope, delivery });

  test('have defaults, also where nothing was said', () => {
    expect(input({}).data?.delivery).toEqual({ supersede: false, max_per_minute: 30 });
    expect(deliverySettings(aDefinition())).toEqual({ supersede: false, max_per_minute: 30 });
    expect(deliverySettings(undefined)).toEqual({ supersede: false, max_per_minute: 30 });
  });

  test.each([
    [{ expires_after_seconds: 0 }],
    [{ expires_after_seconds: 432_001 }],
    [{ expires_after_seconds: 1.5 }],
    [{ max_per_minute: 0 }],
    [{ max_per_minute: 601 }],
    [{ supersede: 'yes' }],
    [{ expiresAfter: 3 }],
  ])('%j are refused', (delivery) => {
    expect(input(delivery).success).toBe(false);
  });

  test('custom events cannot supersede each other', () => {
    const team = { kind: 'team', team: 'vision' };
    const refused = input({ supersede: true }, onEvent('custom.deploy'), team);
    expect(refused.error?.issues).toMatchObject([{ path: ['delivery', 'supersede'] }]);
    expect(input({ supersede: false }, onEvent('custom.deploy'), team).success).toBe(true);
  });
});

describe('a digest', () => {
  const heldBack = {
    ...{ id: 'd', automationId: 'a', revision: 2, team: 't', action: 'slack' as const, integrationId: 'i' },
    ...{
      facts: { automation_name: 'n', delivery_id: 'd' },
      receivedAtMs: 90_000,
      createdAtMs: 90_500,
      depth: 3,
    },
  };

  test('is one for a minute and automation', () => {
    const digest = digestDelivery(heldBack, 100_000);
    expect(digest).toMatchObject({ digest: { minuteMs: 60_000 }, revision: 2, integrationId: 'i', depth: 3 });
    expect(digest.facts).toEqual({ automation_name: 'n', delivery_id: digest.id });
    expect(digestDelivery({ ...heldBack, id: 'e', receivedAtMs: 119_999 }, 1).id).toBe(digest.id);
    expect(digestDelivery({ ...heldBack, receivedAtMs: 120_000 }, 1).id).not.toBe(digest.id);
    expect(digestDelivery({ ...heldBack, automationId: 'b' }, 1).id).not.toBe(digest.id);
    expect(minuteOf(heldBack)).toBe(60_000);
  });

  test('goes out when its minute is over', () => {
    expect(digestDueMs(60_000, 61_000)).toBe(135_000);
    expect(digestDueMs(60_000, 900_000)).toBe(930_000);
  });

  test('says how many, and one of them', () => {
    expect(digestText(12, { automation_name: 'loss', run_name: 'calm-lake' })).toBe(
      '12 more firings of loss within a minute, calm-lake among them',
    );
    expect(digestText(1, { automation_name: 'loss' })).toBe('1 more firing of loss within a minute');
  });
});

test('a notice says which integration, why and since when', () => {
  const notice = { integrationId: 'int_1', integrationName: 'ci', reason: 'gone', sinceMs: 0 };
  expect(noticeText(notice)).toMatch(/ci \(int_1\): its receiver is gone .*410 Gone .*token_revoked/);
  expect(noticeText({ ...notice, reason: 'failing_for_5_days' })).toMatch(/failed since 1970/);
});
