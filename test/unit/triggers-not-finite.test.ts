import { aWatcher, losses, onMetrics, pointsOf } from '../support/builders.ts';
import { aMatcher, DAY_MS } from '../support/matcher.ts';
import { testMetricRow } from '../support/metric-row.ts';

for (const value of ['NaN', 'Infinity', '-Infinity']) {
  testMetricRow({
    title: `not_finite ${value}`,
    condition: { not_finite: { metric: 'loss' } },
    met: [value],
    notMet: [1, 0, -1],
    atBound: [[Number.MAX_VALUE], [-Number.MAX_VALUE], [Number.MIN_VALUE]],
    firesAtBound: false,
  });
}

describe('not_finite', () => {
  const set = (repeat: object = { mode: 'every_time' }) => {
    const trigger = onMetrics({ not_finite: { metric: 'loss' } }, { repeat });
    return aMatcher(aWatcher({ trigger }, 'aut'));
  };

  test('needs no window: the first value of a run may fire', async () => {
    expect(await set().send(losses(['NaN']))).toEqual(['aut@0']);
  });

  test('judges each value by itself, at its own step, late ones as well', async () => {
    const { send } = set();
    await send(losses([1, 1], 8));
    expect(await send(losses(['NaN'], 3))).toEqual(['aut@3']);
  });

  test('is not met by the non-finite value of another metric', async () => {
    const points = pointsOf('accuracy', ['NaN']);
    expect(await set().send(losses([], 0, { points }))).toEqual([]);
  });

  test('is judged not met by a finite value that took its place, and then fires again (after_false)', async () => {
    const { send } = set({ mode: 'after_false' });
    expect(await send(losses(['NaN', 'NaN']))).toEqual(['aut@0']);
    expect(await send(losses(['Infinity', 1, 'NaN'], 2))).toEqual(['aut@4']);
  });

  test('is not judged by a repeat: the value there changes nothing (after_false)', async () => {
    const { send } = set({ mode: 'after_false' });
    await send(losses([1]));
    expect(await send(losses(['NaN'], 1))).toEqual(['aut@1']);
    await send(losses([2], 0));
    expect(await send(losses(['NaN'], 2))).toEqual([]);
  });

  test('that comes again for the step that it fired for changes nothing: the next one fires (after_false)', async () => {
    const { send, noted } = set({ mode: 'after_false' });
    expect(await send(losses(['NaN'], 5))).toEqual(['aut@5']);
    await send(losses([1], 6));
    expect(await send(losses(['NaN'], 5))).toEqual([]);
    expect(await send(losses(['NaN'], 7))).toEqual(['aut@7']);
    expect(noted.get('aut')).toEqual({ fired: 2, heldBack: 0 });
  });

  test('that comes again for the step that it fired for begins no new day', async () => {
    const { send, clock } = set({ mode: 'once_a_day' });
    const firstAtMs = clock.nowMs;
    await send(losses(['NaN'], 5));
    clock.nowMs = firstAtMs + DAY_MS;
    expect(await send(losses(['NaN'], 5))).toEqual([]);
    expect(await send(losses(['Infinity'], 6))).toEqual(['aut@6']);
  });

  test('of another attempt is another one, also at the same step', async () => {
    const { send, store } = set({ mode: 'every_time' });
    await send(losses(['NaN'], 5));
    await send(losses(['NaN'], 5, { run: { id: 'run-1', attempt: 1 } }));
    expect(store.deliveries.size).toBe(2);
  });

  test('tells the value as a word, for JSON has none for it', async () => {
    const { send, store } = set();
    await send(losses(['-Infinity']));
    const [delivery] = store.deliveries.values();
    expect(delivery!.facts).toMatchObject({
      event_type: 'RUN_METRIC_NOT_FINITE',
      metric_value: '-Infinity',
      metric_values: ['-Infinity'],
      metric_filter: 'loss is NaN or infinite',
    });
  });

  test('does not count values that came before the trigger was saved', async () => {
    const { send, automations, clock } = set();
    const trigger = onMetrics({ not_finite: { metric: 'loss' } }, { repeat: { mode: 'every_time' } });
    automations.splice(0, 1, aWatcher({ trigger }, 'aut', clock.nowMs + 1));
    expect(await send(losses(['NaN']))).toEqual([]);
    expect(await send(losses(['NaN'], 1))).toEqual(['aut@1']);
  });
});
