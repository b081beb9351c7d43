import { aStateEvent, aWatcher, losses, onMetrics, onStates } from '../support/builders.ts';
import { aMatcher, HOUR_MS, type Matcher } from '../support/matcher.ts';
import { type MetricRow, testMetricRow } from '../support/metric-row.ts';

/** 1, 2 and 3 have a mean of 2 and a sample standard deviation of 1. */
const SAMPLE = [1, 2, 3];
const directions = [
  { direction: 'above', met: 5.5, notMet: 4.5, atBound: [5] },
  { direction: 'below', met: -1.5, notMet: -0.5, atBound: [-1] },
  { direction: 'either', met: 5.5, notMet: 4.5, atBound: [-1, 5] },
];

const acrossValues: MetricRow[] = directions.map(({ direction, met, notMet, atBound }) => ({
  title: `zscore across values ${direction}`,
  condition: { zscore: { metric: 'loss', window: 3, threshold: 3, direction } },
  met: [...SAMPLE, met],
  notMet: [...SAMPLE, notMet],
  atBound: atBound.map((value) => [...SAMPLE, value]),
  firesAtBound: true,
  notFull: [...SAMPLE.slice(1), met],
}));

/** A run whose last loss is so, and which then ends. */
async function endedRun({ send }: Pick<Matcher, 'send'>, id: string, value: number, project = 'mnist') {
  await send(losses([9, value], 0, { run: { id }, user: 'nobody', project }));
  await send(aStateEvent('FINISHED', { run: { id }, project }));
}

const acrossRuns: MetricRow[] = directions.map(({ direction, met, notMet, atBound }) => ({
  title: `zscore across runs ${direction}`,
  condition: { zscore: { metric: 'loss', window: 3, threshold: 3, direction, across: 'runs' } },
  met: [met],
  notMet: [notMet],
  atBound: atBound.map((value) => [value]),
  firesAtBound: true,
  prepare: async (matcher) => {
    // Somebody who watches the whole team has the ends remembered, whatever the scope under test is.
    const witness = { zscore: { metric: 'loss', window: 3, threshold: 1e9, across: 'runs' } };
    const scope = { kind: 'organization' as const };
    matcher.automations.push(aWatcher({ trigger: onMetrics(witness), scope }, 'witness'));
    matcher.automations.push(aWatcher({ trigger: onStates(['PENDING']), scope }, 'states'));
    for (const [at, value] of SAMPLE.entries()) await endedRun(matcher, `before-${at}`, value);
  },
}));

for (const row of [...acrossValues, ...acrossRuns]) testMetricRow(row);

describe('zscore across values', () => {
  const fires = (zscore: object, values: number[]) => {
    const trigger = onMetrics({ zscore: { metric: 'loss', ...zscore } }, { repeat: { mode: 'every_time' } });
    return aMatcher(aWatcher({ trigger }, 'aut')).send(losses(values));
  };

  test.each(['above', 'below', 'either'])('is never met when the deviation is 0 (%s)', async (direction) => {
    expect(await fires({ window: 3, direction }, [1, 1, 1, 100])).toEqual([]);
    expect(await fires({ window: 3, direction }, [1, 1, 1, -100])).toEqual([]);
  });

  test('leaves the newest value out of its own mean and deviation', async () => {
    // With the newest among four, no z can reach 1.5 + ε: (n − 1) / √n is 1.5.
    expect(await fires({ window: 3, threshold: 3 }, [...SAMPLE, 1_000])).toEqual(['aut@3']);
  });

  test('takes the sample deviation, of n − 1', async () => {
    // Of 0 and 2 it is √2; the population’s would be 1, and z 2.5.
    expect(await fires({ window: 2, threshold: 2 }, [0, 2, 3.5])).toEqual([]);
    expect(await fires({ window: 2, threshold: 2 }, [0, 2, 1 + 2.0001 * Math.SQRT2])).toEqual(['aut@2']);
  });

  test('is blind to the other direction', async () => {
    expect(await fires({ window: 3, direction: 'above' }, [...SAMPLE, -100])).toEqual([]);
    expect(await fires({ window: 3, direction: 'below' }, [...SAMPLE, 100])).toEqual([]);
  });

  test('has W&B’s defaults: 30 values, 3 deviations, either way', async () => {
    const values = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? 1 : -1));
    // Their deviation is √(30 / 29) = 1.017.
    expect(await fires({}, [...values, 3.04])).toEqual([]);
    expect(await fires({}, [...values, 3.06])).toEqual(['aut@30']);
    expect(await fires({}, [...values.slice(1), -1000])).toEqual([]);
    expect(await fires({}, [...values, -3.06])).toEqual(['aut@30']);
  });
});

describe('zscore across runs', () => {
  const across = (zscore: object = {}, rest: object = {}) =>
    onMetrics(
      { zscore: { metric: 'loss', window: 3, threshold: 3, across: 'runs', ...zscore } },
      { repeat: { mode: 'every_time' }, ...rest },
    );
  const set = () => aMatcher(aWatcher({ trigger: across() }, 'aut'));

  test('remembers the ends of runs also where nobody watches run states', async () => {
    const matcher = set();
    for (const [at, value] of SAMPLE.entries()) await endedRun(matcher, `r${at}`, value);
    expect(await matcher.send(losses([6]))).toEqual(['aut@0']);
  });

  /** With somebody who watches run states, so that every end changes the run’s item. */
  async function withStates(values: number[] = SAMPLE, trigger = across()) {
    const matcher = aMatcher(
      aWatcher({ trigger }, 'aut'),
      aWatcher({ trigger: onStates(['PENDING']) }, 'states'),
    );
    for (const [at, value] of values.entries()) await endedRun(matcher, `r${at}`, value);
    return matcher;
  }

  test('there must be as many other runs as the window says', async () => {
    const matcher = await withStates([1, 3]);
    expect(await matcher.send(losses([1_000]))).toEqual([]);
    await endedRun(matcher, 'third', 2);
    expect(await matcher.send(losses([1_000], 1))).toEqual(['aut@1']);
  });

  test('looks at the runs that ended most recently', async () => {
    const matcher = await withStates([500, -500, ...SAMPLE]);
    expect(await matcher.send(losses([6]))).toEqual(['aut@0']);
    const [delivery] = matcher.store.deliveries.values();
    expect(delivery!.facts).toMatchObject({ metric_values: [6] });
  });

  test('leaves the run itself out, also when it has ended before', async () => {
    const matcher = await withStates(SAMPLE);
    await endedRun(matcher, 'run-1', 1_000);
    expect(await matcher.send(losses([6], 5))).toEqual(['aut@5']);
  });

  test('counts each run once, by its latest end', async () => {
    const matcher = await withStates([1, 2]);
    await matcher.send(losses([9], 7, { run: { id: 'r1' } }));
    await matcher.send(
      aStateEvent('RUNNING', { run: { id: 'r1' } }),
      aStateEvent('FAILED', { run: { id: 'r1' } }),
    );
    expect(await matcher.send(losses([1_000]))).toEqual([]);
    await endedRun(matcher, 'r3', 5);
    // The last values are 1, 9 and 5: mean 5, deviation 4.
    expect(await matcher.send(losses([16.9], 1))).toEqual([]);
    expect(await matcher.send(losses([17], 2))).toEqual(['aut@2']);
  });

  test('takes the last value of a run from its newest step, not from what came last', async () => {
    const trigger = across();
    const wide = onMetrics({ threshold: { metric: 'loss', window: 5, comparison: '<', value: -1e9 } });
    const matcher = aMatcher(
      aWatcher({ trigger }, 'aut'),
      aWatcher({ trigger: wide }, 'wide'),
      aWatcher({ trigger: onStates(['PENDING']) }, 'states'),
    );
    for (const [at, value] of SAMPLE.entries()) {
      await matcher.send(losses([value], 5, { run: { id: `r${at}` } }));
      await matcher.send(losses([77], 2, { run: { id: `r${at}` } }));
      await matcher.send(aStateEvent('FINISHED', { run: { id: `r${at}` } }));
    }
    expect(await matcher.send(losses([5]))).toEqual(['aut@0']);
  });

  test.each(['FINISHED', 'FAILED', 'CRASHED', 'KILLED', 'PREEMPTED'] as const)(
    'a run ends with %s',
    async (state) => {
      const matcher = await withStates([1, 2]);
      await matcher.send(losses([3], 0, { run: { id: 'last' } }));
      await matcher.send(aStateEvent(state, { run: { id: 'last' } }));
      expect(await matcher.send(losses([5]))).toEqual(['aut@0']);
    },
  );

  test.each(['RUNNING', 'PENDING'] as const)('a run does not end with %s', async (state) => {
    const matcher = await withStates([1, 2]);
    await matcher.send(losses([3], 0, { run: { id: 'last' } }));
    await matcher.send(aStateEvent(state, { run: { id: 'last' } }));
    expect(await matcher.send(losses([5]))).toEqual([]);
  });

  test('an end of an older attempt is none', async () => {
    const matcher = await withStates([1, 2]);
    await matcher.send(losses([3], 0, { run: { id: 'last' } }));
    await matcher.send(aStateEvent('RUNNING', { run: { id: 'last', attempt: 2 } }));
    await matcher.send(aStateEvent('FINISHED', { run: { id: 'last', attempt: 1 } }));
    expect(await matcher.send(losses([5]))).toEqual([]);
  });

  test('runs of other projects, and of other metrics, do not count', async () => {
    const matcher = aMatcher(
      aWatcher({ trigger: across(), scope: { kind: 'organization' } }, 'aut'),
      aWatcher({ trigger: onStates(['PENDING']), scope: { kind: 'organization' } }, 'states'),
    );
    for (const [at, value] of SAMPLE.entries()) {
      await endedRun(matcher, `r${at}`, value, 'other');
      const points = [{ step: 0, metrics: { accuracy: value } }];
      await matcher.send(losses([], 0, { run: { id: `s${at}` }, points }));
      await matcher.send(aStateEvent('FINISHED', { run: { id: `s${at}` } }));
    }
    expect(await matcher.send(losses([6]))).toEqual([]);
  });

  test('ends that came before the trigger was saved count', async () => {
    const matcher = await withStates();
    matcher.automations.push(aWatcher({ trigger: across() }, 'late', matcher.clock.nowMs + HOUR_MS));
    matcher.clock.nowMs += HOUR_MS;
    expect(await matcher.send(losses([6]))).toEqual(['aut@0', 'late@0']);
  });

  test('looks at the runs that had ended when the value was received', async () => {
    const matcher = await withStates([1, 2]);
    await matcher.send(losses([3], 0, { run: { id: 'third' } }));
    matcher.clock.nowMs += 10;
    await matcher.send(aStateEvent('FINISHED', { run: { id: 'third' } }));
    matcher.clock.nowMs -= 5;
    expect(await matcher.send(losses([6]))).toEqual([]);
  });

  test('two automations with different windows each have theirs', async () => {
    const matcher = await withStates([500, ...SAMPLE]);
    matcher.automations.push(aWatcher({ trigger: across({ window: 4 }) }, 'four'));
    // Of the last three, z is 4; of all four the deviation is 249.
    expect(await matcher.send(losses([6]))).toEqual(['aut@0']);
  });
});
