import fc from 'fast-check';
import { GaugeBoard, windowOf, zscoreAgainst } from '../../core/metrics/gauge.ts';
import { type Measure, measureKey, reachOf } from '../../core/metrics/measure.ts';
import { emptySeries, forgetFrom, placeValue, pointsOf, type Series } from '../../core/metrics/series.ts';

// Whole numbers of any length, in units of the smallest double: the reference that loses nothing.
const UNIT = 1074n;
const bits = new DataView(new ArrayBuffer(8));

function exactly(value: number): bigint {
  bits.setFloat64(0, Math.abs(value));
  const all = bits.getBigUint64(0);
  const exponent = all >> 52n;
  const mantissa = all & ((1n << 52n) - 1n);
  const size = exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -size : size;
}

const sumOf = (values: number[]) => values.reduce((sum, value) => sum + exactly(value), 0n);

/** a / b to 100 bits or more, rounded once to a double (b > 0); `root` of it when asked for. */
function quotient(a: bigint, b: bigint, root = false): number {
  if (a === 0n) return 0;
  const size = a < 0n ? -a : a;
  const lengthOf = (n: bigint) => n.toString(16).length * 4;
  let shift = BigInt(200 + lengthOf(b) - lengthOf(size));
  if (shift % 2n !== 0n) shift += 1n;
  const [above, below] = shift > 0n ? [size << shift, b] : [size, b << -shift];
  // What is cut off still tells to which side a tie goes.
  const whole = (above / below) | (above % below === 0n ? 0n : 1n);
  const number = root ? Math.sqrt(Number(whole)) : Number(whole);
  const exponent = root ? -Number(shift) / 2 : -Number(shift);
  const scaled = number * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2));
  return a < 0n ? -scaled : scaled;
}

/** The true sum, rounded to 53 bits, over the size: what "the average" is to another implementation. */
function averageOf(values: number[]): number {
  const sum = quotient(sumOf(values), 1n << UNIT);
  const smallerSum = quotient(sumOf(values), 1n << (UNIT + 20n));
  return Number.isFinite(sum) ? sum / values.length : (smallerSum / values.length) * 2 ** 20;
}

function zscoreOf(values: number[], newest: number): number {
  const n = BigInt(values.length);
  const sum = sumOf(values);
  const numerator = n * values.reduce((squares, value) => squares + exactly(value) ** 2n, 0n) - sum ** 2n;
  if (numerator === 0n) return Number.NaN;
  const distance = n * exactly(newest) - sum;
  const size = quotient(distance ** 2n * (n - 1n), n * numerator, true);
  return distance < 0n ? -size : size;
}

const aggregates = {
  last: (values: number[]) => values.at(-1)!,
  min: (values: number[]) => values.reduce((least, value) => Math.min(least, value)),
  max: (values: number[]) => values.reduce((most, value) => Math.max(most, value)),
  average: averageOf,
};

/** The rules, from scratch. */
function measured(all: number[], measure: Measure): number {
  const values = all.slice(-reachOf(measure));
  if (values.length < reachOf(measure)) return Number.NaN;
  if (measure.kind === 'aggregate') return aggregates[measure.aggregate](values);
  if (measure.kind === 'zscore') return zscoreOf(values.slice(0, -1), values.at(-1)!);
  const c = aggregates[measure.aggregate](values.slice(measure.priorWindow));
  const p = aggregates[measure.aggregate](values.slice(0, measure.priorWindow));
  if (measure.changeType === 'absolute') return c - p;
  if (p === 0) return Number.NaN;
  return Number.isFinite(c - p) ? (c - p) / Math.abs(p) : c / Math.abs(p) - Math.sign(p);
}

/** From here on a z-score may overflow; it is far beyond any threshold. */
const ENDLESS = 1e290;

function expectSame(ours: number, theirs: number, measure: Measure): void {
  if (measure.kind !== 'zscore' || Number.isNaN(ours) || Number.isNaN(theirs)) {
    // Zero is zero, whatever its sign.
    expect(ours + 0).toBe(theirs + 0);
  } else if (!isNear(ours, theirs)) {
    throw new Error(`${measureKey(measure)} is ${ours}, not ${theirs}`);
  }
}

function isNear(ours: number, theirs: number): boolean {
  if (Math.abs(theirs) > ENDLESS) return ours * Math.sign(theirs) > ENDLESS;
  return Math.abs(ours - theirs) <= 1e-12 * Math.abs(theirs);
}

const size = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }));
const measures: fc.Arbitrary<Measure> = fc.oneof(
  fc.record({
    kind: fc.constant('aggregate' as const),
    aggregate: fc.constantFrom('last' as const, 'min' as const, 'max' as const, 'average' as const),
    window: size,
  }),
  fc.record({
    kind: fc.constant('change' as const),
    aggregate: fc.constantFrom('min' as const, 'max' as const, 'average' as const),
    window: size,
    priorWindow: size,
    changeType: fc.constantFrom('relative' as const, 'absolute' as const),
  }),
  fc.record({ kind: fc.constant('zscore' as const), window: size.map((window) => window + 1) }),
);

/** One kind of values for a whole series: nastiness needs company. */
const kindsOfValues = fc.constantFrom<fc.Arbitrary<number>[]>(
  [fc.integer({ min: -5, max: 5 })],
  [fc.integer({ min: -(2 ** 39), max: 2 ** 39 })],
  [fc.double({ min: 0, max: 1, noNaN: true })],
  [fc.double({ noNaN: true, noDefaultInfinity: true })],
  [fc.constantFrom(1e16, 1, -1e16, 1e16 + 2, 3, 0.1)],
  [fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, 1e308, -1e308, 1, 5e-324)],
  [fc.constantFrom(5e-324, -5e-324, 1e-323, 2e-310, 0)],
  [fc.constantFrom(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3)],
  [fc.constantFrom(1e10 + 1e-6, 1e10, 1e10 - 1e-6)],
  [fc.constantFrom(1, -1, 1 + 2 ** -52, -1 - 2 ** -52)],
  [fc.integer({ min: -300, max: 300 }).map((power) => 10 ** power)],
);

const actions = kindsOfValues.chain(([value]) =>
  fc.array(
    fc.oneof(
      {
        weight: 20,
        arbitrary: fc.record({
          gap: fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 0, -3),
          value: value!,
          isRead: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ forget: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ capacity: fc.integer({ min: 2, max: 45 }) }) },
    ),
    { maxLength: 150 },
  ),
);

function act(series: Series, all: Measure[], todo: ReturnType<typeof sample>): void {
  const board = new GaugeBoard(series);
  let capacity = 10;
  let step = 0;
  for (const action of todo) {
    if ('forget' in action) forgetFrom(series, step - action.forget);
    else if ('capacity' in action) capacity = action.capacity;
    else {
      step += action.gap;
      placeValue(series, { step, value: action.value, receivedAtMs: 0 }, capacity);
    }
    if (!('value' in action && action.isRead)) continue;
    const values = pointsOf(series).map((point) => point.value);
    board.update();
    for (const measure of all) expectSame(board.gauge(measure).read(), measured(values, measure), measure);
  }
}

const sample = () => fc.sample(actions, 1)[0]!;

describe('gauges', () => {
  test('read what a look at the whole window says, whatever happened to the series', () => {
    fc.assert(
      fc.property(fc.array(measures, { minLength: 1, maxLength: 6 }), actions, (all, todo) =>
        act(emptySeries(), all, todo),
      ),
      { numRuns: 2000, endOnFailure: true },
    );
  });

  test.each<[string, (at: number) => number]>([
    ['a noisy loss', (at) => Math.exp(-at / 500) + Math.sin(at * at) / 50],
    ['a loss without noise', (at) => 3 * Math.exp(-at / 300) + 0.2],
    ['a spike of 1e16 at times', (at) => (at % 700 === 3 ? 1e16 : Math.sin(at))],
    ['the ends of the range', (at) => (at % 3 === 0 ? -1 : 1) * 1.7e308 * Math.cos(at)],
    ['noise on a large number', (at) => 1e16 + 2 * Math.round(3 * Math.sin(at * at))],
    ['levels', (at) => 10 ** (Math.floor(at / 400) % 5) + Math.sin(at * at) * 1e-6],
    ['a constant after noise', (at) => (at < 1500 ? Math.sin(at) : 0.1)],
    ['a fall through all magnitudes', (at) => 10 ** (300 - (at % 600)) * (2 + Math.sin(at))],
    ['signs that alternate', (at) => (at % 2 === 0 ? 1 : -1) * (1e9 + at / 3)],
  ])('stay right over a long series: %s', (_, valueAt) => {
    const all: Measure[] = [
      { kind: 'aggregate', aggregate: 'average', window: 1000 },
      { kind: 'aggregate', aggregate: 'min', window: 500 },
      { kind: 'aggregate', aggregate: 'max', window: 500 },
      { kind: 'change', aggregate: 'max', window: 40, priorWindow: 70, changeType: 'absolute' },
      { kind: 'zscore', window: 300 },
      { kind: 'zscore', window: 30 },
      { kind: 'change', aggregate: 'average', window: 10, priorWindow: 50, changeType: 'relative' },
    ];
    const series = emptySeries();
    const board = new GaugeBoard(series);
    const gauges = all.map((measure) => board.gauge(measure));
    const values: number[] = [];
    for (let step = 0; step < 3000; step++) {
      values.push(valueAt(step));
      placeValue(series, { step, value: valueAt(step), receivedAtMs: 0 }, 1000);
      board.update();
      const numbers = gauges.map((gauge) => gauge.read());
      if (step % 61 !== 0 && step % 700 > 5) continue;
      for (const [at, measure] of all.entries()) expectSame(numbers[at]!, measured(values, measure), measure);
    }
  });

  test.each([2, 39, 40, 41, 300])('stay right where they are read once in %d values', (gap) => {
    const all: Measure[] = [
      { kind: 'aggregate', aggregate: 'average', window: 40 },
      { kind: 'aggregate', aggregate: 'max', window: 40 },
      { kind: 'zscore', window: 39 },
    ];
    const series = emptySeries();
    const board = new GaugeBoard(series);
    const values: number[] = [];
    for (let step = 0; step < 1_200; step++) {
      values.push(Math.sin(step * step));
      placeValue(series, { step, value: values[step]!, receivedAtMs: 0 }, 40);
      if (step % gap !== 0) continue;
      board.update();
      for (const measure of all) expectSame(board.gauge(measure).read(), measured(values, measure), measure);
    }
  });

  test('know the small value that is left when the large ones beside it have gone', () => {
    const series = emptySeries();
    const board = new GaugeBoard(series);
    const average = board.gauge({ kind: 'aggregate', aggregate: 'average', window: 4 });
    for (const [step, value] of [0, 0, 0, 2 ** 100, 1, 2 ** -60, 0, 0, 0].entries()) {
      placeValue(series, { step, value, receivedAtMs: 0 }, 4);
      board.update();
    }
    expect(average.read()).toBe(2 ** -62);
  });

  test('of whole numbers are what plain arithmetic says, to the last bit', () => {
    const whole = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
    fc.assert(
      fc.property(fc.array(whole, { minLength: 60, maxLength: 90 }), (values) => {
        const series = emptySeries();
        const board = new GaugeBoard(series);
        const gauge = board.gauge({
          kind: 'change',
          aggregate: 'average',
          window: 10,
          priorWindow: 50,
          changeType: 'absolute',
        });
        for (const [step, value] of values.entries()) {
          placeValue(series, { step, value, receivedAtMs: 0 }, 60);
          const plain = (part: number[]) => part.reduce((sum, it) => sum + it, 0) / part.length;
          const upTo = values.slice(0, step + 1);
          const expected = plain(upTo.slice(-10)) - plain(upTo.slice(-60, -10));
          board.update();
          expect(gauge.read()).toBe(step < 59 ? Number.NaN : expected);
        }
      }),
    );
  });

  test('have no deviation, and so no z-score, exactly where all values are the same', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 2, max: 40 }),
        (value, window) => {
          const series = emptySeries();
          const board = new GaugeBoard(series);
          for (let step = 0; step < 3 * window; step++) {
            placeValue(series, { step, value: step < window ? step : value, receivedAtMs: 0 }, window + 1);
            board.update();
            board.deviation(window).read();
          }
          expect(board.deviation(window).read()).toBe(0);
          expect(board.gauge({ kind: 'zscore', window }).read()).toBeNaN();
        },
      ),
    );
  });

  test('are one for a measure', () => {
    const board = new GaugeBoard(emptySeries());
    const measure: Measure = { kind: 'aggregate', aggregate: 'max', window: 5 };
    expect(board.gauge({ ...measure })).toBe(board.gauge(measure));
    expect(board.gauge({ ...measure, window: 6 })).not.toBe(board.gauge(measure));
  });
});

const changeOf = (changeType: 'relative' | 'absolute', ...values: number[]) => {
  const series = emptySeries();
  for (const [step, value] of values.entries()) placeValue(series, { step, value, receivedAtMs: 0 }, 9);
  const measure = {
    kind: 'change' as const,
    aggregate: 'average' as const,
    window: 1,
    priorWindow: 2,
    changeType,
  };
  return new GaugeBoard(series).gauge(measure).read();
};

test.each([
  ['absolute' as const, [1, 3, 5], 3],
  ['absolute' as const, [1, 3, -5], -7],
  ['relative' as const, [1, 3, 5], 1.5],
  ['relative' as const, [-1, -3, -1], 0.5],
  ['relative' as const, [-1, 1, 5], Number.NaN],
  ['relative' as const, [1, 3], Number.NaN],
  ['relative' as const, [-1.7e308, -1.7e308, 1.7e308], 2],
])('the %s change of %p is %p', (changeType, values, expected) => {
  expect(changeOf(changeType, ...values)).toBe(expected);
});

test('a z-score across runs is that of the newest value against the others', () => {
  expect(zscoreAgainst(4, [1, 2, 3])).toBe(2);
  expect(zscoreAgainst(0, [1, 2, 3])).toBe(-2);
  expect(zscoreAgainst(4, [2, 2, 2])).toBeNaN();
  expect(zscoreAgainst(4, [2])).toBeNaN();
  expect(zscoreAgainst(4, [])).toBeNaN();
});

test('a measure knows the values that it is made from', () => {
  const series = emptySeries();
  for (const step of [1, 2, 3, 4, 5, 6]) placeValue(series, { step, value: step, receivedAtMs: 0 }, 9);
  const change = { kind: 'change' as const, aggregate: 'min' as const, changeType: 'relative' as const };
  expect(windowOf(series, { kind: 'aggregate', aggregate: 'min', window: 3 })).toEqual([4, 5, 6]);
  expect(windowOf(series, { ...change, window: 2, priorWindow: 3 })).toEqual([5, 6]);
  expect(windowOf(series, { kind: 'zscore', window: 3 })).toEqual([3, 4, 5, 6]);
});
