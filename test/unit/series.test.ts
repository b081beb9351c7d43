import fc from 'fast-check';
import { emptySeries, forgetFrom, newestWindow, placeValue, type Series } from '../../core/metrics/series.ts';
import { decodeSeries, encodeSeries } from '../../core/metrics/series-codec.ts';

function seriesOf(...points: [step: number, value: number][]): Series {
  const series = emptySeries();
  for (const [step, value] of points) placeValue(series, { step, value, receivedAtMs: 10 }, 3);
  return series;
}

describe('a series', () => {
  test('keeps the newest values by step', () => {
    expect(seriesOf([1, 10], [2, 20], [3, 30], [4, 40])).toMatchObject({
      steps: [2, 3, 4],
      values: [20, 30, 40],
    });
  });

  test('puts a late value into its place', () => {
    expect(seriesOf([1, 10], [3, 30], [2, 20]).values).toEqual([10, 20, 30]);
  });

  test.each([
    [4, 'newest'],
    [2.5, 'inside'],
    [2, 'repeated'],
    [0, 'late'],
  ])('says that a value at step %p is %s', (step, placement) => {
    const series = seriesOf([1, 10], [2, 20], [3, 30]);
    expect(placeValue(series, { step, value: 9, receivedAtMs: 0 }, 3)).toBe(placement);
  });

  test('does not change by a value that is repeated or late', () => {
    const series = seriesOf([1, 10], [2, 20], [3, 30]);
    for (const step of [2, 0]) placeValue(series, { step, value: 9, receivedAtMs: 0 }, 3);
    expect(series).toEqual(seriesOf([1, 10], [2, 20], [3, 30]));
  });

  test('has no room for an earlier value only once it is full', () => {
    expect(seriesOf([5, 50], [1, 10]).steps).toEqual([1, 5]);
  });

  test('forgets a step and all later ones', () => {
    const series = seriesOf([1, 10], [2, 20], [3, 30]);
    forgetFrom(series, 2);
    expect(series).toEqual(seriesOf([1, 10]));
  });

  test('has a window only when it is full, of values received since', () => {
    const series = emptySeries();
    for (const step of [1, 2, 3, 4]) placeValue(series, { step, value: step, receivedAtMs: step * 100 }, 10);
    expect(newestWindow(series, 4, 0)).toEqual([1, 2, 3, 4]);
    expect(newestWindow(series, 5, 0)).toBeUndefined();
    expect(newestWindow(series, 2, 300)).toEqual([3, 4]);
    expect(newestWindow(series, 3, 300)).toBeUndefined();
  });
});

describe('a packed series', () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  const point = fc.record({
    gap: fc.nat(1_000_000),
    value: double,
    receivedAtMs: fc.nat(2 ** 31).map((n) => n * 1000),
  });

  test('is read back as it was, to the last bit', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 60 }), fc.nat(2 ** 31), (points, start) => {
        let step = start * 1000;
        const series: Series = {
          steps: points.map(({ gap }) => {
            step += gap;
            return step;
          }),
          values: points.map(({ value }) => value),
          receivedAtMs: points.map(({ receivedAtMs }) => receivedAtMs),
        };
        expect(decodeSeries(encodeSeries(series))).toEqual(series);
      }),
    );
  });

  test('survives an offset into a larger buffer, as DynamoDB’s client hands bytes out', () => {
    const bytes = encodeSeries(seriesOf([1, 10], [7, 0.1]));
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(decodeSeries(larger.subarray(3))).toEqual(seriesOf([1, 10], [7, 0.1]));
  });

  test('that is cut off is refused', () => {
    expect(() => decodeSeries(encodeSeries(seriesOf([1, 10], [2, 20])).subarray(0, 2))).toThrow(/too early/);
  });

  test('takes less than 10 bytes a value when steps count up and points come in batches', () => {
    const count = 1000;
    const steps = Array.from({ length: count }, (_, at) => 5_000 + at);
    const receivedAtMs = steps.map((step) => 1_700_000_000_000 + Math.floor(step / 100) * 5_000);
    expect(encodeSeries({ steps, values: steps.map(Math.sqrt), receivedAtMs }).length / count).toBeLessThan(
      10,
    );
  });
});
