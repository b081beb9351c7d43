import { styleText } from 'node:util';
import { plain } from './plain-text.ts';
import { type Column, tableLines } from './table.ts';

export type Style = Parameters<typeof styleText>[0];

/** Where a command says what it found. What people read goes to a terminal, JSON lines to everything else. */
export interface Screen {
  format: 'text' | 'json';
  /** Whether somebody sits there who can be asked. */
  isInteractive: boolean;
  /** Columns of the terminal; undefined where lines may have any length. */
  width: number | undefined;
  print: (line: string) => void;
  /** Beside the result: to standard error. */
  note: (line: string) => void;
  paint: (style: Style, text: string) => string;
}

export interface ScreenOptions {
  json?: boolean;
  text?: boolean;
}

/** The screen of this process. `fallback` is the format where neither an option nor a terminal decides. */
export function openScreen({ json, text }: ScreenOptions, fallback: Screen['format'] = 'json'): Screen {
  const { stdout, stderr, stdin } = process;
  const asked = json ? 'json' : text ? 'text' : undefined;
  return {
    format: asked ?? (stdout.isTTY ? 'text' : fallback),
    isInteractive: stdout.isTTY === true && stdin.isTTY === true,
    width: stdout.isTTY ? stdout.columns : undefined,
    print: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    paint: (style, shown) => styleText(style, shown, { stream: stdout }),
  };
}

/** How one column of a list is made of an item. */
export interface ListColumn<Item> extends Column {
  of: (item: Item) => string | number | undefined;
}

/** Prints items as a table, or as one JSON object a line. `none` is said where a table would be empty. */
export function printList<Item>(
  screen: Screen,
  items: Item[],
  columns: ListColumn<Item>[],
  none: string,
): void {
  if (screen.format === 'json') {
    for (const item of items) screen.print(JSON.stringify(item));
    return;
  }
  if (items.length === 0) {
    screen.note(none);
    return;
  }
  const rows = items.map((item) => columns.map(({ of }) => String(of(item) ?? '')));
  const [titles = [], ...lines] = tableLines(columns, rows, screen.width);
  for (const line of titles) screen.print(screen.paint('bold', line));
  for (const line of lines.flat()) screen.print(line);
}

/** Prints one thing: as JSON, or as the lines that `text` makes of it. */
export function printOne<Item>(screen: Screen, item: Item, text: (item: Item) => string[]): void {
  const lines = screen.format === 'json' ? [JSON.stringify(item)] : text(item);
  for (const line of lines) screen.print(line);
}

/** Says that something is done; as JSON, with what the API answered. */
export function printDone(screen: Screen, answer: unknown, sentence: string): void {
  screen.print(screen.format === 'json' ? JSON.stringify(answer) : plain(sentence));
}
