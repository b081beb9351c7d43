import fc from 'fast-check';
import {
  emptySeries,
  forgetFrom,
  newestStep,
  newestValues,
  oldestReceipt,
  placeValue,
  pointsOf,
  type Series,
  type SeriesPoint,
} from '../../core/metrics/series.ts';

const point = (step: number, value = step * 10, receivedAtMs = step): SeriesPoint => ({
  step,
  value,
  receivedAtMs,
});

function seriesOf(capacity: number, ...steps: number[]): Series {
  const series = emptySeries();
  for (const step of steps) placeValue(series, point(step), capacity);
  return series;
}

const stepsOf = (series: Series) => pointsOf(series).map(({ step }) => step);

describe('a series', () => {
  test('keeps the newest values by step', () => {
    expect(pointsOf(seriesOf(3, 1, 2, 3, 4))).toEqual([point(2), point(3), point(4)]);
  });

  test.each([
    [4, { placement: 'placed', rank: 0 }, [2, 3, 4]],
    [2.5, { placement: 'placed', rank: 1 }, [2, 2.5, 3]],
    [1.5, { placement: 'placed', rank: 2 }, [1.5, 2, 3]],
    [3, { placement: 'repeated' }, [1, 2, 3]],
    [1, { placement: 'repeated' }, [1, 2, 3]],
    [0, { placement: 'late' }, [1, 2, 3]],
  ])('says where a value at step %p went', (step, placement, steps) => {
    const series = seriesOf(3, 1, 2, 3);
    expect(placeValue(series, point(step, 9), 3)).toEqual(placement);
    expect(stepsOf(series)).toEqual(steps);
  });

  test('does not change by a value that is repeated or late', () => {
    const series = seriesOf(3, 1, 2, 3);
    for (const step of [2, 0]) placeValue(series, point(step, 9, 99), 3);
    expect(pointsOf(series)).toEqual([point(1), point(2), point(3)]);
    expect(series.lastReceivedAtMs).toBe(3);
  });

  test('has room for an earlier value until it is full', () => {
    expect(stepsOf(seriesOf(3, 5, 1))).toEqual([1, 5]);
  });

  test('forgets for good what does not fit, also when more would fit later', () => {
    const series = seriesOf(2, 1, 2, 3);
    placeValue(series, point(4), 5);
    expect(stepsOf(series)).toEqual([2, 3, 4]);
    expect(placeValue(series, point(1), 5)).toEqual({ placement: 'placed', rank: 3 });
  });

  test('shrinks before it judges what is late', () => {
    const series = seriesOf(5, 1, 2, 3, 4, 5);
    expect(placeValue(series, point(3), 2)).toEqual({ placement: 'late' });
    expect(stepsOf(series)).toEqual([4, 5]);
  });

  test('forgets a step and all later ones, and remembers when it last got a value', () => {
    const series = seriesOf(3, 1, 2, 3);
    forgetFrom(series, 2);
    expect(pointsOf(series)).toEqual([point(1)]);
    expect(newestStep(series)).toBe(1);
    forgetFrom(series, 0);
    expect([newestStep(series), series.lastReceivedAtMs]).toEqual([undefined, 3]);
  });

  test('holds after a rewind nothing older than the oldest that it held before', () => {
    const series = seriesOf(3, 1, 2, 3, 4, 5);
    forgetFrom(series, 4);
    expect(stepsOf(series)).toEqual([3]);
    expect(placeValue(series, point(2), 3)).toEqual({ placement: 'late' });
    expect(placeValue(series, point(4), 3)).toEqual({ placement: 'placed', rank: 0 });
    expect(placeValue(series, point(2), 3)).toEqual({ placement: 'late' });
    expect(stepsOf(series)).toEqual([3, 4]);
  });

  test('takes after a rewind to before all that it held what was forgotten, in any order', () => {
    const series = seriesOf(3, 5, 6, 7);
    forgetFrom(series, 4);
    forgetFrom(series, 2);
    expect(placeValue(series, point(1), 3)).toEqual({ placement: 'late' });
    expect(placeValue(series, point(4), 3)).toEqual({ placement: 'placed', rank: 0 });
    expect(placeValue(series, point(2), 3)).toEqual({ placement: 'placed', rank: 1 });
    expect(stepsOf(series)).toEqual([2, 4]);
  });

  test('takes older values where nothing was forgotten', () => {
    const series = seriesOf(3, 5, 6);
    forgetFrom(series, 7);
    expect(placeValue(series, point(1), 3)).toEqual({ placement: 'placed', rank: 2 });
  });

  test('hands out its newest values, or as many as there are', () => {
    const series = seriesOf(3, 1, 2, 3);
    expect([newestValues(series, 2), newestValues(series, 9)]).toEqual([
      [20, 30],
      [10, 20, 30],
    ]);
  });

  test.each([100, 200])(
    'of %d knows which of its values was received first, however many came',
    (capacity) => {
      const series = emptySeries();
      const received = Array.from({ length: 600 }, (_, step) => (step % 50 === 7 ? 0 : 1_000 + step));
      for (const [step, receivedAtMs] of received.entries()) {
        placeValue(series, point(step, 1, receivedAtMs), capacity);
        const newest = received.slice(Math.max(0, step + 1 - capacity), step + 1);
        for (const reach of [1, 20, 60, 100, 200]) {
          expect(oldestReceipt(series, reach)).toBe(Math.min(...newest.slice(-reach)));
        }
      }
    },
  );

  test('does not slow down when it is full', () => {
    const series = emptySeries();
    for (let step = 0; step < 100_000; step++) placeValue(series, point(step), 1000);
    expect(series.steps.length).toBeLessThan(2100);
    expect(stepsOf(series)).toEqual(Array.from({ length: 1000 }, (_, at) => 99_000 + at));
  });
});

/** The rules on a plain list. */
function placePlainly(points: SeriesPoint[], added: SeriesPoint, capacity: number, floor: number): object {
  points.splice(0, Math.max(0, points.length - capacity));
  if (points.some(({ step }) => step === added.step)) return { placement: 'repeated' };
  const rank = points.filter(({ step }) => step > added.step).length;
  if (rank >= capacity || added.step < floor) return { placement: 'late' };
  points.splice(points.length - rank, 0, added);
  points.splice(0, points.length - capacity);
  return { placement: 'placed', rank };
}

function forgetPlainly(points: SeriesPoint[], from: number, floor: number): [SeriesPoint[], number] {
  const left = points.filter(({ step }) => step < from);
  const isRewind = left.length < points.length || floor > from;
  return [left, isRewind ? Math.min(points[0]?.step ?? floor, from) : floor];
}

test('a series is a sorted list with a limit, whatever is done to it', () => {
  const place = fc.record({
    step: fc.nat(40),
    value: fc.integer(),
    receivedAtMs: fc.nat(30),
    capacity: fc.integer({ min: 1, max: 12 }),
  });
  const action = fc.oneof({ weight: 9, arbitrary: place }, fc.record({ forget: fc.nat(40) }));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const series = emptySeries();
      let points: SeriesPoint[] = [];
      let floor = 0;
      for (const it of actions) {
        if ('forget' in it) {
          forgetFrom(series, it.forget);
          [points, floor] = forgetPlainly(points, it.forget, floor);
        } else {
          const { capacity, ...added } = it;
          expect(placeValue(series, added, capacity)).toEqual(placePlainly(points, added, capacity, floor));
        }
        expect(pointsOf(series)).toEqual(points);
        for (const reach of [1, 3, 12]) {
          const receipts = points.slice(-reach).map(({ receivedAtMs }) => receivedAtMs);
          expect(oldestReceipt(series, reach)).toBe(Math.min(...receipts));
        }
      }
    }),
    { numRuns: 500 },
  );
});
