import truncated from 'fast-string-truncated-width';
import { plain } from './plain-text.ts';

export interface Column {
  title: string;
  /** Never shortened: what people copy. */
  isWhole?: boolean;
  /** Goes to a second line, with the others that may, where all would not fit beside each other. */
  mayGoBelow?: boolean;
  /** Colours a cell, once it has its width. */
  painted?: (shown: string, cell: string) => string;
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
 * The titles and then each row as its lines. Where they do not fit into `width`, columns that may go below do so, and
 * the widest of the others are shortened; columns that are whole stay so, even where a line then is too long.
 */
export function tableLines(
  columns: Column[],
  rows: string[][],
  width = Number.POSITIVE_INFINITY,
): string[][] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(plain))];
  const all = columns.map((column, at): Strip => ({ column, cells: cells.map((row) => row[at] ?? '') }));
  const isTooWide = sum(all.map(naturalWidth)) + GAP.length * (all.length - 1) > width;
  const below = isTooWide ? all.filter(({ column }) => column.mayGoBelow) : [];
  const upper = joined(
    all.filter((strip) => !below.includes(strip)),
    width,
  );
  if (below.length === 0) return upper.map((line) => [line]);
  const lower = joined(below, width - GAP.length);
  return upper.map((line, at) => (lower[at] ? [line, GAP + lower[at]] : [line]));
}

/** A column with its cells, from the title down. */
interface Strip {
  column: Column;
  cells: string[];
}

const naturalWidth = ({ cells }: Strip) => Math.max(...cells.map(widthOf));
const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);

/** Columns beside each other, as lines. */
function joined(strips: Strip[], width: number): string[] {
  const widths = shrunk(strips, width - GAP.length * (strips.length - 1));
  const padded = strips.map(({ cells, column: { painted = (shown: string) => shown } }, at) =>
    cells.map((cell) => painted(pad(cell, widths[at] ?? 0), cell)),
  );
  return (padded[0] ?? []).map((_, row) =>
    padded
      .map((cells) => cells[row])
      .join(GAP)
      .trimEnd(),
  );
}

/** Takes from the widest column until all fit. */
function shrunk(strips: Strip[], available: number): number[] {
  const widths = strips.map(naturalWidth);
  const isFlexible = (at: number) => !strips[at]?.column.isWhole;
  for (let over = sum(widths) - available; over > 0; over--) {
    const widest = Math.max(...widths.filter((_, at) => isFlexible(at)));
    if (widest <= NARROWEST) break;
    widths[widths.findIndex((width, at) => width === widest && isFlexible(at))] = widest - 1;
  }
  return widths;
}

function pad(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + ' '.repeat(Math.max(0, width - widthOf(shown)));
}
