import { type CanaryDeps, canary } from '../../lambdas/canary/canary.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';

interface World {
  /** Whether the team and its automation are there. */
  isMade?: boolean;
  postStatus?: number;
  /** When the delivery of the event arrives, in ms after it was sent; never if undefined. */
  deliveredAfterMs?: number;
  isDown?: boolean;
}

/** An API that does what the world says; answers what the canary logged and which requests it made. */
async function visit({ isMade = true, postStatus = 202, deliveredAfterMs, isDown }: World) {
  let nowMs = 0;
  let made = isMade;
  let sent: { id: string; atMs: number } | undefined;
  const asked: string[] = [];
  const lines: StageLine[] = [];
  const automation = { id: 'aut_1', name: 'canary' };
  const answers: Record<string, (body: unknown) => { status: number; body: unknown }> = {
    'GET /v1/automations': () => ({
      status: made ? 200 : 422,
      body: { automations: made ? [automation] : [] },
    }),
    'POST /v1/teams': () => ({ status: 201, body: {} }),
    'POST /v1/automations': () => {
      made = true;
      return { status: 201, body: automation };
    },
    'POST /v1/events': (body) => {
      sent = { id: (body as { id: string }).id, atMs: nowMs };
      return { status: postStatus, body: {} };
    },
    'GET /v1/deliveries': () => {
      const isThere = sent && deliveredAfterMs !== undefined && nowMs - sent.atMs >= deliveredAfterMs;
      const delivery = { status: isThere ? 'delivered' : 'pending', facts: { event_id: sent?.id } };
      return {
        status: 200,
        body: { deliveries: [{ status: 'delivered', facts: { event_id: 'before' } }, delivery] },
      };
    },
  };
  const deps: CanaryDeps = {
    call: async (method, path, body) => {
      if (isDown) throw new TypeError('fetch failed');
      const name = `${method} ${path.split('?')[0]}`;
      asked.push(name);
      return answers[name]?.(body) ?? { status: 404, body: {} };
    },
    now: () => nowMs,
    wait: async (ms) => {
      nowMs += ms;
    },
    log: (line) => lines.push(line),
  };
  await canary(deps);
  return { line: lines[0], lines, asked };
}

test('an event whose delivery arrives has passed, with how long it took', async () => {
  const { lines } = await visit({ deliveredAfterMs: 3_000 });
  expect(lines).toEqual([{ stage: 'canary.passed', lagMs: 3_000 }]);
});

test('what the canary needs is made when it is missing', async () => {
  const { line, asked } = await visit({ isMade: false, deliveredAfterMs: 0 });
  expect(asked).toEqual(expect.arrayContaining(['POST /v1/teams', 'POST /v1/automations']));
  expect(line).toMatchObject({ stage: 'canary.passed' });
  // A new automation is given its time to be in force.
  expect(line?.['lagMs']).toBe(5_000);
});

test.each<[string, World, string]>([
  ['an event that is not taken', { postStatus: 401 }, 'POST /v1/events was answered with 401'],
  ['a delivery that does not come', {}, 'no delivery of event canary-0 in 60 s'],
  ['an API that does not answer', { isDown: true }, 'TypeError: fetch failed'],
])('%s has failed, with the reason', async (_, world, reason) => {
  const { line } = await visit(world);
  expect(line).toMatchObject({ stage: 'canary.failed', reason });
});
