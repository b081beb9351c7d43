import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCommands, shownCommands, writeShownFiles } from '../support/console.ts';
import { cleanUp, startLocalRuntime, temporaryFolder } from '../support/local-runtime.ts';
import { startReceiver } from '../support/receiver.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
const SHOWN_RECEIVER = 'http://127.0.0.1:45031';

afterAll(cleanUp);

/** What differs from one run to the next. */
function settled(output: string): string {
  return output
    .replace(/\b(aut|int|dlv|key|evt)_[0-9a-f]{16,32}\b/g, (id, kind) => `${kind}_`.padEnd(id.length, '0'))
    .replace(/\bsbx_\w+/g, 'sbx_…')
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{3})?Z/g, 'TIME')
    .replace(/\b\d+(\.\d)? m?s\b/g, 'DURATION')
    .replace(/(webhook-timestamp: )\d+/g, '$1TIME')
    .replace(/(signature: )[\w+/=,]+/gi, '$1SIGNATURE');
}

/** A delivery is made a moment after its event was taken; a reader has waited for it without noticing. */
const delivered = `until signalbox deliveries list --automation 'loss is low' --status delivered --json | grep -q dlv_; do sleep 0.2; done`;
const withPatience = (command: string) =>
  command.startsWith('signalbox deliveries list') ? `${delivered}; ${command}` : command;

test('docs/cli.md shows what the commands print', async () => {
  const receiver = await startReceiver();
  const runtime = await startLocalRuntime();
  const folder = temporaryFolder();
  writeShownFiles(page, folder);
  const shown = shownCommands(page);
  const origin = new URL(receiver.url).origin;
  const printed = await runCommands(
    shown.map(({ command }) => withPatience(command.replaceAll(SHOWN_RECEIVER, origin))),
    { folder, environment: { SIGNALBOX_URL: runtime.url, SIGNALBOX_API_KEY: runtime.key } },
  );
  const actual = printed.map((output, at) => ({
    command: shown[at]!.command,
    output: settled(output.replaceAll(origin, SHOWN_RECEIVER)),
  }));
  expect(actual).toEqual(shown.map(({ command, output }) => ({ command, output: settled(output) })));
  await runtime.stop();
  await receiver.stop();
}, 120_000);

/** Every command with the arguments of its examples, as the program knows them. */
async function commandsOf(): Promise<{ path: string[]; examples: string[] }[]> {
  const script = `
    import { makeProgram } from ${JSON.stringify(join(root, 'cli/program.ts'))};
    const leaves = (command, path) => command.commands.length > 0
      ? command.createHelp().visibleCommands(command).flatMap((one) => leaves(one, [...path, one.name()]))
      : [{ command, path }];
    const found = leaves(makeProgram('0'), []).map(({ command, path }) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => { help += text; } }).outputHelp();
      return { path, examples: (help.split('Examples:')[1] ?? '').match(/^  [^ #].*/gm) ?? [] };
    });
    console.log(JSON.stringify(found));`;
  const args = ['--no-warnings', '--input-type=module', '--eval', script];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

test('every command is in the table, and teaches by examples that it takes', async () => {
  const commands = await commandsOf();
  const table = /^\| `events` \|[\s\S]*?\n\n/m.exec(page)?.[0] ?? '';
  const listed = [...table.matchAll(/^\| (?:`(\w+)`|.*?) \| (.*) \|$/gm)].flatMap(([, noun, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [noun, name].filter(Boolean).join(' ')),
  );
  expect(listed.sort()).toEqual(commands.map(({ path }) => path.join(' ')).sort());
  for (const { path, examples } of commands) {
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(example).toContain(`signalbox ${path.join(' ')}`);
  }
});
