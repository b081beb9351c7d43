/** Average, min, max and sample deviation of a full window. */
export type Four = [average: number, min: number, max: number, deviation: number];

/** The largest relative error of the four. */
export function worst(one: Four, other: Four): number {
  return Math.max(...one.map((number, at) => relativeError(number, other[at] ?? Number.NaN)));
}

/** What is no number at all is off by all of it. */
function relativeError(number: number, truly: number): number {
  if (Number.isNaN(number)) return 1;
  return number === truly ? 0 : Math.abs(number - truly) / Math.abs(truly);
}

/** The four numbers by whole numbers of any length: each value here is one of 2^-80 times 2^80. */
export function truth(values: Float64Array): Four {
  const whole = Array.from(values, (value) => BigInt(value * 2 ** 80));
  const n = BigInt(values.length);
  const sum = whole.reduce((total, value) => total + value, 0n);
  const squares = whole.reduce((total, value) => total + value * value, 0n);
  const numerator = n * squares - sum * sum;
  return [
    Number(sum) / 2 ** 80 / values.length,
    Math.min(...values),
    Math.max(...values),
    Math.sqrt(Number(numerator / (n * (n - 1n)))) / 2 ** 80,
  ];
}
