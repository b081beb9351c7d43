import type { Activity } from '../../core/activity.ts';
import { makeActivityLog } from '../../lambdas/matcher/activity-log.ts';

function setUp() {
  const clock = { nowMs: 1_000_000 };
  const written: [string, Activity][] = [];
  const outage = { isOn: false };
  const log = makeActivityLog({
    add: async (automationId, activity) => {
      if (outage.isOn) throw new Error('throttled');
      written.push([automationId, activity]);
    },
    now: () => clock.nowMs,
  });
  const taken = () => written.splice(0);
  return { log, clock, taken, outage };
}

describe('what automations do', () => {
  test('is added up, and written once', async () => {
    const { log, taken } = setUp();
    log.note('a', { fired: true, atMs: 5 });
    log.note('a', { fired: false, atMs: 9 });
    log.note('a', { fired: true, atMs: 7 });
    log.note('b', { fired: false, atMs: 3 });
    await log.flush();
    expect(taken()).toEqual([
      ['a', { fired: 2, heldBack: 1, lastMetAtMs: 9, lastFiredAtMs: 7 }],
      ['b', { fired: 0, heldBack: 1, lastMetAtMs: 3 }],
    ]);
    await log.flush();
    expect(taken()).toEqual([]);
  });

  test('is written once a minute at most for each automation, and nothing is lost meanwhile', async () => {
    const { log, clock, taken } = setUp();
    log.note('a', { fired: true, atMs: 1 });
    await log.flush();
    taken();
    for (let n = 0; n < 5; n++) {
      log.note('a', { fired: true, atMs: 2 + n });
      await log.flush();
    }
    log.note('b', { fired: true, atMs: 9 });
    clock.nowMs += 59_999;
    await log.flush();
    expect(taken().map(([id]) => id)).toEqual(['b']);
    clock.nowMs += 1;
    await log.flush();
    expect(taken()).toEqual([['a', { fired: 5, heldBack: 0, lastMetAtMs: 6, lastFiredAtMs: 6 }]]);
  });

  test('is written with a later flush when a write failed, with what came meanwhile', async () => {
    const { log, clock, taken, outage } = setUp();
    log.note('a', { fired: true, atMs: 5 });
    outage.isOn = true;
    await log.flush();
    outage.isOn = false;
    log.note('a', { fired: false, atMs: 6 });
    clock.nowMs += 60_000;
    await log.flush();
    expect(taken()).toEqual([['a', { fired: 1, heldBack: 1, lastMetAtMs: 6, lastFiredAtMs: 5 }]]);
  });

  test('costs nothing when nothing was done', async () => {
    const { log, taken } = setUp();
    await log.flush();
    expect(taken()).toEqual([]);
  });
});
