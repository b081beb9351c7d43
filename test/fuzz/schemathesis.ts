import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporaryFolder } from '../support/local-runtime.ts';
import { venvPython } from '../support/python-venv.ts';

const requirements = join(import.meta.dirname, 'requirements.txt');

/** What an answer must not be: a failure of ours, or one that the document does not describe. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
];

export interface Fuzzed {
  requests: number;
  failures: number;
  report: string;
}

/** The Python that holds Schemathesis as pinned; undefined where there can be none. */
export function schemathesisPython(): string | undefined {
  return venvPython('schemathesis', requirements);
}

/** Sends requests that the document allows and such that it does not, and holds each answer against the document. */
export async function fuzz(
  { url, key }: { url: string; key: string },
  { phases, examples, seed }: { phases: string[]; examples: number; seed: number },
): Promise<Fuzzed> {
  const child = spawn(
    schemathesisPython() ?? '',
    [
      ...[
        '-m',
        'schemathesis.cli',
        '--no-color',
        'run',
        `${url}/v1/openapi.json`,
        '--header',
        `Authorization: Bearer ${key}`,
      ],
      ...['--checks', checks.join(','), '--phases', phases.join(','), '--max-examples', String(examples)],
      ...['--seed', String(seed), '--continue-on-failure', '--no-shrink', '--generation-database', 'none'],
    ],
    // It leaves files of its own where it runs.
    { cwd: temporaryFolder(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let report = '';
  child.stdout.on('data', (chunk) => {
    report += chunk;
  });
  const [code] = await once(child, 'close');
  const [, requests = '0', rest = ''] = /^Test cases:\n\s+(\d+) generated(.*)$/m.exec(report) ?? [];
  const failures = /found (\d+)/.exec(rest)?.[1] ?? /(\d+) unique failures?/.exec(rest)?.[1] ?? '0';
  return { requests: Number(requests), failures: code === 0 ? 0 : Math.max(1, Number(failures)), report };
}
