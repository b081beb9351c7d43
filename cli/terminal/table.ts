import truncated from 'fast-string-truncated-width';
import { plain } from './plain-text.ts';

export interface Column {
  title: string;
  /** Never shortened: what people copy. */
  isWhole?: boolean;
  align?: 'left' | 'right';
}

const GAP = '  ';
const NARROWEST = 8;

/** How many columns of a terminal a text takes: wide characters take two, combining ones none. */
export function widthOf(text: string): number {
  return truncated(text).width;
}

/** A text cut to a width, with an ellipsis where it was longer. */
export function cut(text: string, width: number): string {
  const result = truncated(text, { limit: width, ellipsis: '…' });
  return result.truncated ? `${text.slice(0, result.index)}…` : text;
}

/**
 * Rows as lines under their titles. What does not fit into `width` is shortened, the widest columns first;
 * columns that are whole stay so, even where a line then is too long.
 */
export function tableLines(columns: Column[], rows: string[][], width = Number.POSITIVE_INFINITY): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(plain))];
  const natural = columns.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ''))));
  const widths = shrink(natural, columns, width - GAP.length * (columns.length - 1));
  return cells.map((row) =>
    columns
      .map((column, at) => cell(row[at] ?? '', widths[at] ?? 0, column))
      .join(GAP)
      .trimEnd(),
  );
}

/** Takes from the widest column until all fit. */
function shrink(natural: number[], columns: Column[], available: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, 0);
  while (total() > available) {
    const widest = Math.max(...widths.filter((_, at) => !columns[at]?.isWhole));
    if (widest <= NARROWEST) break;
    widths[widths.findIndex((width, at) => width === widest && !columns[at]?.isWhole)] = widest - 1;
  }
  return widths;
}

function cell(text: string, width: number, { align = 'left' }: Column): string {
  const shown = cut(text, width);
  const padding = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return align === 'left' ? shown + padding : padding + shown;
}
