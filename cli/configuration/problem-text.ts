import { plain } from '../terminal/plain-text.ts';
import type { Screen } from '../terminal/screen.ts';
import { Trouble } from '../trouble.ts';
import type { FileProblem } from './read-documents.ts';

/** Says everything that is wrong in the files, each with its place, and ends. */
export function refuseProblems(problems: FileProblem[], { note }: Screen): void {
  if (problems.length === 0) return;
  for (const { at, message, hint } of problems) {
    note(plain(`${at}: ${message}`));
    if (hint) note(plain(`  ${hint}`));
  }
  const what = problems.length === 1 ? 'this' : `these ${problems.length} things`;
  throw new Trouble('nothing was changed', { hint: `correct ${what} and try again` });
}
