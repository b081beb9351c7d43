import type { Watch } from '../../core/watch.ts';
import { makeSightingLog } from '../../lambdas/matcher/sighting-log.ts';
import {
  aCustomEvent,
  aHeartbeat,
  aLinkedEvent,
  aMetricsEvent,
  aStateEvent,
  aWatcher,
  losses,
  onEvent,
  onStates,
  onThreshold,
} from '../support/builders.ts';
import { aMatcher, START_MS } from '../support/matcher.ts';

const MINUTE_MS = 60_000;

function setUp() {
  const clock = { nowMs: 1_000_000 };
  const written: [string, number][] = [];
  const outage = { isOn: false };
  const log = makeSightingLog({
    put: async ({ metric }, atMs) => {
      if (outage.isOn) throw new Error('throttled');
      written.push([metric, atMs]);
    },
    now: () => clock.nowMs,
  });
  const watch = (metric: string): Watch => ({ scopeKey: 'organization', event: 'run.metrics', metric });
  return { log, clock, outage, watch, taken: () => written.splice(0) };
}

describe('sightings', () => {
  test('are written at once, each by its newest, and then every five minutes', async () => {
    const { log, clock, watch, taken } = setUp();
    for (const atMs of [5, 9, 7]) log.note(watch('loss'), atMs);
    log.note(watch('acc'), 3);
    await log.flush();
    expect(taken()).toEqual([
      ['loss', 9],
      ['acc', 3],
    ]);
    for (let minute = 1; minute <= 5; minute++) {
      clock.nowMs += MINUTE_MS;
      log.note(watch('loss'), minute * 10);
      await log.flush();
    }
    expect(taken()).toEqual([['loss', 50]]);
    await log.flush();
    expect(taken()).toEqual([]);
  });

  test('that could not be written are with the next flush', async () => {
    const { log, outage, watch, taken } = setUp();
    log.note(watch('loss'), 5);
    outage.isOn = true;
    await log.flush();
    outage.isOn = false;
    await log.flush();
    expect(taken()).toEqual([['loss', 5]]);
  });
});

describe('the matcher notes', () => {
  const project = 'project/vision/mnist';

  test('events that somebody watches for, whether or not they fire', async () => {
    const matcher = aMatcher(
      aWatcher({ trigger: onThreshold() }, 'a'),
      aWatcher({ trigger: onStates(['FAILED'], { filter: { user: 'eve' } }) }, 'b'),
      aWatcher({ trigger: onEvent('custom.deployed', { data: 'x' }), scope: { kind: 'organization' } }, 'c'),
      aWatcher({ trigger: onEvent('artifact.linked'), scope: { kind: 'registry', registry: 'models' } }, 'd'),
    );
    await matcher.sendEach(losses([0.9]), aStateEvent('RUNNING'), aCustomEvent(), aLinkedEvent());
    expect(Object.fromEntries(matcher.seen)).toEqual({
      [`${project} run.metrics loss`]: START_MS,
      [`${project} run.state`]: START_MS + 1,
      'organization custom.deployed': START_MS + 2,
      'registry/models artifact.linked': START_MS + 3,
    });
  });

  test('nothing of what nobody watches for', async () => {
    const matcher = aMatcher(
      aWatcher({ trigger: onThreshold() }, 'a'),
      aWatcher({ trigger: onStates(['FAILED']) }, 'b'),
    );
    const other = aMetricsEvent({ points: [{ step: 0, metrics: { acc: 1 } }] });
    await matcher.sendEach(other, aHeartbeat(), losses([1], 0, { project: 'other' }), aLinkedEvent());
    expect(matcher.seen.size).toBe(0);
  });
});
