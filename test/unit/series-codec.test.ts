import fc from 'fast-check';
import {
  emptySeries,
  forgetFrom,
  placeValue,
  pointsOf,
  type Series,
  type SeriesPoint,
} from '../../core/metrics/series.ts';
import { decodeSeries, encodeSeries } from '../../core/metrics/series-codec.ts';

function seriesOf(points: SeriesPoint[], capacity = points.length): Series {
  const series = emptySeries();
  for (const point of points) placeValue(series, point, capacity);
  return series;
}

/** A run that logs every few steps, some seconds apart. */
const seriesOfRun = (count: number, valueAt: (at: number) => number, capacity = count) =>
  seriesOf(
    Array.from({ length: count }, (_, at) => ({
      step: 700 + at * 10,
      value: valueAt(at),
      receivedAtMs: 1_790_000_000_000 + at * 5_000 + ((at * 7919) % 1_500),
    })),
    capacity,
  );

describe('a packed series', () => {
  test('is read back as it was, to the last bit', () => {
    const point = fc.record({
      step: fc.oneof(
        fc.nat(1000),
        fc.maxSafeNat().map((step) => step % 2 ** 52),
      ),
      value: fc.oneof(
        fc.double(),
        fc.float({ noNaN: true }),
        fc.integer(),
        fc.constantFrom(0, -0, 1, 5e-324, Number.MAX_VALUE),
      ),
      receivedAtMs: fc.oneof(
        fc.nat(1000),
        fc.nat(2 ** 31).map((n) => n * 1000),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(1500),
        (points, capacity, from) => {
          const series = seriesOf(points, capacity);
          forgetFrom(series, from);
          const read = decodeSeries(encodeSeries(series));
          expect(pointsOf(read)).toEqual(pointsOf(series));
          expect(read.lastReceivedAtMs).toBe(series.lastReceivedAtMs);
          expect(read.floor).toBe(series.floor);
          expect(encodeSeries(read)).toEqual(encodeSeries(series));
        },
      ),
      { numRuns: 1000 },
    );
  });

  describe('of steps 3, 4 and 6', () => {
    const points = [
      [3, 0.5],
      [4, 0.25],
      [6, 3],
    ].map(([step = 0, value = 0]) => ({ step, value, receivedAtMs: 1_790_000_000_000 + step * 1000 }));
    const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

    test('is read and written as versions did that knew of no rewinds', () => {
      const recorded = bytesOf('0103f086c2a28c34030501e35d817da11f023fe03fd04008');
      expect(pointsOf(decodeSeries(recorded))).toEqual(points);
      expect(decodeSeries(recorded).floor).toBe(0);
      expect(encodeSeries(seriesOf(points))).toEqual(recorded);
    });

    test('is read as those versions wrote it when it was rewound: values of before may come', () => {
      const series = decodeSeries(bytesOf('0102f086c2a28c340305e35d817d123fe0d0'));
      expect(pointsOf(series)).toEqual(points.slice(0, 2));
      expect(placeValue(series, { step: 1, value: 1, receivedAtMs: 1 }, 3)).toEqual({
        placement: 'placed',
        rank: 2,
      });
    });

    test('takes a number more when it was rewound', () => {
      const series = seriesOf(points);
      forgetFrom(series, 6);
      const recorded = bytesOf('0202f086c2a28c34030305e35d817d123fe0d0');
      expect(encodeSeries(series)).toEqual(recorded);
      expect([pointsOf(decodeSeries(recorded)), decodeSeries(recorded).floor]).toEqual([
        points.slice(0, 2),
        3,
      ]);
    });
  });

  test('keeps the floor of a series that a rewind emptied', () => {
    const series = seriesOf([{ step: 9, value: 1, receivedAtMs: 500 }]);
    forgetFrom(series, 5);
    expect(decodeSeries(encodeSeries(series))).toMatchObject({ floor: 5, lastReceivedAtMs: 500, end: 0 });
  });

  test('is written as ever, for what the table holds was written by earlier versions', () => {
    const days = [0, 1, 2, 3].map((at) => ({ step: at, value: at + 1, receivedAtMs: at * 5_000_000_000 }));
    const run = [
      { step: 0, value: 0.5, receivedAtMs: 1_000 },
      { step: 1, value: 0.25, receivedAtMs: 1_000 },
      { step: 3, value: -2, receivedAtMs: 1_790_000_000_000 },
      { step: 2 ** 33, value: 1e300, receivedAtMs: 1_790_000_005_000 },
      { step: 2 ** 33 + 1, value: 0.1, receivedAtMs: 1_790_000_010_000 },
    ];
    const hex = (points: SeriesPoint[]) => Buffer.from(encodeSeries(seriesOf(points))).toString('hex');
    expect(hex(run)).toBe(
      '010590a6c2a28c34000501e9ffffff7ff3ffffff7fa3f9888ab1d00104e1c0868ab1d001a19c010108' +
        '3fe00000000000003fd0000000000000c0000000000000007e37e43c8800759c3fb999999999999a',
    );
    expect(hex(days)).toBe(
      '010480acc7f03700050883b09dc2df018190dfc04a8190dfc04a8190dfc04a023ff0400040084010',
    );
  });

  test('goes on where it stopped', () => {
    const whole = seriesOfRun(300, Math.sqrt, 20);
    let pieces = emptySeries();
    for (const point of pointsOf(seriesOfRun(300, Math.sqrt))) {
      pieces = decodeSeries(encodeSeries(pieces));
      placeValue(pieces, point, 20);
    }
    expect(encodeSeries(pieces)).toEqual(encodeSeries(whole));
  });

  test('holds no more than the series was asked to keep', () => {
    expect(pointsOf(decodeSeries(encodeSeries(seriesOfRun(300, Math.sqrt, 20))))).toHaveLength(20);
  });

  test('remembers when a value came that it holds no more', () => {
    const series = seriesOf([{ step: 1, value: 1, receivedAtMs: 500 }]);
    series.end = series.start;
    expect(decodeSeries(encodeSeries(series)).lastReceivedAtMs).toBe(500);
  });

  test('survives an offset into a larger buffer, as DynamoDB’s client hands bytes out', () => {
    const bytes = encodeSeries(seriesOfRun(7, Math.cbrt));
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(decodeSeries(larger.subarray(3))).toEqual(decodeSeries(bytes));
  });

  test.each([
    ['doubles', (at: number) => Math.exp(-at / 9) + Math.sqrt(at % 7) / 20, 10.5],
    ['single precision', (at: number) => Math.fround(0.3 + Math.sin(at) / 20), 7],
    ['whole numbers', (at: number) => at % 100, 5],
    ['constants', () => 0.1, 3],
  ])('takes few bytes for %s that come one by one', (_, valueAt, most) => {
    expect(encodeSeries(seriesOfRun(50, valueAt)).length / 50).toBeLessThan(most);
  });

  test('takes under 12 KB for 20 metrics with windows of 50, names and all', () => {
    const valueAt = (metric: number) => (at: number) => Math.exp(-at / 9) + Math.sqrt((at + metric) % 7) / 20;
    const bytes = Array.from(
      { length: 20 },
      (_, metric) => encodeSeries(seriesOfRun(50, valueAt(metric))).length,
    );
    const names = 20 * 'validation/accuracy_top5'.length;
    expect(bytes.reduce((sum, size) => sum + size, names)).toBeLessThan(12_000);
  });

  test('takes little for steps and times when points come in batches', () => {
    const points = Array.from({ length: 1000 }, (_, at) => ({
      step: 5_000 + at,
      value: Math.sqrt(at),
      receivedAtMs: 1_790_000_000_000 + Math.floor(at / 100) * 5_000,
    }));
    expect(encodeSeries(seriesOf(points)).length).toBeLessThan(8 * 1000 + 60);
  });
});

describe('bytes that are no packed series', () => {
  test('are refused wherever they end too early', () => {
    const bytes = encodeSeries(seriesOfRun(20, Math.sqrt));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSeries(bytes.subarray(0, length))).toThrow(/^a packed series ends too early/);
    }
  });

  test.each([
    ['of another version', [9, 0, 0], 'a packed series is of version 9, not 1 or 2'],
    ['that go on', [1, 0, 0, 0], 'a packed series goes on after its end'],
    ['of too many values', [1, 255, 255, 255, 127, 0], 'claims to hold'],
    ['with an endless number', [1, ...Array(12).fill(255)], 'too long'],
    ['with too many repeats', [1, 2, 0, 5, 5, 40, 0], 'too many repeats'],
    ['with steps out of order', [1, 2, 0, 5, 4, 8, 0x08], 'steps out of order'],
    ['with no known layout of values', [1, 1, 0, 5, 4, 0x99], 'layout'],
  ])('%s are refused', (_, bytes, message) => {
    expect(() => decodeSeries(Uint8Array.from(bytes))).toThrow(message);
  });

  test('never do worse than to be refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        if (bytes.length > 0) bytes[0] = 1 + ((bytes[1] ?? 0) % 2);
        try {
          decodeSeries(bytes);
        } catch (error) {
          expect((error as Error).message).toMatch(/^a packed series /);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
