import type { MetricValue, Point } from '../event.ts';

/**
 * The points of an event turned on their side: a list of steps, and a column of values for each metric. This is how
 * they travel from ingest to the matcher: a metric's name stands once, and a column that nobody watches is not looked at.
 */
export interface Points {
  /** The metrics that occur, in the order of the columns. */
  metrics: string[];
  /** Null where a point names no step. */
  steps: (number | null)[];
  /** Absent when no point has a time of its own. */
  times?: (string | null)[];
  columns: Column[];
}

/** A value for each point; or, where fewer than half of the points have one, the places of those that do. */
type Column = MetricValue[] | { at: number[]; values: MetricValue[] } | (MetricValue | null)[];

export function toPoints(points: Point[]): Points {
  const places = new Map<string, { at: number[]; values: MetricValue[] }>();
  points.forEach(({ metrics }, at) => {
    for (const [metric, value] of Object.entries(metrics)) {
      const column = places.get(metric) ?? { at: [], values: [] };
      column.at.push(at);
      column.values.push(value);
      places.set(metric, column);
    }
  });
  const times = points.map(({ time }) => time ?? null);
  return {
    metrics: [...places.keys()],
    steps: points.map(({ step }) => step ?? null),
    ...(times.some((time) => time !== null) && { times }),
    columns: [...places.values()].map((column) => toColumn(column, points.length)),
  };
}

function toColumn({ at, values }: { at: number[]; values: MetricValue[] }, count: number): Column {
  if (at.length === count) return values;
  if (at.length * 2 < count) return { at, values };
  const dense: (MetricValue | null)[] = new Array(count).fill(null);
  at.forEach((place, n) => {
    dense[place] = values[n] ?? null;
  });
  return dense;
}

/** A metric's value at each point, null where the point lacks it; undefined when no point has it. */
export function valuesOf(points: Points, metric: string): (MetricValue | null)[] | undefined {
  const column = points.columns[points.metrics.indexOf(metric)];
  if (column === undefined || Array.isArray(column)) return column;
  const dense: (MetricValue | null)[] = new Array(points.steps.length).fill(null);
  column.at.forEach((place, n) => {
    dense[place] = column.values[n] ?? null;
  });
  return dense;
}
