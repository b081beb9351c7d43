import { describeScope } from '../../core/scope-text.ts';
import { plain } from '../terminal/plain-text.ts';
import type { Screen, Style } from '../terminal/screen.ts';
import { cut, widthOf } from '../terminal/table.ts';
import type { Difference } from './differences.ts';
import type { Plan, Step } from './plan.ts';

const signs: Record<Step['act'], { sign: string; style: Style }> = {
  create: { sign: '+', style: 'green' },
  change: { sign: '~', style: 'yellow' },
  delete: { sign: '-', style: 'red' },
};

/** The plan as its reader decides on it: what will happen to what, and each field that changes. */
export function planLines({ steps, unchanged, others }: Plan, screen: Screen): string[] {
  const names = steps.map((step) => nameOf(step));
  const width = Math.min(40, Math.max(0, ...names.map(widthOf)));
  const lines = steps.flatMap((step) => [stepLine(step, width, screen), ...differenceLines(step, screen)]);
  const summary =
    steps.length === 0
      ? `No changes: ${unchanged.length} ${unchanged.length === 1 ? 'document is' : 'documents are'} as deployed.`
      : countsText(steps, unchanged.length);
  return [...lines, ...(steps.length > 0 ? [''] : []), summary, ...keptLines(others)];
}

const NAMED_OTHERS = 5;

function keptLines(others: Plan['others']): string[] {
  if (others.length === 0) return [];
  const names = others.slice(0, NAMED_OTHERS).map(({ kind, team, name }) => plain(`${kind} ${team}/${name}`));
  const more = others.length > NAMED_OTHERS ? ` and ${others.length - NAMED_OTHERS} more` : '';
  return [`In no file, and left alone (--prune deletes): ${names.join(', ')}${more}`];
}

function stepLine(
  step: Step,
  width: number,
  { paint, width: columns = Number.POSITIVE_INFINITY }: Screen,
): string {
  const { sign, style } = signs[step.act];
  const name = nameOf(step);
  const padded = name + ' '.repeat(Math.max(0, width - widthOf(name)));
  return paint(style, cut(`${sign} ${step.document.kind.padEnd(11)}  ${padded}  ${placeOf(step)}`, columns));
}

const nameOf = ({ document }: Step) => plain(`${document.team}/${document.name}`);

function placeOf({ document }: Step): string {
  return plain(document.kind === 'automation' ? describeScope(document.scope) : document.type);
}

function differenceLines(step: Step, { width = Number.POSITIVE_INFINITY }: Screen): string[] {
  if (step.act !== 'change') return [];
  const paths = Math.max(...step.differences.map(({ path }) => widthOf(plain(path))));
  return step.differences.map((difference) => cut(`    ${differenceText(difference, paths)}`, width));
}

function differenceText({ path, from, to }: Difference, width: number): string {
  const shown = plain(path);
  const label = shown + ' '.repeat(Math.max(0, width - widthOf(shown)));
  if (from === undefined) return `${label}  + ${valueText(to)}`;
  return to === undefined
    ? `${label}  - ${valueText(from)}`
    : `${label}  ${valueText(from)} → ${valueText(to)}`;
}

const valueText = (value: unknown) => plain(JSON.stringify(value));

function countsText(steps: Step[], unchanged: number): string {
  const count = (act: Step['act']) => steps.filter((step) => step.act === act).length;
  return `${count('create')} to create, ${count('change')} to change, ${count('delete')} to delete, ${unchanged} unchanged.`;
}

const participles: Record<Step['act'], string> = { create: 'created', change: 'changed', delete: 'deleted' };

/** A step that was not done, on a line. */
export function openStepText(step: Step): string {
  return `to ${step.act}  ${step.document.kind} ${nameOf(step)}`;
}

/** A step that was done, on a line. */
export function stepText(step: Step): string {
  return `${participles[step.act]}  ${step.document.kind} ${nameOf(step)}`;
}
