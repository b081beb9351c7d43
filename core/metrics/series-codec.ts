import { ByteReader, ByteWriter } from './packed-bytes.ts';
import { readValues, writeValues } from './packed-values.ts';
import { emptySeries, type Series, sizeOf } from './series.ts';

const VERSION = 1;
/** With the floor of a series that was rewound, behind the time of the last value. */
const REWOUND = 2;

/** No series is as long: what says so is damaged. */
const MOST_VALUES = 100_000;

/**
 * A series as bytes: version, count, when the last value came, the floor if there is one, first step and the
 * differences to the next ones, times of receipt, values. Whole numbers up to 2^52 and any double survive exactly. Steps
 * that count up take nothing, times 2 bytes when each point comes alone and next to nothing when they come in batches;
 * for values see packed-values.ts.
 */
export function encodeSeries(series: Series): Uint8Array {
  const { start, end, lastReceivedAtMs, floor } = series;
  const count = sizeOf(series);
  const writer = new ByteWriter(32 + count * 12);
  writer.byte(floor > 0 ? REWOUND : VERSION);
  writer.number(count);
  writer.number(lastReceivedAtMs);
  if (floor > 0) writer.number(floor);
  if (count === 0) return writer.done();
  writer.number(series.steps[start] as number);
  writeRepeats(writer, differences(series.steps.subarray(start, end)), 0);
  writeRepeats(writer, series.receivedAtMs.subarray(start, end), lastReceivedAtMs);
  writeValues(writer, series.values.subarray(start, end));
  return writer.done();
}

/** Reads what encodeSeries wrote; throws on bytes that it cannot have written. */
export function decodeSeries(bytes: Uint8Array): Series {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== VERSION && version !== REWOUND) {
    throw new Error(`a packed series is of version ${version}, not ${VERSION} or ${REWOUND}`);
  }
  const count = reader.number();
  if (count > MOST_VALUES) throw new Error(`a packed series claims to hold ${count} values`);
  const series = emptySeries(count);
  series.lastReceivedAtMs = reader.number();
  if (version === REWOUND) series.floor = reader.number();
  if (count > 0) readLists(reader, series);
  reader.end();
  series.end = count;
  return series;
}

function readLists(reader: ByteReader, series: Series): void {
  const { steps, receivedAtMs, values } = series;
  steps[0] = reader.number();
  readRepeats(reader, steps.subarray(1), 0);
  for (let at = 1; at < steps.length; at++) {
    if (!((steps[at] as number) > 0)) throw new Error('a packed series holds steps out of order');
    steps[at] = (steps[at] as number) + (steps[at - 1] as number);
  }
  readRepeats(reader, receivedAtMs, series.lastReceivedAtMs);
  for (let at = 1; at < receivedAtMs.length; at++) {
    if ((receivedAtMs[at] as number) < (receivedAtMs[at - 1] as number)) series.orderedFrom = at;
  }
  readValues(reader, values);
}

function differences(steps: Float64Array): Float64Array {
  return steps.subarray(1).map((step, at) => step - (steps[at] as number));
}

/**
 * Whole numbers of which many repeat or grow evenly. Each number that differs from the one before is written as its
 * distance from where it would be if it grew as the last time (flag 1), each row of repeats as its length (flag 0).
 */
function writeRepeats(writer: ByteWriter, numbers: Float64Array, first: number): void {
  let previous = first;
  let growth = 0;
  let repeats = 0;
  for (const number of numbers) {
    if (number === previous) {
      repeats++;
      continue;
    }
    if (repeats > 0) writer.signed(repeats, 0);
    repeats = 0;
    const difference = number - previous;
    writer.signed(difference - growth, 1);
    growth = nextGrowth(difference);
    previous = number;
  }
  if (repeats > 0) writer.signed(repeats, 0);
}

function readRepeats(reader: ByteReader, numbers: Float64Array, first: number): void {
  let previous = first;
  let growth = 0;
  for (let at = 0; at < numbers.length; ) {
    const { value, flag } = reader.signed();
    if (flag === 0) {
      if (value < 1 || value > numbers.length - at) throw new Error('a packed series holds too many repeats');
      numbers.fill(previous, at, at + value);
      at += value;
    } else {
      const difference = value + growth;
      growth = nextGrowth(difference);
      previous += difference;
      numbers[at++] = previous;
    }
  }
}

/** Only small growth is foretold: sums with large ones would not be exact. */
const nextGrowth = (difference: number) => (Math.abs(difference) < 2 ** 32 ? difference : 0);
