import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { venvPython } from './python-venv.ts';

const requirements = join(import.meta.dirname, '../infra/requirements.txt');

/** The Python that holds cfn-lint as pinned; undefined where there can be none. */
export function cfnLintPython(): string | undefined {
  return venvPython('cfn-lint', requirements);
}

/** CDK names a role as a dependency of its function although the function refers to it. */
const REDUNDANT_DEPENDENCY = 'W3005';

interface Finding {
  Rule: { Id: string };
  Message: string;
  Location: { Path: (string | number)[] };
}

/** What AWS's own linter has against a template: the schemas of all resources, and what it knows beyond them. */
export function lint(template: object, region: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-lint-'));
  try {
    const file = join(folder, 'template.json');
    writeFileSync(file, JSON.stringify(template));
    const python = cfnLintPython() ?? '';
    // By its Python: the script itself names the folder in which it was installed.
    const args = [join(python, '../cfn-lint'), '--format', 'json', '--regions', region, '--template', file];
    const { stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
    if (!stdout.trimStart().startsWith('[')) throw new Error(`cfn-lint did not run: ${stderr}`);
    return (JSON.parse(stdout) as Finding[])
      .filter(({ Rule }) => Rule.Id !== REDUNDANT_DEPENDENCY)
      .map(({ Rule, Message, Location }) => `${Rule.Id} ${Location.Path.join('/')}: ${Message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
