import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { venvPython } from './python-venv.ts';

const requirements = join(import.meta.dirname, '../infra/requirements.txt');

/** The Python that holds cfn-lint as pinned; undefined where there can be none. */
export function cfnLintPython(): string | undefined {
  return venvPython('cfn-lint', requirements);
}

/** CDK names a role as a dependency of its function although the function refers to it. */
const REDUNDANT_DEPENDENCY = 'W3005';

interface Finding {
  Filename: string;
  Rule: { Id: string };
  Message: string;
  Location: { Path: (string | number)[] };
}

/** What AWS's own linter has against templates, for every region given; in one process, because starting it takes longest. */
export function lint(templates: Record<string, object>, regions: string[]): Record<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-lint-'));
  try {
    const names = Object.keys(templates);
    const files = names.map((name, at) => {
      const file = join(folder, `${at}.json`);
      writeFileSync(file, JSON.stringify(templates[name]));
      return file;
    });
    const findings = run('--regions', ...regions, '--format', 'json', '--template', ...files);
    const of = (at: number) =>
      findings
        .filter(({ Filename }) => basename(Filename) === `${at}.json`)
        .map(({ Rule, Message, Location }) => `${Rule.Id} ${Location.Path.join('/')}: ${Message}`);
    return Object.fromEntries(names.map((name, at) => [name, of(at)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(...args: string[]): Finding[] {
  const python = cfnLintPython() ?? '';
  // By its Python: the script itself names the folder in which it was installed.
  const { stdout, stderr } = spawnSync(python, [join(python, '../cfn-lint'), ...args], { encoding: 'utf8' });
  if (!stdout.trimStart().startsWith('[')) throw new Error(`cfn-lint did not run: ${stderr}`);
  return (JSON.parse(stdout) as Finding[]).filter(({ Rule }) => Rule.Id !== REDUNDANT_DEPENDENCY);
}
