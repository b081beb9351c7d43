/**
 * `npm test`: types, lint and format, dead code, then every jest project but `upgrade`, which needs the history of the
 * repository (`npm run test:upgrade`). With arguments: jest alone, given them.
 * CI_STRICT=1 makes a skipped test a failure. The last line is always `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';

interface Step {
  name: string;
  /** A script below node_modules, and its arguments. */
  script: string;
  args: string[];
}

/** What of jest's report is read here. */
interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: { assertionResults: { fullName: string; status: string }[] }[];
}

const root = resolve(import.meta.dirname, '..');
const isStrict = process.env['CI_STRICT'] === '1';
const jestArgs = process.argv.slice(2);
// Biome colours a CI's log as well, letter by letter.
const biomeColors = process.stdout.isTTY ? [] : ['--colors=off'];

const checks: Step[] = [
  { name: 'types', script: 'typescript/bin/tsc', args: ['-p', '.'] },
  { name: 'lint and format', script: '@biomejs/biome/bin/biome', args: ['ci', ...biomeColors, '.'] },
  { name: 'dead code', script: 'knip/bin/knip.js', args: [] },
];

function heading(name: string): void {
  console.log(styleText('bold', `\n── ${name} ${'─'.repeat(60 - name.length)}`, { stream: process.stdout }));
}

function runStep({ name, script, args }: Step): boolean {
  heading(name);
  const startedAt = performance.now();
  // Node's warning that node:sqlite is new would stand above every result.
  const node = ['--disable-warning=ExperimentalWarning', join(root, 'node_modules', script)];
  const { status, error } = spawnSync(process.execPath, [...node, ...args], { cwd: root, stdio: 'inherit' });
  if (error) console.log(error.message);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(status === 0 ? `ok (${seconds} s)` : `FAILED (${seconds} s)`);
  return status === 0;
}

function runJest(): { isClean: boolean; report: JestReport | undefined } {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-jest-'));
  const file = join(folder, 'report.json');
  try {
    const chosen = jestArgs.length > 0 ? jestArgs : ['--ignoreProjects', 'upgrade'];
    const args = ['--json', `--outputFile=${file}`, ...chosen];
    const isClean = runStep({ name: 'tests', script: 'jest/bin/jest.js', args });
    return { isClean, report: readReport(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The names of all tests that did not run; a name says in brackets what its test needed. */
function skippedIn(report: JestReport | undefined): string[] {
  const results = report?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? [];
  return results
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map((test) => test.fullName);
}

function summarize(failedSteps: string[], report: JestReport | undefined): boolean {
  const skipped = skippedIn(report);
  heading('summary');
  for (const name of failedSteps) console.log(`failed: ${name}`);
  for (const name of skipped) console.log(`skipped: ${name}`);
  if (isStrict && skipped.length > 0) console.log('CI_STRICT=1: a skipped test is a failure');
  const passed = report?.numPassedTests ?? 0;
  // A suite that could not even be loaded has no failed tests of its own.
  const failed = report ? report.numFailedTests + report.numRuntimeErrorTestSuites : 1;
  console.log(`${passed} passed, ${failed} failed`);
  return failedSteps.length === 0 && failed === 0 && passed > 0 && !(isStrict && skipped.length > 0);
}

const failedChecks = (jestArgs.length > 0 ? [] : checks).filter((step) => !runStep(step));
const { isClean, report } = runJest();
const failedSteps = [...failedChecks.map(({ name }) => name), ...(isClean ? [] : ['tests'])];
process.exitCode = summarize(failedSteps, report) ? 0 : 1;
