import incrmmax from '@stdlib/stats-incr-mmax';
import incrmmean from '@stdlib/stats-incr-mmean';
import incrmmin from '@stdlib/stats-incr-mmin';
import incrmstdev from '@stdlib/stats-incr-mstdev';
import { max, mean, min, sampleStandardDeviation } from 'simple-statistics';
import { GaugeBoard } from '../core/metrics/gauge.ts';
import { emptySeries, placeValue } from '../core/metrics/series.ts';
import { type Figure, median, type Settings } from './figure.ts';
import { type Four, truth, worst } from './window-truth.ts';

interface Contender {
  name: string;
  /** Pushes all values and reads the four numbers after each; answers their sum, so that none is left out. */
  run(values: Float64Array, window: number): number;
  /** Pushes all values, reading as it goes, and answers the last four numbers. */
  four(values: Float64Array, window: number): Four;
}

const WINDOWS = [5, 10, 50, 100, 1000];
const PUSHES = 20_000;

/** How many values are pushed in a turn, and how often each contender has one, of at least so many milliseconds. */
interface Effort {
  pushes: number;
  rounds: number;
  warmUps: number;
  turnMs: number;
}

const FULL: Effort = { pushes: PUSHES, rounds: 11, warmUps: 4, turnMs: 25 };
const QUICK: Effort = { pushes: 5_000, rounds: 3, warmUps: 2, turnMs: 5 };

/** What a training run logs. Peers look for a new extreme in the whole window whenever the old one leaves it. */
const shapes = {
  noisy: (at: number) => 2 * Math.exp(-at / 5000) + 0.4 * fraction(at),
  smooth: (at: number) => 2.5 * Math.exp(-at / 8000) + 0.3 + 0.002 * fraction(at),
};

/** Evenly spread over 0 to 1, the same in every run. */
function fraction(at: number): number {
  return (Math.imul(at + 1, 2_654_435_761) >>> 0) / 2 ** 32;
}

const ours: Contender = {
  name: 'ours',
  run(values, window) {
    const series = emptySeries();
    const board = new GaugeBoard(series);
    const average = board.gauge({ kind: 'aggregate', aggregate: 'average', window });
    const least = board.gauge({ kind: 'aggregate', aggregate: 'min', window });
    const most = board.gauge({ kind: 'aggregate', aggregate: 'max', window });
    const deviation = board.deviation(window);
    let total = 0;
    for (let step = 0; step < values.length; step++) {
      const value = values[step] as number;
      placeValue(series, { step, value, receivedAtMs: 1_790_000_000_000 + step * 50 }, window);
      board.update();
      const four = average.read() + least.read() + most.read() + deviation.read();
      if (step >= window - 1) total += four;
    }
    return total;
  },
  four(values, window) {
    const series = emptySeries();
    const board = new GaugeBoard(series);
    const aggregates = ['average', 'min', 'max'] as const;
    const gauges = aggregates.map((aggregate) => board.gauge({ kind: 'aggregate', aggregate, window }));
    gauges.push(board.deviation(window));
    let numbers: number[] = [];
    for (const [step, value] of values.entries()) {
      placeValue(series, { step, value, receivedAtMs: 0 }, window);
      board.update();
      numbers = gauges.map((gauge) => gauge.read());
    }
    return numbers as Four;
  },
};

const stdlib: Contender = {
  name: '@stdlib/stats-incr-m*',
  run(values, window) {
    const average = incrmmean(window);
    const least = incrmmin(window);
    const most = incrmmax(window);
    const deviation = incrmstdev(window);
    let total = 0;
    for (let at = 0; at < values.length; at++) {
      const value = values[at] as number;
      const four = (average(value) ?? 0) + (least(value) ?? 0) + (most(value) ?? 0) + (deviation(value) ?? 0);
      if (at >= window - 1) total += four;
    }
    return total;
  },
  four(values, window) {
    const accumulators = [incrmmean(window), incrmmin(window), incrmmax(window), incrmstdev(window)];
    let numbers: (number | null)[] = [];
    for (const value of values) numbers = accumulators.map((accumulate) => accumulate(value));
    return numbers.map((number) => number ?? Number.NaN) as Four;
  },
};

const simple: Contender = {
  name: 'simple-statistics',
  run(values, window) {
    const held: number[] = [];
    let total = 0;
    for (let at = 0; at < values.length; at++) {
      held.push(values[at] as number);
      if (held.length > window) held.shift();
      if (held.length > 1) total += mean(held) + min(held) + max(held) + sampleStandardDeviation(held);
    }
    return total;
  },
  four(values, window) {
    const held = [...values.subarray(-window)];
    return [mean(held), min(held), max(held), sampleStandardDeviation(held)];
  },
};

/**
 * Pushes a second beside peers, round by round in one process, and how far each is from the truth. All of it runs once
 * before any of it is timed: an engine compiles for what it has seen so far, and the first windows would pay for that.
 */
export async function windowFigures({ isQuick }: Settings): Promise<Figure[]> {
  const contests = contestsOf(isQuick ? QUICK : FULL);
  for (const contest of contests) {
    checkAgreement(contest.values, contest.window);
    speedFigures({ ...contest, effort: { ...contest.effort, rounds: 0 } });
  }
  return [...contests.flatMap(speedFigures), errorFigure()];
}

interface Contest {
  figure: string;
  values: Float64Array;
  window: number;
  effort: Effort;
}

function contestsOf(effort: Effort): Contest[] {
  return Object.entries(shapes).flatMap(([shape, valueAt]) => {
    const values = Float64Array.from({ length: effort.pushes }, (_, at) => valueAt(at));
    const figureOf = (window: number) => `${shape} values, window ${window}`;
    return WINDOWS.map((window) => ({ figure: figureOf(window), values, window, effort }));
  });
}

function speedFigures(contest: Contest): Figure[] {
  const { figure, effort } = contest;
  const contenders = [ours, stdlib, simple];
  const rates = contenders.map((): number[] => []);
  for (let round = -effort.warmUps; round < effort.rounds; round++) {
    for (const [at, contender] of contenders.entries()) {
      const rate = pushesPerSecond(contender, contest);
      if (round >= 0) rates[at]?.push(rate);
    }
  }
  const [own = [], ...others] = rates;
  return others.map((theirs, at) => ({
    figure,
    ours: Math.round(median(own)),
    peer: contenders[at + 1]?.name ?? '',
    theirs: Math.round(median(theirs)),
    ratio: median(own.map((rate, round) => rate / (theirs[round] ?? Number.NaN))),
    unit: 'pushes/s',
  }));
}

let sink = 0;

function pushesPerSecond(contender: Contender, { values, window, effort }: Contest): number {
  const startedAt = performance.now();
  let pushes = 0;
  while (performance.now() - startedAt < effort.turnMs) {
    sink += contender.run(values, window);
    pushes += values.length;
  }
  if (Number.isNaN(sink)) throw new Error(`${contender.name} made something that is not a number`);
  return (pushes / (performance.now() - startedAt)) * 1000;
}

function checkAgreement(values: Float64Array, window: number): void {
  for (const length of [window, window + 1, 2 * window + 3, 5000]) {
    const mine = ours.four(values.subarray(0, length), window);
    for (const peer of [stdlib, simple]) {
      const theirs = peer.four(values.subarray(0, length), window);
      if (!mine.every((number, at) => Math.abs(number - (theirs[at] ?? Number.NaN)) <= 1e-9 * mine[2])) {
        throw new Error(`window ${window}: ours says ${mine}, ${peer.name} says ${theirs}`);
      }
    }
  }
}

/** The largest relative error after 20,000 pushes, on values that are hard to sum as well. */
function errorFigure(): Figure {
  const hard = [
    ...Object.values(shapes),
    (at: number) => 1e9 + fraction(at),
    (at: number) => (at % 3000 === 1500 ? 1e12 : fraction(at)),
    (at: number) => (at % 2 === 0 ? 1 : -1) * (1e6 + fraction(at)),
  ];
  const errors = [ours, stdlib].map((contender) =>
    Math.max(
      ...hard.flatMap((valueAt) => {
        const values = Float64Array.from({ length: PUSHES }, (_, at) => valueAt(at));
        return WINDOWS.map((window) =>
          worst(contender.four(values, window), truth(values.subarray(-window))),
        );
      }),
    ),
  );
  const [own = Number.NaN, theirs = Number.NaN] = errors;
  return {
    figure: 'largest error after 20,000 pushes, hard values among them',
    ours: own,
    peer: stdlib.name,
    theirs,
    ratio: theirs / own,
    unit: 'relative',
  };
}
