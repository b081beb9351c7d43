import { ANY_TRIGGER } from '../../core/runs/latch.ts';
import { aStateEvent, aWatcher, losses, onMetrics, onStates, onThreshold } from '../support/builders.ts';
import { aMatcher, DAY_MS, type Matcher, SECOND_MS } from '../support/matcher.ts';

/** Each kind of condition, a series of which every value meets it, and one of which no value does. */
const kinds = [
  {
    kind: 'threshold',
    condition: { threshold: { metric: 'loss', comparison: '<', value: 0.5 } },
    before: [],
    met: [0.1, 0.2, 0.3],
    notMet: [0.9],
  },
  {
    kind: 'change',
    condition: {
      change: { metric: 'loss', window: 1, prior_window: 1, change_type: 'absolute', amount: 1 },
    },
    before: [1],
    met: [3, 1, 5],
    notMet: [5.5],
  },
  {
    kind: 'zscore',
    condition: { zscore: { metric: 'loss', window: 2, threshold: 2 } },
    before: [1, 2],
    met: [10, -90, 900],
    notMet: [500],
  },
  {
    kind: 'not_finite',
    condition: { not_finite: { metric: 'loss' } },
    before: [],
    met: ['NaN', 'Infinity', 'NaN'],
    notMet: [0.5],
  },
];

describe.each(kinds)('re-firing of $kind', ({ condition, before, met, notMet }) => {
  const set = async (repeat?: object) => {
    const trigger = onMetrics(condition, repeat ? { repeat } : {});
    const matcher = aMatcher(aWatcher({ trigger }, 'aut'));
    let step = 0;
    /** Sends values one by one, each at the next step, and answers how often they fired. */
    const values = async (series: (number | string)[]) => {
      let fired = 0;
      for (const value of series) fired += (await matcher.send(losses([value], step++))).length;
      return fired;
    };
    expect(await values(before)).toBe(0);
    return { ...matcher, values };
  };

  test.each([
    ['by default', undefined],
    ['once_a_day', { mode: 'once_a_day' }],
  ])('%s: again after 24 hours, not before', async (_name, repeat) => {
    const { clock, values, noted } = await set(repeat);
    const first = clock.nowMs;
    expect(await values([met[0]!])).toBe(1);
    clock.nowMs = first + DAY_MS - 1;
    expect(await values([met[1]!])).toBe(0);
    expect(clock.nowMs).toBe(first + DAY_MS);
    expect(await values([met[2]!])).toBe(1);
    expect(noted.get('aut')).toEqual({ fired: 2, heldBack: 1 });
  });

  test('once_per_run: never again', async () => {
    const { clock, values } = await set({ mode: 'once_per_run' });
    expect(await values([met[0]!])).toBe(1);
    clock.nowMs += 80 * DAY_MS;
    expect(await values([met[1]!, ...notMet])).toBe(0);
    expect(await values([met[2]!])).toBe(0);
  });

  test('every_time: each time it is judged and met', async () => {
    const { values, noted } = await set({ mode: 'every_time' });
    expect(await values(met)).toBe(3);
    expect(noted.get('aut')).toEqual({ fired: 3, heldBack: 0 });
  });

  test('after_false: only after it was judged and not met', async () => {
    const { values } = await set({ mode: 'after_false' });
    expect(await values(met)).toBe(1);
    expect(await values(notMet)).toBe(0);
    // One that is certainly met, whatever stands before.
    const again = condition.not_finite ? 'NaN' : condition.threshold ? 0 : 1e9;
    expect(await values([again])).toBe(1);
  });

  test('interval: again when the time is over, not before', async () => {
    const { clock, values } = await set({ mode: 'interval', seconds: 600 });
    const first = clock.nowMs;
    expect(await values([met[0]!])).toBe(1);
    clock.nowMs = first + 600 * SECOND_MS - 1;
    expect(await values([met[1]!])).toBe(0);
    expect(clock.nowMs).toBe(first + 600 * SECOND_MS);
    expect(await values([met[2]!])).toBe(1);
  });
});

describe('a latch', () => {
  const onLoss = (change: object = {}, rest: object = {}) => onThreshold(change, rest);

  test('holds back only its own automation', async () => {
    const { send, automations } = aMatcher(aWatcher({ trigger: onLoss() }, 'one'));
    await send(losses([0.1]));
    automations.push(aWatcher({ trigger: onLoss() }, 'two'));
    expect(await send(losses([0.1], 1))).toEqual(['two@1']);
  });

  test('survives an edit of the action, and of the name', async () => {
    const { send, automations } = aMatcher(aWatcher({ trigger: onLoss() }, 'aut'));
    await send(losses([0.1]));
    automations[0] = aWatcher({ trigger: onLoss(), action: { type: 'no_op' }, name: 'other' }, 'aut');
    expect(await send(losses([0.1], 1))).toEqual([]);
  });

  test('begins anew with an edited trigger, and with an edited scope', async () => {
    const { send, automations } = aMatcher(aWatcher({ trigger: onLoss() }, 'aut'));
    await send(losses([0.1]));
    automations[0] = aWatcher({ trigger: onLoss({ value: 0.4 }) }, 'aut');
    expect(await send(losses([0.1], 1))).toEqual(['aut@1']);
    automations[0] = aWatcher({ trigger: onLoss({ value: 0.4 }), scope: { kind: 'organization' } }, 'aut');
    expect(await send(losses([0.1], 2))).toEqual(['aut@2']);
    expect(await send(losses([0.1], 3))).toEqual([]);
  });

  test('is not told of a value whose event the filter does not take (after_false)', async () => {
    const trigger = onLoss({}, { repeat: { mode: 'after_false' }, filter: { user: 'ada' } });
    const { send } = aMatcher(aWatcher({ trigger }, 'aut'));
    expect(await send(losses([0.1], 0, { user: 'ada' }))).toEqual(['aut@0']);
    await send(losses([0.9], 1, { user: 'bob' }));
    expect(await send(losses([0.1], 2, { user: 'ada' }))).toEqual([]);
    await send(losses([0.9], 3, { user: 'ada' }));
    expect(await send(losses([0.1], 4, { user: 'ada' }))).toEqual(['aut@4']);
  });

  test('is not told of a window that is not full, or holds values from before the trigger (after_false)', async () => {
    const trigger = onLoss({ window: 2, aggregate: 'max' }, { repeat: { mode: 'after_false' } });
    const { send, automations, clock } = aMatcher(aWatcher({ trigger }, 'aut'));
    expect(await send(losses([0.1, 0.1]))).toEqual(['aut@1']);
    // Saved again with the same trigger: its latch is the same, and its values begin anew.
    automations[0] = aWatcher({ trigger }, 'aut', clock.nowMs);
    await send(losses([0.9], 2));
    await send(losses([0.1], 3));
    expect(await send(losses([0.1], 4))).toEqual(['aut@4']);
  });

  test('is told of a finite value from the moment of the save on, not of one from before (after_false)', async () => {
    const trigger = onMetrics({ not_finite: { metric: 'loss' } }, { repeat: { mode: 'after_false' } });
    const { send, automations, clock } = aMatcher(aWatcher({ trigger }, 'aut'));
    expect(await send(losses(['NaN']))).toEqual(['aut@0']);
    automations[0] = aWatcher({ trigger }, 'aut', clock.nowMs + 1);
    await send(losses([0.1], 1));
    expect(await send(losses(['NaN'], 2))).toEqual([]);
    automations[0] = aWatcher({ trigger }, 'aut', clock.nowMs);
    await send(losses([0.1], 3));
    expect(await send(losses(['NaN'], 4))).toEqual(['aut@4']);
  });

  test('of a latch of an earlier trigger nothing is noted (after_false)', async () => {
    const of = (value: number) => onLoss({ value }, { repeat: { mode: 'after_false' } });
    const { send, automations } = aMatcher(aWatcher({ trigger: of(0.5) }, 'aut'));
    await send(losses([0.1]));
    automations[0] = aWatcher({ trigger: of(0.05) }, 'aut');
    await send(losses([0.2], 1));
    automations[0] = aWatcher({ trigger: of(0.5) }, 'aut');
    expect(await send(losses([0.1], 2))).toEqual([]);
  });

  test('is not used up by what is decided again for the step that it fired for', async () => {
    const trigger = onLoss({ window: 2, aggregate: 'max' }, { repeat: { mode: 'interval', seconds: 10 } });
    const { send, clock, noted } = aMatcher(aWatcher({ trigger }, 'aut'));
    const firstAtMs = clock.nowMs;
    expect(await send(losses([0.1, 0.1], 4))).toEqual(['aut@5']);
    clock.nowMs = firstAtMs + 10 * SECOND_MS;
    expect(await send(losses([0.1], 8))).toEqual(['aut@8']);
    // A late value in the window that ends at step 8, and that step once more after a rewind.
    clock.nowMs = firstAtMs + 20 * SECOND_MS;
    expect(await send(losses([0.1], 7))).toEqual([]);
    expect(await send(aStateEvent('RUNNING', { rewind_to: 7 }))).toEqual([]);
    expect(await send(losses([0.2], 8))).toEqual([]);
    expect(await send(losses([0.2], 9))).toEqual(['aut@9']);
    expect(noted.get('aut')).toEqual({ fired: 3, heldBack: 0 });
  });

  test('of another trigger says nothing of what was fired for', async () => {
    const { send, automations, run } = aMatcher(aWatcher({ trigger: onLoss({}) }, 'aut'));
    await send(losses([0.1]), aStateEvent('RUNNING', { rewind_to: 0 }));
    automations[0] = aWatcher({ trigger: onLoss({ value: 0.4 }) }, 'aut');
    await send(losses([0.9], 0), losses([0.1], 1));
    expect(run()!.latches.get('aut')!.occurrence).toEqual({ attempt: 0, step: 1 });
  });

  test('of run metrics is one for all metrics and steps of a run, and each run has its own', async () => {
    const { send } = aMatcher(aWatcher({ trigger: onLoss() }, 'aut'));
    expect(await send(losses([0.1, 0.1, 0.1]))).toEqual(['aut@0']);
    expect(await send(losses([0.1], 0, { run: { id: 'run-2' } }))).toEqual(['aut@0']);
  });
});

/** The latches of the run as the first version wrote them: of no trigger in particular. */
function asOfFirstVersion({ run }: Pick<Matcher, 'run'>): void {
  for (const latch of run()?.latches.values() ?? []) latch.triggerHash = ANY_TRIGGER;
}

describe('a latch of the first version', () => {
  test('holds back as any other', async () => {
    const matcher = aMatcher(aWatcher({ trigger: onThreshold() }, 'aut'));
    expect(await matcher.send(losses([0.1]))).toEqual(['aut@0']);
    asOfFirstVersion(matcher);
    expect(await matcher.send(losses([0.1], 1))).toEqual([]);
    matcher.clock.nowMs += DAY_MS;
    expect(await matcher.send(losses([0.1], 2))).toEqual(['aut@2']);
  });

  test('is told that the condition was not met (after_false)', async () => {
    const matcher = aMatcher(
      aWatcher({ trigger: onThreshold({}, { repeat: { mode: 'after_false' } }) }, 'aut'),
    );
    expect(await matcher.send(losses([0.1]))).toEqual(['aut@0']);
    asOfFirstVersion(matcher);
    expect(await matcher.send(losses([0.9, 0.1], 1))).toEqual(['aut@2']);
  });

  test('is told that the run went to another state (after_false)', async () => {
    const matcher = aMatcher(
      aWatcher({ trigger: onStates(['FAILED'], { repeat: { mode: 'after_false' } }) }, 'aut'),
    );
    expect(await matcher.send(aStateEvent('FAILED'))).toHaveLength(1);
    asOfFirstVersion(matcher);
    expect(await matcher.sendEach(aStateEvent('RUNNING'), aStateEvent('FAILED'))).toHaveLength(1);
  });
});

describe('re-firing of run states', () => {
  const set = (states: string[], repeat?: object) =>
    aMatcher(aWatcher({ trigger: onStates(states, repeat ? { repeat } : {}) }, 'aut'));
  const states = (...list: Parameters<typeof aStateEvent>[0][]) =>
    list.map((state, at) => aStateEvent(state, { id: `${state}-${at}-${Math.random()}` }));
  const count = async (fired: Promise<string[]>) => (await fired).length;

  test.each([
    ['by default', undefined],
    ['once_a_day', { mode: 'once_a_day' }],
  ])('%s: once in 24 hours for each state', async (_name, repeat) => {
    const { sendEach, clock, noted } = set(['RUNNING', 'FAILED'], repeat);
    const first = clock.nowMs;
    expect(await count(sendEach(...states('RUNNING', 'FAILED', 'RUNNING', 'FAILED')))).toBe(2);
    clock.nowMs = first + DAY_MS - 1;
    expect(await count(sendEach(...states('RUNNING')))).toBe(0);
    clock.nowMs = first + DAY_MS + 10;
    expect(await count(sendEach(...states('FAILED', 'RUNNING')))).toBe(2);
    expect(noted.get('aut')).toEqual({ fired: 4, heldBack: 3 });
  });

  test('once_per_run: once for each state', async () => {
    const { sendEach, clock } = set(['RUNNING', 'FAILED'], { mode: 'once_per_run' });
    expect(await count(sendEach(...states('RUNNING', 'FAILED')))).toBe(2);
    clock.nowMs += 50 * DAY_MS;
    expect(await count(sendEach(...states('RUNNING', 'FAILED')))).toBe(0);
  });

  test('every_time: at each change', async () => {
    const { sendEach } = set(['RUNNING'], { mode: 'every_time' });
    expect(
      await count(sendEach(...states('RUNNING', 'FAILED', 'RUNNING', 'RUNNING', 'KILLED', 'RUNNING'))),
    ).toBe(3);
  });

  test('after_false: after a change to a state that it does not name', async () => {
    const { sendEach } = set(['RUNNING', 'PENDING'], { mode: 'after_false' });
    expect(await count(sendEach(...states('RUNNING', 'PENDING')))).toBe(2);
    expect(await count(sendEach(...states('RUNNING', 'PENDING')))).toBe(0);
    expect(await count(sendEach(...states('FAILED')))).toBe(0);
    expect(await count(sendEach(...states('RUNNING', 'PENDING', 'RUNNING')))).toBe(2);
  });

  test('after_false: CRASHED is no other state for those that name FAILED', async () => {
    const { sendEach } = set(['FAILED'], { mode: 'after_false' });
    expect(await count(sendEach(...states('FAILED', 'CRASHED', 'FAILED', 'CRASHED')))).toBe(2);
    expect(await count(sendEach(...states('RUNNING', 'FAILED')))).toBe(1);
  });

  test('after_false: a change that the filter does not take does not count', async () => {
    const trigger = onStates(['FAILED'], { repeat: { mode: 'after_false' }, filter: { user: 'ada' } });
    const { sendEach } = aMatcher(aWatcher({ trigger }, 'aut'));
    const [failed, running, failedAgain, back, third] = (
      ['FAILED', 'RUNNING', 'FAILED', 'RUNNING', 'FAILED'] as const
    ).map((state, at) => aStateEvent(state, { user: at === 1 ? 'bob' : 'ada' }));
    expect(await count(sendEach(failed!, running!, failedAgain!))).toBe(1);
    expect(await count(sendEach(back!, third!))).toBe(1);
  });

  test('after_false: a change from before the trigger was saved does not count, one at that moment does', async () => {
    const trigger = onStates(['FAILED'], { repeat: { mode: 'after_false' } });
    const { send, automations, clock } = aMatcher(aWatcher({ trigger }, 'aut'));
    expect(await count(send(aStateEvent('FAILED')))).toBe(1);
    // Saved again with the same trigger: its latch is the same.
    automations[0] = aWatcher({ trigger }, 'aut', clock.nowMs + 1);
    await send(aStateEvent('RUNNING'));
    expect(await count(send(aStateEvent('FAILED')))).toBe(0);
    automations[0] = aWatcher({ trigger }, 'aut', clock.nowMs);
    await send(aStateEvent('RUNNING'));
    expect(await count(send(aStateEvent('FAILED')))).toBe(1);
  });

  test('interval: again when the time is over, not before', async () => {
    const { send, clock } = set(['FAILED'], { mode: 'interval', seconds: 10 });
    const first = clock.nowMs;
    const again = async (atMs: number) => {
      await send(aStateEvent('RUNNING'));
      clock.nowMs = first + atMs;
      return (await send(aStateEvent('FAILED'))).length;
    };
    expect(await count(send(aStateEvent('FAILED')))).toBe(1);
    expect(await again(9_999)).toBe(0);
    expect(await again(10_000)).toBe(1);
  });
});
