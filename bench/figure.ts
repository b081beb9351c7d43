/** One result. `ratio` says how many times better ours is, unless the figure's name says otherwise. */
export interface Figure {
  figure: string;
  ours: number;
  peer: string;
  theirs: number;
  ratio: number;
  unit: string;
}

export interface Settings {
  isQuick: boolean;
  withJava: boolean;
  withGo: boolean;
  /** Says what goes on or was left out; not a result. */
  say(line: string): void;
}

export type Section = (settings: Settings) => Promise<Figure[]>;

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

const COLUMNS = ['figure', 'ours', 'theirs', 'unit', 'ratio', 'peer'] as const;

/** The figures as a table for people; numbers to four digits. */
export function toTable(figures: Figure[]): string {
  const rows = figures.map((figure) => COLUMNS.map((column) => cell(figure[column])));
  const widths = COLUMNS.map((column, at) =>
    Math.max(column.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const isNumeric = [false, true, true, false, true, false];
  const line = (cells: readonly string[]) =>
    cells
      .map((text, at) => (isNumeric[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join('  ');
  return [line(COLUMNS), ...rows.map(line)].map((text) => text.trimEnd()).join('\n');
}

function cell(value: string | number): string {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}
