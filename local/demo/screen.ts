import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const LABEL_WIDTH = 13;

/** Text in a style; plain where the output is no terminal, or NO_COLOR is set. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Prints `  label      text`, with the texts of all labels in one column. */
export function say(label: string, text: string, style: Style = 'dim'): void {
  console.log(`  ${paint(style, label.padEnd(LABEL_WIDTH))}${text}`);
}

/** Prints an empty line between two groups. */
export function gap(): void {
  console.log('');
}

/** Rows as lines, each column as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
}
