import { setTimeout as sleep } from 'node:timers/promises';
import { testDelivery } from '../../core/actions/test-call.ts';
import type { Attempt } from '../../core/delivery.ts';
import { reveal, Secret } from '../../core/secret.ts';
import { wandbSignature } from '../../core/signature.ts';
import { type DispatchDeps, dispatch } from '../../lambdas/dispatcher/dispatch.ts';
import { makeSecretCache } from '../../lambdas/dispatcher/secret-cache.ts';
import type { OutboundRequest, SendResult } from '../../lambdas/dispatcher/send.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';
import type { Settlement, StoredDelivery } from '../../store/deliveries.ts';
import { aDefinition, aDelivery, aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';
import { anAutomation, openDoors } from '../support/dispatch-doubles.ts';

const integration = aWebhookIntegration({ access_token_secret: 'TOKEN', signing_secret: 'SIGNING' });
const delivery = aDelivery();
const values: Record<string, Secret> = {
  TOKEN: new Secret('token-token'),
  SIGNING: new Secret('signing-signing'),
};
const ok: SendResult = {
  outcome: { kind: 'delivered', status: 200 },
  durationMs: 12,
  status: 200,
  responseHead: 'saw token-token',
};
const down: SendResult = {
  outcome: { kind: 'failed', code: 'http_status', status: 503 },
  durationMs: 9,
  status: 503,
};

function setUp(
  change: Partial<DispatchDeps> = {},
  { attempt = 1, result = ok, lost = false, of = {} as Partial<StoredDelivery> } = {},
) {
  const seen = {
    sent: [] as OutboundRequest[],
    attempts: [] as Attempt[],
    settled: [] as Settlement[],
    requeued: [] as { body: string; delaySeconds?: number }[],
    lines: [] as StageLine[],
    order: [] as string[],
  };
  const deps: DispatchDeps = {
    lease: async (_id, { token }) => ({
      delivery: { ...delivery, attempts: attempt - 1, ...of },
      token,
      attempt,
      ...(lost && { lostAttempt: { number: attempt - 1, startedAtMs: 500 } }),
    }),
    settle: async (_id, token, settlement) => {
      seen.order.push('settle');
      expect(token).toBe('lease-token');
      seen.settled.push(settlement);
      return true;
    },
    putAttempt: async (_id, one) => {
      seen.order.push('attempt');
      seen.attempts.push(one);
      return true;
    },
    readAttempts: async () => [],
    ...openDoors(),
    ...anAutomation(),
    readIntegration: async () => integration,
    readSecret: async (_team, name) => values[name],
    send: async (request) => {
      seen.order.push('send');
      seen.sent.push(request);
      return result;
    },
    requeue: async (message) => {
      seen.requeued.push(message);
    },
    newToken: () => 'lease-token',
    random: () => 0,
    now: () => 1_000_000,
    log: (line) => seen.lines.push(line),
    ...change,
  };
  return { seen, run: () => dispatch('dlv_1', deps) };
}

describe('an attempt', () => {
  test('sends the rendered payload with token, id and signature, and notes it before it settles', async () => {
    const { seen, run } = setUp();
    await run();
    const [request] = seen.sent;
    expect(request).toMatchObject({ method: 'POST', url: integration.url, body: '{"text":"calm-lake"}' });
    expect(request!.headers).toMatchObject({
      authorization: 'Bearer token-token',
      'webhook-id': 'dlv_1',
      'x-signalbox-depth': '2',
    });
    expect(Object.entries(request!.headers).find(([name]) => /^x-wandb-signature$/i.test(name))?.[1]).toBe(
      wandbSignature(request!.body, 'signing-signing'),
    );
    expect(seen.order).toEqual(['send', 'attempt', 'settle']);
    expect(seen.settled).toEqual([{ status: 'delivered' }]);
  });

  test('is kept without its secrets, also those that the receiver echoed', async () => {
    const { seen, run } = setUp();
    await run();
    expect(JSON.stringify([seen.attempts, seen.lines])).not.toMatch(/token-token|signing-signing/);
    expect(seen.attempts[0]?.request?.headers).toMatchObject({
      'webhook-signature': '***',
      'X-Wandb-Signature': '***',
    });
    expect(seen.attempts[0]).toMatchObject({
      number: 1,
      outcome: 'delivered',
      status: 200,
      response: 'saw ***',
    });
  });

  test('keeps no part of a secret that stood where the answer was cut', async () => {
    // Masking makes room: what stood behind 4 KiB moves forward, with the part of a secret at its end.
    const answer = `${'token-token'.repeat(20)}${'x'.repeat(5_000)}`;
    const { seen, run } = setUp({
      send: async (request) => {
        const kept = answer.slice(0, 4_096 + (request.extraHeadBytes ?? 0) - 'token-to'.length);
        return { ...ok, responseHead: `${kept}token-to` };
      },
    });
    await run();
    expect(seen.attempts[0]!.response).toMatch(/^(\*\*\*){20}x+$/);
  });

  test('keeps a whole answer that is only a little longer than 4 KiB up to 4 KiB', async () => {
    const { seen, run } = setUp({}, { result: { ...ok, responseHead: 'x'.repeat(4_100) } });
    await run();
    expect(seen.attempts[0]!.response).toBe('x'.repeat(4_096));
  });

  test('that failed comes back soon by a delayed message', async () => {
    const { seen, run } = setUp({}, { result: down });
    await run();
    expect(seen.settled).toEqual([{ status: 'pending', dueAtMs: 1_005_000, sweepAtMs: 1_065_000 }]);
    expect(seen.requeued).toMatchObject([{ delaySeconds: 5 }]);
  });

  test.each([
    ['a turn in the line', 300_000, [{ delaySeconds: 300 }], 360_000],
    ['an open circuit', undefined, [], 300_000],
  ])('that waits for %s comes back in time', async (_what, inMs, messages, sweepInMs) => {
    const flow = { health: {}, places: [], free: [], nextTurnMs: 0, lastMs: 1_000 };
    const open = { ...flow, health: { openUntilMs: 1_300_000 } };
    const { seen, run } = setUp({
      flows: { read: async () => (inMs ? flow : open), forget: () => undefined },
      reserveTurn: async () => 1_000_000 + (inMs ?? 0),
    });
    await run();
    expect(seen.settled).toMatchObject([{ dueAtMs: 1_300_000, sweepAtMs: 1_000_000 + sweepInMs }]);
    expect(seen.requeued).toMatchObject(messages);
  });

  test('keeps what Retry-After asked for: whoever settles it has only its record', async () => {
    const outcome = { ...down.outcome, retryAfterSeconds: 3_600 } as SendResult['outcome'];
    const { seen, run } = setUp({}, { result: { ...down, outcome } });
    await run();
    expect(seen.attempts).toMatchObject([{ retryAfterSeconds: 3_600 }]);
  });

  test('is noted to its end where giving its place back breaks: a function that has answered stands still', async () => {
    const { seen, run } = setUp({
      leavePlace: () => Promise.reject(new Error('throttled')),
      putAttempt: async (_id, one) => {
        await sleep(20);
        seen.attempts.push(one);
        return true;
      },
    });
    await expect(run()).rejects.toThrow('throttled');
    expect(seen.settled).toEqual([{ status: 'delivered' }]);
  });

  test('that failed again waits for the sweeper', async () => {
    const { seen, run } = setUp({}, { result: down, attempt: 2 });
    await run();
    expect(seen.settled).toEqual([{ status: 'pending', dueAtMs: 1_300_000, sweepAtMs: 1_300_000 }]);
    expect(seen.requeued).toEqual([]);
  });

  test('is the last one after seven retries', async () => {
    const { seen, run } = setUp({}, { result: down, attempt: 8 });
    await run();
    expect(seen.settled).toEqual([{ status: 'failed', reason: 'attempts_used_up' }]);
  });

  test('that was refused ends the delivery', async () => {
    const refused: SendResult = {
      outcome: { kind: 'refused', code: 'http_status', status: 404 },
      durationMs: 1,
      status: 404,
    };
    const { seen, run } = setUp({}, { result: refused });
    await run();
    expect(seen.settled).toEqual([{ status: 'failed', reason: 'http_status' }]);
  });

  test('does nothing without a lease', async () => {
    const { seen, run } = setUp({ lease: async () => undefined });
    await run();
    expect(seen.order).toEqual([]);
    expect(seen.lines).toMatchObject([{ stage: 'delivery.skipped' }]);
  });

  test('notes that an earlier one never said how it ended', async () => {
    const { seen, run } = setUp({}, { attempt: 3, lost: true });
    await run();
    expect(seen.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
      [2, 'unknown'],
      [3, 'delivered'],
    ]);
  });

  test.each<[Partial<Attempt>, Settlement]>([
    [{ outcome: 'delivered', status: 200 }, { status: 'delivered' }],
    [
      { outcome: 'refused', status: 404, code: 'http_status' },
      { status: 'failed', reason: 'http_status' },
    ],
    [
      { outcome: 'failed', status: 503, code: 'http_status' },
      { status: 'pending', dueAtMs: 300_600, sweepAtMs: 300_600 },
    ],
    [
      { outcome: 'failed', status: 503, code: 'http_status', retryAfterSeconds: 3_600 },
      { status: 'pending', dueAtMs: 3_600_600, sweepAtMs: 3_600_600 },
    ],
  ])('is not made when the earlier one was noted but not settled: %j', async (noted, settlement) => {
    const record = { number: 2, startedAtMs: 500, durationMs: 100, ...noted } as Attempt;
    const { seen, run } = setUp(
      { putAttempt: async () => false, readAttempts: async () => [record] },
      { attempt: 3, lost: true },
    );
    await run();
    expect(seen.sent).toEqual([]);
    expect(seen.settled).toEqual([{ ...settlement, attempts: 2 }]);
  });

  test('is not made when one before the lost one had arrived: two functions died in a row', async () => {
    const arrived: Attempt = {
      number: 2,
      startedAtMs: 500,
      durationMs: 100,
      outcome: 'delivered',
      status: 200,
    };
    const lost: Attempt = { number: 3, startedAtMs: 900, durationMs: 0, outcome: 'unknown' };
    const { seen, run } = setUp({ readAttempts: async () => [arrived, lost] }, { attempt: 4, lost: true });
    await run();
    expect(seen.sent).toEqual([]);
    expect(seen.settled).toEqual([{ status: 'delivered', attempts: 3 }]);
  });

  test('is not made either when the answer to settling the earlier one got lost', async () => {
    const record: Attempt = {
      number: 2,
      startedAtMs: 500,
      durationMs: 100,
      outcome: 'delivered',
      status: 200,
    };
    const { seen, run } = setUp(
      { putAttempt: async () => false, readAttempts: async () => [record], settle: async () => false },
      { attempt: 3, lost: true },
    );
    await run();
    expect(seen.sent).toEqual([]);
  });

  test('is not sent once the attempts are used up by lost leases', async () => {
    const { seen, run } = setUp({}, { attempt: 9, lost: true });
    await run();
    expect(seen.sent).toEqual([]);
    expect(seen.settled).toEqual([{ status: 'failed', reason: 'attempts_used_up', attempts: 8 }]);
  });

  test('renders the revision that fired, not the newest', async () => {
    const asked: number[] = [];
    const { run } = setUp({
      readRevision: async (id, revision) => {
        asked.push(revision);
        return anAutomation().readRevision(id, revision);
      },
    });
    await run();
    expect(new Set(asked)).toEqual(new Set([1]));
  });

  test.each<[string, Partial<DispatchDeps>, Settlement]>([
    [
      'the automation was deleted',
      { readHead: async () => undefined },
      { status: 'skipped', reason: 'disabled' },
    ],
    [
      'the automation was disabled',
      anAutomation({ enabled: false }),
      { status: 'skipped', reason: 'disabled' },
    ],
    [
      'the integration is gone',
      { readIntegration: async () => undefined },
      { status: 'failed', reason: 'integration_deleted' },
    ],
    [
      'a secret is gone',
      { readSecret: async () => undefined },
      { status: 'failed', reason: 'secret_missing: TOKEN' },
    ],
  ])('is not made when %s', async (_name, change, settlement) => {
    const { seen, run } = setUp(change);
    await run();
    expect(seen.sent).toEqual([]);
    expect(seen.settled).toEqual([{ ...settlement, attempts: 0 }]);
  });

  test('is not made when its delivery expired while it was made ready', async () => {
    let nowMs = 1_000_000;
    const expires_after_seconds = 600;
    const settings = { delivery: { supersede: false, max_per_minute: 30, expires_after_seconds } };
    const { seen, run } = setUp(
      {
        ...anAutomation({ definition: aDefinition(settings) }),
        now: () => nowMs,
        takePlace: async () => {
          nowMs += 601_000;
          return true;
        },
      },
      { of: { receivedAtMs: nowMs } },
    );
    await run();
    expect(seen.sent).toEqual([]);
    expect(seen.settled).toEqual([{ status: 'skipped', reason: 'expired', attempts: 0 }]);
  });

  test.each([
    ['in an outage of ours does not count, however late the retry is', 5 * 24, { attempts: 7 }],
    ['after five days counts, so that the delivery ends', 5 * 24 + 1, {}],
  ])('that could not be prepared %s', async (_what, hours, attempts) => {
    const nowMs = delivery.createdAtMs + hours * 3_600_000;
    const { seen, run } = setUp(
      {
        now: () => nowMs,
        readRevision: async () => {
          throw new Error('away');
        },
      },
      { attempt: 8 },
    );
    await expect(run()).rejects.toThrow('away');
    const dueAtMs = nowMs + 60_000;
    expect(seen.settled).toEqual([{ status: 'pending', dueAtMs, sweepAtMs: dueAtMs, ...attempts }]);
  });

  test('that could not be prepared in an outage does not count', async () => {
    const { seen, run } = setUp({
      readSecret: async () => {
        throw new Error('Secrets Manager is away');
      },
    });
    await expect(run()).rejects.toThrow('away');
    expect(seen.settled).toEqual([
      { status: 'pending', dueAtMs: 1_060_000, sweepAtMs: 1_060_000, attempts: 0 },
    ]);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
  'its own queue is not fed so often in a row that Lambda stops it, also by one that waits %i times and then fails',
  async (waits) => {
    const flow = { health: {}, places: [], nextTurnMs: 0, lastMs: 1_000 };
    let of: Partial<StoredDelivery> = {};
    let attempt = 1;
    let fed = 0;
    for (let round = 1; ; round++) {
      const free = round === waits + 1 ? [0] : [];
      const { seen, run } = setUp(
        {
          flows: { read: async () => ({ ...flow, free }), forget: () => undefined },
          reserveTurn: async () => 1_002_000,
        },
        { attempt, result: down, of },
      );
      await run();
      if (seen.requeued.length === 0) break;
      fed++;
      attempt += seen.sent.length;
      const [settled] = seen.settled;
      of = settled && 'wait' in settled && settled.wait ? { wait: settled.wait } : {};
    }
    expect(fed).toBeLessThanOrEqual(14);
  },
);

test('what Slack refuses fails with its own string as the reason', async () => {
  const result: SendResult = { ...ok, responseHead: '{"ok":false,"error":"not_in_channel"}' };
  const slack = { type: 'slack', integration: 'int_1', title: '', message: '', severity: 'INFO' } as const;
  const { seen, run } = setUp(
    {
      ...anAutomation({ definition: aDefinition({ action: slack }) }),
      readIntegration: async () => aSlackIntegration({ token_secret: 'TOKEN' }),
    },
    { result, of: { action: 'slack' } },
  );
  await run();
  expect(seen.settled).toEqual([{ status: 'failed', reason: 'slack_error: not_in_channel' }]);
});

describe('an attempt that tries whether the integration is back', () => {
  const broken = () => ({
    health: { openUntilMs: 900_000 },
    places: [],
    free: [0],
    nextTurnMs: 0,
    lastMs: 0,
  });
  const halfOpen = { flows: { read: async () => broken(), forget: () => undefined } };
  const wait = { times: 3 };

  test('costs a delivery that had waited no attempt when it fails, and says what it was', async () => {
    const of = { wait, uncounted: 1 };
    const { seen, run } = setUp(halfOpen, { attempt: 5, result: down, of });
    await run();
    expect(seen.attempts).toMatchObject([{ number: 5, outcome: 'failed', probe: true }]);
    expect(seen.settled).toEqual([
      { status: 'pending', dueAtMs: 1_005_000, sweepAtMs: 1_065_000, uncounted: 2, wait },
    ]);
    expect(seen.requeued).toMatchObject([{ delaySeconds: 5 }]);
  });

  test('honours Retry-After all the same', async () => {
    const asks = { ...down, outcome: { ...down.outcome, retryAfterSeconds: 7_200 } } as SendResult;
    const { seen, run } = setUp(halfOpen, { attempt: 2, result: asks, of: { wait } });
    await run();
    expect(seen.settled).toMatchObject([{ dueAtMs: 8_200_000, sweepAtMs: 8_200_000, uncounted: 1 }]);
  });

  test('is brought back by the sweeper once it waited often', async () => {
    const { seen, run } = setUp(halfOpen, { attempt: 2, result: down, of: { wait: { times: 7 } } });
    await run();
    expect(seen.settled).toMatchObject([{ dueAtMs: 1_005_000, sweepAtMs: 1_005_000 }]);
    expect(seen.requeued).toEqual([]);
  });

  test('counts when it was the delivery’s own retry', async () => {
    const { seen, run } = setUp(halfOpen, { attempt: 2, result: down });
    await run();
    expect(seen.attempts[0]).not.toHaveProperty('probe');
    expect(seen.settled).toEqual([{ status: 'pending', dueAtMs: 1_300_000, sweepAtMs: 1_300_000 }]);
  });

  test('counts for nothing also when its function died before it settled', async () => {
    const record = { number: 4, startedAtMs: 500, durationMs: 100, outcome: 'failed', probe: true } as const;
    const { seen, run } = setUp(
      { putAttempt: async () => false, readAttempts: async () => [{ ...record, code: 'timeout' }] },
      { attempt: 5, lost: true, of: { wait } },
    );
    await run();
    expect(seen.sent).toEqual([]);
    expect(seen.settled).toEqual([
      { status: 'pending', dueAtMs: 5_600, sweepAtMs: 5_600, attempts: 4, uncounted: 1, wait },
    ]);
  });
});

describe('a test call', () => {
  const of = testDelivery(integration, { type: 'webhook', integration: 'int_1', payload: 1 }, 900);
  const never = async (): Promise<never> => {
    throw new Error('not for a test call');
  };
  const aside = {
    admitToMinute: never,
    announce: never,
    takePlace: never,
    leavePlace: never,
    disableIntegration: never,
  };

  test.each<[string, SendResult, Settlement]>([
    ['arrives', ok, { status: 'delivered' }],
    ['fails', down, { status: 'failed', reason: 'http_status' }],
    [
      'is told that the endpoint is gone',
      { outcome: { kind: 'refused', code: 'gone', status: 410 }, durationMs: 1, status: 410 },
      { status: 'failed', reason: 'gone' },
    ],
  ])('that %s is over, and counts in no storm and no health', async (_how, result, settlement) => {
    const { seen, run } = setUp(aside, { result, of });
    await run();
    expect(seen.sent).toHaveLength(1);
    expect(seen.settled).toEqual([settlement]);
    expect(seen.requeued).toEqual([]);
  });

  test('goes out through an integration that is left alone or disabled', async () => {
    const health = { openUntilMs: 9_000_000, disabledAtMs: 1 };
    const flow = { health, places: [], free: [], nextTurnMs: 0, lastMs: 0 };
    const { seen, run } = setUp({ flows: { read: async () => flow, forget: () => undefined } }, { of });
    await run();
    expect(seen.settled).toEqual([{ status: 'delivered' }]);
  });

  test('is not made again when its function died', async () => {
    const { seen, run } = setUp(aside, { attempt: 2, lost: true, of });
    await run();
    expect(seen.sent).toEqual([]);
    expect(seen.settled).toEqual([{ status: 'failed', reason: 'attempts_used_up', attempts: 1 }]);
  });
});

test('a replaced secret takes effect at once, and a known version is not read again', async () => {
  let versionId = 'v1';
  const reads: string[] = [];
  const readSecret = makeSecretCache({
    now: () => 1_000_000,
    readEntry: async (team, name) => ({ team, name, secretId: 's', versionId, version: 1, updatedAtMs: 0 }),
    readValue: async (_id, version) => {
      reads.push(version);
      return `value of ${version}`;
    },
  });
  await readSecret('t', 'A');
  expect(reveal((await readSecret('t', 'A'))!)).toBe('value of v1');
  versionId = 'v2';
  expect(reveal((await readSecret('t', 'A'))!)).toBe('value of v2');
  expect(reads).toEqual(['v1', 'v2']);
});

test.each([
  [59_000, 'throws'],
  [61_000, 'is missing'],
])('a secret set %i ms ago that Secrets Manager does not have %s', async (ageMs, what) => {
  const entry = { team: 't', name: 'A', secretId: 's', versionId: 'v1', version: 1, updatedAtMs: 500 };
  const readSecret = makeSecretCache({
    readEntry: async () => entry,
    readValue: async () => undefined,
    now: () => 500 + ageMs,
  });
  const read = readSecret('t', 'A').catch(() => 'throws');
  expect((await read) ?? 'is missing').toBe(what);
});
