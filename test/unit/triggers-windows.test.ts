import { pointsOf as heldBy } from '../../core/metrics/series.ts';
import {
  aHeartbeat,
  aStateEvent,
  aWatcher,
  losses,
  lossWithoutStep,
  onMetrics,
  onStates,
  onThreshold,
  pointsOf,
} from '../support/builders.ts';
import { aMatcher, DAY_MS, HOUR_MS, type Matcher } from '../support/matcher.ts';

const every = { repeat: { mode: 'every_time' } };
/** Met by every full window of so many losses. */
const always = (window = 1, metric = 'loss') =>
  onThreshold({ metric, window, comparison: '<', value: 1e9 }, every);
const set = (window = 1) => aMatcher(aWatcher({ trigger: always(window) }, 'aut'));
/** What a run's series holds: steps and values. */
const held = (matcher: Matcher, metric = 'loss', run = 'run-1') =>
  heldBy(matcher.run(run)!.series.get(metric)!).map(({ step, value }) => [step, value]);
const attempt = (number: number) => ({ run: { id: 'run-1', attempt: number } });

describe('rule 1: the order of values', () => {
  test('values stand in the order of steps, whatever order they came in', async () => {
    const matcher = set(5);
    await matcher.sendEach(losses([3], 3), losses([1], 1), losses([2], 2));
    await matcher.send(losses([], 0, { points: [...pointsOf('loss', [5], 5), ...pointsOf('loss', [4], 4)] }));
    expect(held(matcher)).toEqual([1, 2, 3, 4, 5].map((n) => [n, n]));
  });

  test('a point without a step is at the step after the newest, 0 for the first', async () => {
    const matcher = set(9);
    await matcher.sendEach(lossWithoutStep(0.5), losses([0.6], 6), lossWithoutStep(0.7));
    expect(held(matcher)).toEqual([
      [0, 0.5],
      [6, 0.6],
      [7, 0.7],
    ]);
  });

  test('the newest step is that of any metric in an event that holds a watched one', async () => {
    const matcher = set(9);
    const points = [...pointsOf('loss', [1], 2), ...pointsOf('unwatched', [1], 8)];
    await matcher.sendEach(losses([], 0, { points }), lossWithoutStep(0.7));
    expect(held(matcher)).toEqual([
      [2, 1],
      [9, 0.7],
    ]);
  });

  test.each<[string, (matcher: Matcher) => unknown]>([
    ['of a run without a heartbeat', () => {}],
    [
      'of one with a heartbeat',
      ({ automations, send }) => {
        automations.push(aWatcher({ trigger: onStates(['FAILED']) }, 'states'));
        return send(aHeartbeat());
      },
    ],
  ])('steps of events that hold no watched metric are not remembered, %s', async (_of, prepare) => {
    const matcher = set(9);
    await prepare(matcher);
    await matcher.send(losses([1], 2));
    await matcher.send(losses([], 0, { points: pointsOf('unwatched', [1], 50) }));
    await matcher.send(lossWithoutStep(0.7));
    expect(held(matcher)).toEqual([
      [2, 1],
      [3, 0.7],
    ]);
  });

  test('two metrics of one point share its step', async () => {
    const matcher = set(9);
    matcher.automations.push(aWatcher({ trigger: always(9, 'accuracy') }, 'other'));
    await matcher.send(
      losses([], 0, { points: [{ metrics: { loss: 1, accuracy: 2 } }, { metrics: { accuracy: 3 } }] }),
    );
    expect([held(matcher), held(matcher, 'accuracy')]).toEqual([
      [[0, 1]],
      [
        [0, 2],
        [1, 3],
      ],
    ]);
  });
});

describe('rule 2: repeats', () => {
  test.each([0.1, 0.9])(
    'a value for a step that is held changes nothing, whatever its number (%p)',
    async (again) => {
      const matcher = set(2);
      await matcher.send(losses([0.1, 0.2]));
      const { version } = matcher.run()!;
      expect(await matcher.send(losses([again], 1))).toEqual([]);
      expect(matcher.run()!.version).toBe(version);
      expect(held(matcher)).toEqual([
        [0, 0.1],
        [1, 0.2],
      ]);
    },
  );

  test('in one batch count once as well', async () => {
    const matcher = set(2);
    expect(await matcher.send(losses([0.1]), losses([0.3]), losses([0.3]))).toEqual([]);
    expect(held(matcher)).toEqual([[0, 0.1]]);
  });
});

describe('rule 3: late values', () => {
  test('older than all that a full series holds are counted and dropped', async () => {
    const matcher = set(2);
    await matcher.send(losses([0.9, 0.9], 5));
    expect(await matcher.send(losses([0.1], 4))).toEqual([]);
    expect(held(matcher).map(([step]) => step)).toEqual([5, 6]);
    expect(matcher.run()!.late).toBe(1);
    expect(matcher.lines.at(-1)).toMatchObject({ stage: 'event.matched', late: 1 });
  });

  test('are not late while the series is not full', async () => {
    const matcher = set(3);
    await matcher.send(losses([0.9, 0.9], 5));
    expect(await matcher.send(losses([0.1], 1))).toEqual(['aut@6']);
    expect(matcher.run()!.late).toBe(0);
  });
});

describe('rule 4: values that are not the newest', () => {
  test('are judged with the window that ends at the newest step', async () => {
    const matcher = set(3);
    await matcher.send(losses([0.1], 0));
    await matcher.send(losses([0.2], 2));
    expect(await matcher.send(losses([0.3], 1))).toEqual(['aut@2']);
    const [delivery] = matcher.store.deliveries.values();
    expect(delivery!.facts['metric_values']).toEqual([0.1, 0.3, 0.2]);
  });

  test('are judged by the conditions that reach back to them, and by no others', async () => {
    const matcher = set(1);
    matcher.automations.push(aWatcher({ trigger: always(3) }, 'wide'));
    await matcher.send(losses([1, 1], 4));
    expect(await matcher.send(losses([1], 2))).toEqual(['wide@5']);
    // Now the window of three reaches back to step 2 no more: step 3 falls into it, at its far end.
    expect(await matcher.send(losses([1], 3))).toEqual([]);
    expect(held(matcher).map(([step]) => step)).toEqual([3, 4, 5]);
  });

  test('right before a window are not judged by it, though their event is one that the filter takes', async () => {
    const trigger = onThreshold({ comparison: '<', value: 9 }, { ...every, filter: { user: 'ada' } });
    const matcher = aMatcher(aWatcher({ trigger }, 'aut'), aWatcher({ trigger: always(5) }, 'wide'));
    expect(await matcher.send(losses([1], 5, { user: 'bob' }))).toEqual([]);
    expect(await matcher.send(losses([1], 4, { user: 'ada' }))).toEqual([]);
    expect(heldBy(matcher.run()!.series.get('loss')!)).toHaveLength(2);
  });

  test('of the same occurrence are one delivery, however often it is decided', async () => {
    const matcher = set(3);
    await matcher.send(losses([1, 1, 1], 10));
    // Judged and met again for the window that ends at step 12.
    await matcher.send(losses([5], 11, { points: pointsOf('loss', [5], 13) }));
    const before = matcher.store.deliveries.size;
    expect(await matcher.send(losses([], 0, { points: [{ step: 12, metrics: { loss: 3 } }] }))).toEqual([]);
    expect(matcher.store.deliveries.size).toBe(before);
  });

  test('a z-score takes the value at the newest step for the newest, whatever came last', async () => {
    const zscore = { metric: 'loss', window: 3, threshold: 3 };
    const matcher = aMatcher(aWatcher({ trigger: onMetrics({ zscore }) }, 'aut'));
    await matcher.sendEach(losses([1], 0), losses([6], 3), losses([2], 1));
    expect(await matcher.send(losses([3], 2))).toEqual(['aut@3']);
  });
});

describe('rule 5: full windows, and since the trigger was saved and the automation enabled', () => {
  test('a window counts only when it is full', async () => {
    const { sendEach } = set(3);
    expect(await sendEach(losses([1]), losses([1], 1), losses([1], 2))).toEqual(['aut@2']);
  });

  test('every value that the condition looks at was received since its trigger was saved', async () => {
    const matcher = set(2);
    await matcher.send(losses([1, 1]));
    matcher.automations.push(aWatcher({ trigger: always(2) }, 'new', matcher.clock.nowMs));
    expect(await matcher.send(losses([1], 2))).toEqual(['aut@2']);
    expect(await matcher.send(losses([1], 3))).toEqual(['aut@3', 'new@3']);
  });

  test('at the very moment of the save counts, a millisecond before does not', async () => {
    const { automations, send, clock } = aMatcher();
    automations.push(aWatcher({ trigger: always() }, 'now', clock.nowMs));
    automations.push(aWatcher({ trigger: always() }, 'later', clock.nowMs + 1));
    expect(await send(losses([1]))).toEqual(['now@0']);
  });

  test.each([
    ['at once', 0],
    ['two days later', 2 * DAY_MS],
  ])('enabled again %s: what was held before it was disabled is in no window', async (_, laterMs) => {
    const trigger = onThreshold({ aggregate: 'average', window: 3, comparison: '>', value: 10 }, every);
    const matcher = aMatcher(aWatcher({ trigger }, 'aut'));
    const { send, automations, clock } = matcher;
    await send(losses([20, 20]));
    automations.splice(0);
    await send(losses(Array(98).fill(0), 2));
    clock.nowMs += laterMs;
    automations.push(aWatcher({ trigger }, 'aut', 0, { enabledAtMs: clock.nowMs }));
    expect(await send(losses([0], 100))).toEqual([]);
    expect(await send(losses([0, 90], 101))).toEqual(['aut@102']);
  });

  test('enabled again: the later one of its two times counts', async () => {
    const { automations, send, clock } = aMatcher();
    const { nowMs } = clock;
    automations.push(
      aWatcher({ trigger: always() }, 'saved later', nowMs + 1, { enabledAtMs: nowMs }),
      aWatcher({ trigger: always() }, 'enabled later', nowMs, { enabledAtMs: nowMs + 1 }),
      aWatcher({ trigger: always() }, 'both now', nowMs, { enabledAtMs: nowMs }),
    );
    expect(await send(losses([1]))).toEqual(['both now@0']);
  });

  test('a late value from before does not count either', async () => {
    const matcher = set(3);
    await matcher.send(losses([1], 1));
    const savedAt = matcher.clock.nowMs;
    matcher.automations.push(aWatcher({ trigger: always(2) }, 'new', savedAt));
    await matcher.send(losses([1], 0));
    expect(await matcher.send(losses([1], 5))).not.toContain('new@5');
    expect(await matcher.send(losses([1], 6))).toContain('new@6');
  });

  test('the change condition needs both windows from after the save', async () => {
    const change = { metric: 'loss', window: 1, prior_window: 2, change_type: 'absolute', amount: 1 };
    const trigger = onMetrics({ change }, every);
    const matcher = aMatcher(aWatcher({ trigger: always(3) }, 'aut'));
    await matcher.send(losses([1, 1]));
    matcher.automations.splice(0, 1, aWatcher({ trigger }, 'new', matcher.clock.nowMs));
    expect(await matcher.sendEach(losses([9], 2), losses([1], 3), losses([9], 4))).toEqual(['new@4']);
  });
});

describe('rule 6: values that are not finite', () => {
  test('stay out of every window, and leave their step free', async () => {
    const matcher = set(2);
    expect(await matcher.send(losses(['NaN', 0.1, 'Infinity', '-Infinity', 0.2]))).toEqual(['aut@4']);
    expect(await matcher.send(losses([0.3], 3))).toEqual([]);
    expect(held(matcher)).toEqual([
      [3, 0.3],
      [4, 0.2],
    ]);
  });

  test('still are the newest step for a point without one', async () => {
    const matcher = set(2);
    await matcher.sendEach(losses(['NaN'], 7), lossWithoutStep(1));
    expect(held(matcher)).toEqual([[8, 1]]);
  });
});

describe('rule 7: attempts', () => {
  test('a newer attempt forgets the values at its lowest step and later, in all series', async () => {
    const matcher = set(9);
    matcher.automations.push(aWatcher({ trigger: always(9, 'accuracy') }, 'other'));
    await matcher.send(losses([1, 2, 3, 4]), losses([], 0, { points: pointsOf('accuracy', [1, 2, 3, 4]) }));
    // The lowest step is not the first one named.
    const points = [...pointsOf('loss', [7], 5), ...pointsOf('loss', [8], 2)];
    await matcher.send(losses([], 0, { points, ...attempt(1) }));
    expect(held(matcher)).toEqual([
      [0, 1],
      [1, 2],
      [2, 8],
      [5, 7],
    ]);
    expect(held(matcher, 'accuracy').map(([step]) => step)).toEqual([0, 1]);
  });

  test('the newest step becomes the one before it, so that a point without a step goes on from there', async () => {
    const matcher = set(9);
    await matcher.send(losses([1, 2, 3, 4]));
    const points = [{ metrics: { loss: 8 } }, { step: 2, metrics: { loss: 7 } }];
    await matcher.send(losses([], 0, { points, ...attempt(1) }));
    // The first point came at step 2, and the second is its repeat.
    expect(held(matcher)).toEqual([
      [0, 1],
      [1, 2],
      [2, 8],
    ]);
  });

  test('where no point of it names a step, nothing is forgotten', async () => {
    const matcher = set(9);
    await matcher.sendEach(losses([1, 2]), lossWithoutStep(3, attempt(1)));
    expect(held(matcher)).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  test('an older attempt’s points are all late', async () => {
    const matcher = set(9);
    await matcher.sendEach(losses([1], 0, attempt(2)), losses([5, 6, 7], 1, attempt(1)));
    expect(held(matcher)).toEqual([[0, 1]]);
    expect(matcher.run()!.late).toBe(3);
  });

  test('an event without an attempt belongs to the current one, which begins as 0', async () => {
    const matcher = set(9);
    await matcher.sendEach(
      losses([1]),
      losses([2], 1, attempt(0)),
      losses([3], 2, attempt(4)),
      losses([4], 3),
    );
    expect(held(matcher).map(([step]) => step)).toEqual([0, 1, 2, 3]);
    expect(matcher.run()).toMatchObject({ attempt: 4, late: 0 });
  });

  test('the same step of a newer attempt is an occurrence of its own', async () => {
    const { send, store } = set(1);
    await send(losses([1]));
    expect(await send(losses([1], 0, attempt(1)))).toEqual(['aut@0']);
    expect(store.deliveries.size).toBe(2);
  });

  test('an attempt that only a state named has replaced no values yet', async () => {
    const matcher = set(9);
    matcher.automations.push(aWatcher({ trigger: onStates(['PENDING']) }, 'states'));
    await matcher.send(losses([1, 2, 3]));
    await matcher.send(aStateEvent('RUNNING', attempt(1)));
    expect(held(matcher).map(([step]) => step)).toEqual([0, 1, 2]);
    await matcher.send(losses([9], 1, attempt(1)));
    expect(held(matcher)).toEqual([
      [0, 1],
      [1, 9],
    ]);
  });
});

describe('rule 8: rewinds', () => {
  const rewind = (to: number) => aStateEvent('RUNNING', { rewind_to: to });

  test('forget the values at later steps, not the one at that step, in all series', async () => {
    const matcher = set(9);
    matcher.automations.push(aWatcher({ trigger: always(9, 'accuracy') }, 'other'));
    await matcher.send(losses([1, 2, 3]), losses([], 0, { points: pointsOf('accuracy', [1, 2, 3]) }));
    await matcher.send(rewind(1));
    expect(held(matcher).map(([step]) => step)).toEqual([0, 1]);
    expect(held(matcher, 'accuracy').map(([step]) => step)).toEqual([0, 1]);
  });

  test('make that step the newest at most', async () => {
    const matcher = set(9);
    await matcher.sendEach(losses([1, 2, 3]), rewind(1), lossWithoutStep(9));
    expect(held(matcher).at(-1)).toEqual([2, 9]);
    await matcher.sendEach(rewind(50), lossWithoutStep(8));
    expect(held(matcher).at(-1)).toEqual([3, 8]);
  });

  test('do not bring back what a series dropped before', async () => {
    const matcher = set(2);
    await matcher.sendEach(losses([1, 2, 3, 4]), rewind(2));
    expect(held(matcher)).toEqual([[2, 3]]);
    expect(await matcher.sendEach(losses([5], 3))).toEqual([]);
  });

  test('leave what is sent again from before them late, however few values are held', async () => {
    const trigger = onThreshold({ aggregate: 'average', window: 3, comparison: '>', value: 10 }, every);
    const matcher = aMatcher(aWatcher({ trigger }, 'aut'));
    await matcher.send(losses([100, 100, 1, 1, 1, 1, 1, 1, 1, 1, 1], 0));
    await matcher.send(rewind(8));
    expect(await matcher.send(losses([100, 100], 0))).toEqual([]);
    expect(matcher.run()!.late).toBe(2);
    expect(await matcher.send(losses([1, 40], 9))).toEqual(['aut@10']);
  });

  test('of an older attempt of states do nothing', async () => {
    const matcher = set(9);
    matcher.automations.push(aWatcher({ trigger: onStates(['PENDING']) }, 'states'));
    await matcher.sendEach(losses([1, 2, 3]), aStateEvent('RUNNING', attempt(2)));
    await matcher.send(aStateEvent('RUNNING', { rewind_to: 0, ...attempt(1) }));
    expect(held(matcher)).toHaveLength(3);
  });

  test('count whoever watches now, so that values of another past never come back', async () => {
    const matcher = set(3);
    await matcher.send(losses([1, 2, 3]));
    const [watcher] = matcher.automations.splice(0, 1);
    await matcher.send(rewind(0));
    matcher.automations.push(watcher!);
    expect(held(matcher)).toEqual([[0, 1]]);
  });

  test('of a run of which nothing is kept write nothing', async () => {
    const matcher = aMatcher();
    await matcher.send(rewind(5));
    expect(matcher.store.runs.size).toBe(0);
  });

  test('to where the run is anyway write nothing', async () => {
    const matcher = set(3);
    await matcher.send(losses([1, 2, 3]));
    const { version } = matcher.run()!;
    await matcher.send(rewind(2));
    expect(matcher.run()!.version).toBe(version);
  });
});

describe('rule 9: series that nobody watches', () => {
  const unwatch = async (idleMs: number, change: (matcher: Matcher) => void = () => {}) => {
    const matcher = set(3);
    matcher.automations.push(aWatcher({ trigger: always(3, 'accuracy') }, 'other'));
    await matcher.send(losses([1, 2]), losses([], 0, { points: pointsOf('accuracy', [1, 2]) }));
    const lastValueAtMs = matcher.clock.nowMs - 1;
    matcher.automations.splice(1, 1);
    change(matcher);
    matcher.clock.nowMs = lastValueAtMs + idleMs;
    await matcher.send(losses([3], 2));
    return matcher.run()!.series;
  };

  test('are forgotten when they got no value for an hour', async () => {
    expect([...(await unwatch(HOUR_MS)).keys()]).toEqual(['loss']);
  });

  test('are kept before the hour is over', async () => {
    expect([...(await unwatch(HOUR_MS - 1)).keys()]).toEqual(['loss', 'accuracy']);
  });

  test('are kept while somebody watches them, though the event holds no value of theirs', async () => {
    const series = await unwatch(5 * HOUR_MS, ({ automations }) =>
      automations.push(aWatcher({ trigger: always(2, 'accuracy') }, 'third')),
    );
    expect([...series.keys()]).toEqual(['loss', 'accuracy']);
  });
});

describe('a series', () => {
  test('keeps as many values as the largest reach, for all automations together', async () => {
    const zscore = { metric: 'loss', window: 4 };
    const change = { metric: 'loss', window: 2, prior_window: 4, amount: 1 };
    const matcher = set(1);
    await matcher.send(losses(Array.from({ length: 20 }, (_, n) => n)));
    expect(held(matcher)).toHaveLength(1);
    matcher.automations.push(aWatcher({ trigger: onMetrics({ zscore }) }, 'z'));
    await matcher.send(
      losses(
        Array.from({ length: 20 }, (_, n) => n),
        20,
      ),
    );
    expect(held(matcher)).toHaveLength(5);
    matcher.automations.push(
      aWatcher({ trigger: onMetrics({ change }), scope: { kind: 'organization' } }, 'c'),
    );
    await matcher.send(
      losses(
        Array.from({ length: 20 }, (_, n) => n),
        40,
      ),
    );
    expect(held(matcher)).toHaveLength(6);
  });

  test('is cut by a repeat as well, and what was cut does not come back', async () => {
    const matcher = set(5);
    await matcher.send(losses([1, 2, 3, 4, 5]));
    matcher.automations[0] = aWatcher({ trigger: always(2) }, 'aut');
    await matcher.send(losses([5], 4));
    matcher.automations[0] = aWatcher({ trigger: always(5) }, 'aut');
    expect(await matcher.send(losses([6], 5))).toEqual([]);
    expect(held(matcher)).toEqual([
      [3, 4],
      [4, 5],
      [5, 6],
    ]);
  });

  test('holds a value whether or not a filter takes its event, and is judged only where it does', async () => {
    const trigger = onThreshold(
      { window: 2, comparison: '<', value: 9 },
      { ...every, filter: { user: 'ada' } },
    );
    const matcher = aMatcher(aWatcher({ trigger }, 'aut'));
    expect(await matcher.send(losses([1, 1], 0, { user: 'bob' }))).toEqual([]);
    expect(await matcher.send(losses([1], 2, { user: 'ada' }))).toEqual(['aut@2']);
  });

  test('is the same whether its values come one by one or together', async () => {
    const values = [0.9, 0.8, 0.3, 0.9, 0.2, 0.1, 0.5];
    const [together, single] = [set(3), set(3)];
    const fired = await together.send(losses(values));
    expect(await single.sendEach(...values.map((value, at) => losses([value], at)))).toEqual(fired);
    expect(held(single)).toEqual(held(together));
  });

  test.each(['toString', 'constructor', 'a#b', 'train/loss', 'ä 🚂'])(
    'of a metric named %s is one like any other',
    async (metric) => {
      const matcher = aMatcher(aWatcher({ trigger: always(2, metric) }, 'aut'));
      const points = [1, 2].map((value, step) => ({
        step,
        metrics: JSON.parse(`{${JSON.stringify(metric)}:${value}}`),
      }));
      expect(await matcher.send(losses([], 0, { points }))).toEqual(['aut@1']);
    },
  );

  test('has a firing that tells value, window, step, time and condition', async () => {
    const trigger = onThreshold({ window: 2, aggregate: 'average', value: 0.5 });
    const matcher = aMatcher(aWatcher({ trigger }, 'aut'));
    const points = pointsOf('loss', [0.75, 0.125]).map((point) => ({
      ...point,
      time: '2026-01-02T03:04:05Z',
    }));
    await matcher.send(losses([], 0, { points, run: { id: 'run-1', name: 'calm-lake-1' } }));
    const [delivery] = matcher.store.deliveries.values();
    expect(delivery!.facts).toMatchObject({
      event_type: 'RUN_METRIC',
      run_name: 'calm-lake-1',
      run_id: 'run-1',
      metric_name: 'loss',
      metric_value: 0.4375,
      metric_values: [0.75, 0.125],
      metric_filter: 'average(loss, 2) < 0.5',
      metric_current_status: 'average(loss, 2) is 0.4375 at step 1',
      step: 1,
      time: '2026-01-02T03:04:05Z',
    });
  });
});
