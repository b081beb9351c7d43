// Stryker's instrumenter makes the mutants; all of them stand in the text at once, each behind a switch.
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';

export interface Mutant {
  /** What its switch is called, in this build only. */
  id: string;
  /** The same in every build of the same text. */
  key: string;
  file: string;
  line: number;
  operator: string;
  original: string;
  replacement: string;
}

export interface Mutated {
  /** What to compile in place of a file, with its mutants. */
  texts: Map<string, string>;
  mutants: Mutant[];
  /** Mutants left out, because they only change what a text says. */
  texted: number;
}

const silent = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
};

/** The wording of a text is no promise, and a string with a space between words is a text. */
function isWording({ operator, original }: Pick<Mutant, 'operator' | 'original'>): boolean {
  return operator === 'StringLiteral' && /\p{L}\S* +\S*\p{L}/u.test(original.replaceAll(/\$\{[^}]*\}/g, 'x'));
}

/** The files of the product that are mutated: paths below the folder. */
export function filesIn(folder: string): string[] {
  return globSync('core/**/*.ts', { cwd: folder }).sort();
}

/** All mutants of some files. Code that is only types has none. */
export async function mutate(folder: string, files: readonly string[]): Promise<Mutated> {
  const inputs = files.map((name) => ({
    name,
    content: readFileSync(join(folder, name), 'utf8'),
    mutate: true,
  }));
  const options = { plugins: null, ignorers: [], excludedMutations: [], noHeader: true };
  const made = await new Instrumenter(silent).instrument(inputs, options);
  const sources = new Map(inputs.map(({ name, content }) => [name, content]));
  const mutants = made.mutants.map((mutant): Mutant => {
    const { id, fileName: file, mutatorName: operator, replacement, location } = mutant;
    const source = sources.get(file) ?? '';
    const [from, to] = [offsetOf(source, location.start), offsetOf(source, location.end)];
    const digest = createHash('sha256').update(`${source}\0${from}\0${to}\0${operator}\0${replacement}`);
    const key = `${file}#${digest.digest('hex').slice(0, 16)}`;
    const line = location.start.line + 1;
    return { id, key, file, line, operator, original: source.slice(from, to), replacement };
  });
  const kept = mutants.filter((mutant) => !isWording(mutant));
  const texts = new Map(made.files.map(({ name, content }) => [name, content]));
  return { texts, mutants: kept, texted: mutants.length - kept.length };
}

function offsetOf(source: string, { line, column }: { line: number; column: number }): number {
  let offset = 0;
  for (let at = 0; at < line; at++) offset = source.indexOf('\n', offset) + 1;
  return offset + column;
}
