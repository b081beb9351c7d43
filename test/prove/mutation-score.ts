import { dirname } from 'node:path';
import type { Outcome } from './mutation-hunt.ts';

export interface Score {
  folder: string;
  mutants: number;
  killed: number;
  /** Between these the share of all mutants lies, in 19 of 20 samples. */
  low: number;
  high: number;
}

export const isKilled = ({ fate }: Pick<Outcome, 'fate'>) => fate === 'killed' || fate === 'timed out';

/** Wilson's interval for a share, at 95 %. */
function interval(hits: number, of: number): [low: number, high: number] {
  if (of === 0) return [0, 1];
  const z = 1.959964;
  const [share, square] = [hits / of, z * z];
  const middle = (share + square / (2 * of)) / (1 + square / of);
  const half = (z * Math.sqrt((share * (1 - share)) / of + square / (4 * of * of))) / (1 + square / of);
  return [middle - half, middle + half];
}

function scoreOf(folder: string, outcomes: readonly Outcome[]): Score {
  const killed = outcomes.filter(isKilled).length;
  const [low, high] = interval(killed, outcomes.length);
  return { folder, mutants: outcomes.length, killed, low, high };
}

/** One for each folder, and one for all. */
export function scoresOf(outcomes: readonly Outcome[]): Score[] {
  const folders = [...new Set(outcomes.map(({ file }) => dirname(file)))].sort();
  const of = (folder: string) => outcomes.filter(({ file }) => dirname(file) === folder);
  return [...folders.map((folder) => scoreOf(folder, of(folder))), scoreOf('all', outcomes)];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** The scores as a table; of a sample, with what they say about all mutants. */
export function scoreTable(scores: readonly Score[], isSample: boolean): string {
  const head = ['folder', 'mutants', 'killed', 'score', ...(isSample ? ['95 %'] : [])];
  const rows = scores.map(({ folder, mutants, killed, low, high }) => {
    const range = isSample ? [`${percent(low)} – ${percent(high)}`] : [];
    return [folder, mutants, killed, percent(killed / mutants), ...range];
  });
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}

/** A survivor in one line. */
export function describeSurvivor({ file, line, operator, original, replacement, fate }: Outcome): string {
  const short = (text: string) => {
    const flat = text.replaceAll(/\s+/g, ' ');
    return flat.length > 70 ? `${flat.slice(0, 69)}…` : flat;
  };
  const uncovered = fate === 'not covered' ? ' (no test comes here)' : '';
  return `${file}:${line} ${operator}: ${short(original)} → ${short(replacement)}${uncovered}`;
}
