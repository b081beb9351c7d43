// The proofs that have a command of their own: each is run as a user would run it.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { endProgress, type Part, type Proved, showProgress } from './part.ts';

const root = resolve(import.meta.dirname, '../..');

interface Command {
  name: string;
  script: string;
  args: string[];
}

/** Promises that a part of `npm test` proves. */
const tests = (name: string, ...paths: string[]): Command => ({
  name,
  script: 'test/run.ts',
  args: ['-w', '1', ...paths],
});

const commands: Command[] = [
  { name: 'matching', script: 'test/prove/matching.ts', args: ['--worlds', '60000', '--seed', '1'] },
  { name: 'matching: planted bugs', script: 'test/prove/planted.ts', args: [] },
  { name: 'secrets', script: 'test/prove/canary.ts', args: ['2000', '1'] },
  { name: 'addresses', script: 'test/prove/addresses.ts', args: [] },
  tests('bounded attempts', 'test/integration/send-hostile'),
  tests('rights', 'test/integration/authorization', 'test/integration/auth-corpus'),
  tests('bad input', 'test/integration/api-fuzz', 'test/unit/ingest-corpus'),
  tests('bounded CPU', 'test/unit/filters-regex', 'test/integration/template-corpus'),
  tests('signatures', 'test/unit/signature', 'test/unit/signatures-of-others'),
  tests('infrastructure', 'test/infra'),
];

/** The last lines that a command printed are what it saw; a heading and a table's row are none. */
function run({ name, script, args }: Command): Promise<Proved> {
  const child = spawn(process.execPath, ['bin/node.mjs', script, ...args], { cwd: root });
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
    showProgress(`${name} `);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((settle) => {
    child.on('close', (code) => {
      endProgress();
      console.log(said.trim());
      const lines = said.trim().split('\n');
      const last = lines
        .filter((line) => !/^(──|\||$)/.test(line))
        .slice(-2)
        .join('; ');
      settle({ isProved: code === 0, says: last.replaceAll(/\s+/g, ' ').replaceAll('|', '/') });
    });
  });
}

export const elsewhere: Part[] = commands.map((command) => ({
  name: command.name,
  prove: () => run(command),
}));
