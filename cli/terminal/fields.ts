import { plain, plainLines } from './plain-text.ts';
import type { Screen } from './screen.ts';

/** Labels and what they stand for; what has nothing to say is left out. */
export function fieldLines(
  fields: readonly (readonly [label: string, value: string | number | undefined])[],
  { paint }: Screen,
): string[] {
  const said = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...said.map(([label]) => label.length));
  return said.map(([label, value]) => `${paint('dim', label.padEnd(width))}  ${plain(String(value))}`);
}

/** A text of somebody's, each of its lines moved to the right. */
export function indented(text: string, by = '  '): string[] {
  return plainLines(text)
    .split('\n')
    .map((line) => by + line);
}
