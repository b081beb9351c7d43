import { emptySeries, placeValue, type Series } from '../../core/metrics/series.ts';

const BEGIN_MS = 1_790_000_000_000;
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * A series that packs as badly as a client can make it: values that differ in their first and last bytes, steps that are
 * by turns near and far, and every other value filled in a year later.
 */
export function worstSeries(count: number): Series {
  const series = emptySeries(count);
  const far = Math.floor(2 ** 53 / count) - 2;
  let step = 0;
  for (let at = 0; at < count; at++) {
    const value = (at % 2 === 0 ? 1 : -1e-300) * (1 / 3 + at / 7);
    const receivedAtMs = BEGIN_MS + at * 977 + (at % 2 === 0 ? YEAR_MS : 0);
    placeValue(series, { step: Math.min(step, 2 ** 52), value, receivedAtMs }, count);
    step += at % 2 === 0 ? far : 1;
  }
  return series;
}
