import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCommands, shownCommands, writeShownFiles } from '../support/console.ts';
import { cleanUp, type LocalRuntime, startLocalRuntime, temporaryFolder } from '../support/local-runtime.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
const SHOWN_RECEIVER = 'http://127.0.0.1:45031';

let program: string;
let receiver: Receiver | undefined;

/** The JSON that a module prints: jest can not load some of what the command line is made of. */
async function evaluate<Value>(script: string): Promise<Value> {
  const args = ['--no-warnings', '--input-type=module', '--eval', script];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

beforeAll(async () => {
  const folder = JSON.stringify(temporaryFolder());
  program = await evaluate(`
    import { buildCommandLine } from ${JSON.stringify(join(root, 'bin/build.ts'))};
    console.log(JSON.stringify(await buildCommandLine(${folder})));`);
});

afterAll(async () => {
  await receiver?.stop();
  await cleanUp();
});

/** What differs from one run to the next; sentences may break elsewhere. */
function settled(output: string): string {
  return output
    .replace(/(?<=^[✓!✗] .*(?:\n {2}.*)*)\n {2}/gm, ' ')
    .replace(/\b(aut|int|dlv|key|evt)_[0-9a-f]{16,32}\b/g, (id, kind) => `${kind}_`.padEnd(id.length, '0'))
    .replace(/\bsbx_\w+/g, 'sbx_…')
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{3})?Z/g, 'TIME')
    .replace(/\b\d+(\.\d)? m?s\b/g, 'DURATION')
    .replace(/(webhook-timestamp: )\d+/g, '$1TIME')
    .replace(/\b(?:\d+ seconds? ago|just now) \(TIME\)/g, 'AGO')
    .replace(/(signature: )[\w+/=,]+/gi, '$1SIGNATURE');
}

/** A delivery is made a moment after its event was taken; a reader has waited for it without noticing. */
const delivered = `until signalbox deliveries list --automation 'loss is low' --status delivered --json | grep -q dlv_; do sleep 0.2; done`;
const withPatience = (command: string) =>
  command.startsWith('signalbox deliveries list') ? `${delivered}; ${command}` : command;

test('dist/signalbox.cjs stays when the CDK builds the functions beside it, and what is a function no more does not', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a-former-function'));
  await evaluate(`
    import { buildCommandLine, buildFunctions } from ${JSON.stringify(join(root, 'bin/build.ts'))};
    await buildCommandLine(${JSON.stringify(folder)});
    await buildFunctions(${JSON.stringify(folder)});
    console.log('true');`);
  expect(readdirSync(folder)).toContain('ingest');
  expect(readdirSync(folder)).toContain('signalbox.cjs');
  expect(readdirSync(folder)).not.toContain('a-former-function');
});

test('docs/cli.md shows what the commands print', async () => {
  receiver = await startReceiver();
  const runtime = await startLocalRuntime();
  const folder = temporaryFolder();
  writeShownFiles(page, folder);
  const shown = shownCommands(page);
  const origin = new URL(receiver.url).origin;
  const printed = await runCommands(
    shown.map(({ command }) => withPatience(command.replaceAll(SHOWN_RECEIVER, origin))),
    {
      program,
      folder,
      environment: { SIGNALBOX_URL: runtime.url, SIGNALBOX_API_KEY: runtime.key },
    },
  );
  const actual = printed.map((output, at) => ({
    command: shown[at]!.command,
    output: settled(output.replaceAll(origin, SHOWN_RECEIVER)),
  }));
  expect(actual).toEqual(shown.map(({ command, output }) => ({ command, output: settled(output) })));
}, 120_000);

const environmentOf = ({ url, key }: LocalRuntime) => ({
  SIGNALBOX_URL: url,
  SIGNALBOX_API_KEY: key,
  SIGNALBOX_TEAM: 'vision',
});

/** Automations of each kind, with settings, switches and names that are easily lost on the way. */
const everything = `
{kind: secret, team: vision, name: SIGNING}
---
{kind: integration, team: vision, name: deploys, type: webhook, url: "http://127.0.0.1:9/hook", method: PUT,
 headers: {x-origin: signalbox}, signing_secret: SIGNING, secrets: [SIGNING]}
---
{kind: integration, team: vision, name: alerts, type: slack, channel: "#ml", token_secret: SIGNING}
---
kind: automation
team: vision
name: "loss: 🔥 'is' low — sehr niedrig"
description: |
  two
  lines
scope: {kind: project, project: mnist}
trigger:
  event: run.metrics
  threshold: {metric: train/loss, comparison: between, values: [0.1, 0.2]}
  filter: {"run.config.optimizer.lr": {$lt: 0.1}, $or: [{run.tags: baseline}, {user: {$regex: "^a"}}]}
  repeat: {mode: interval, seconds: 90}
action: {type: webhook, integration: deploys, payload: {key: "\${SIGNING}", nested: [1, null, {deep: "yes"}], on: no}}
delivery: {supersede: true, expires_after_seconds: 900}
---
{kind: automation, team: vision, name: drop, scope: {kind: team}, enabled: false,
 trigger: {event: run.metrics, change: {metric: acc, amount: 0.1, direction: decrease}}, action: {type: no_op}}
---
{kind: automation, team: vision, name: drop, scope: {kind: project, project: mnist},
 trigger: {event: run.metrics, zscore: {metric: acc, across: runs}}, action: {type: no_op}}
---
{kind: automation, team: vision, name: failed, scope: {kind: organization}, trigger: {event: run.state, states: [FAILED]},
 action: {type: slack, integration: alerts, title: "\${run_name}", severity: ERROR}}
---
{kind: automation, team: vision, name: linked, scope: {kind: collection, registry: models, collection: detector},
 trigger: {event: artifact.linked, filter: {metadata.accuracy: {$gte: 0.9}}}, action: {type: no_op}}
---
{kind: automation, team: vision, name: hello, scope: {kind: team}, trigger: {event: custom.hello}, action: {type: no_op}}
---
{kind: automation, team: vision, name: "the last, and at its end line ends", scope: {kind: team},
 trigger: {event: custom.hello}, action: {type: slack, integration: alerts, title: x, message: "two\\nlines\\n\\n"}}
`;

test('what was exported and applied on an empty deployment is the same there, and a second time changes nothing', async () => {
  const [first, second] = await Promise.all([startLocalRuntime(), startLocalRuntime()]);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'everything.yaml'), everything);
  const prepare = [
    'signalbox teams create vision',
    'signalbox registries create models',
    'signalbox registries grant models vision member',
    'echo a-secret-value | signalbox secrets set SIGNING',
  ];
  const run = (runtime: LocalRuntime, ...commands: string[]) =>
    runCommands([...prepare, ...commands], { program, folder, environment: environmentOf(runtime) });
  const from = await run(first, 'signalbox apply -f everything.yaml', 'signalbox export > exported.yaml');
  expect(from[4]).toMatch(/Done: 9 of 9\.$/);
  const to = await run(
    second,
    'signalbox apply -f exported.yaml',
    'signalbox export | diff exported.yaml -',
    'signalbox apply -f exported.yaml --prune',
    'signalbox apply -f everything.yaml --prune',
  );
  expect(to.slice(4)).toEqual([
    expect.stringMatching(/Done: 9 of 9\.$/),
    '',
    'No changes: 9 documents are as deployed.',
    'No changes: 9 documents are as deployed.',
  ]);
  const saved = await Promise.all(
    [first, second].map(async ({ request }) => {
      const { body } = await request('GET', '/v1/automations?team=vision&limit=100');
      return (body as { automations: Saved[] }).automations
        .map(withoutOrigin)
        .sort((a, b) => (a < b ? -1 : 1));
    }),
  );
  expect(saved[1]).toEqual(saved[0]);
}, 120_000);

test('bytes that are no text are not saved as other text', async () => {
  const runtime = await startLocalRuntime();
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'latin1.yaml'),
    Buffer.from('kind: secret\nteam: vision\nname: caf\xe9\n', 'latin1'),
  );
  const printed = await runCommands(
    [
      'signalbox teams create vision',
      "printf '0123456789\\377' | signalbox secrets set SIGNING; echo $?",
      'signalbox apply -f latin1.yaml; echo $?',
      'signalbox secrets list',
    ],
    { program, folder, environment: environmentOf(runtime) },
  );
  expect(printed.slice(1)).toEqual([
    expect.stringMatching(/^error: the value of SIGNING is not UTF-8\nhint: .* base64\n2$/),
    'error: latin1.yaml is not UTF-8\nhint: save it as UTF-8\n2',
    'Team vision has no secrets: signalbox secrets set <name>',
  ]);
}, 60_000);

test('what apply could not do, and what is left, is not said to be done', async () => {
  const runtime = await startLocalRuntime();
  const folder = temporaryFolder();
  const closed =
    '{kind: integration, team: vision, name: closed, type: webhook, url: "http://169.254.169.254/"}';
  const hello =
    '{kind: automation, team: vision, name: hello, scope: {kind: team}, trigger: {event: custom.hello}, action: {type: no_op}}';
  writeFileSync(join(folder, 'closed.yaml'), `${closed}\n---\n${hello}\n`);
  const [, printed] = await runCommands(
    ['signalbox teams create vision', 'signalbox apply -f closed.yaml --yes'],
    {
      ...{ program, folder, environment: environmentOf(runtime) },
    },
  );
  expect(printed).toMatch(/^failed: {2}to create {2}integration vision\/closed$/m);
  expect(printed).toMatch(/^left: {4}to create {2}automation vision\/hello$/m);
}, 60_000);

interface Saved {
  action: { integration?: string };
}

/** An automation without what another deployment gives it anew. */
function withoutOrigin({ action, ...rest }: Saved): string {
  const { integration } = action;
  const named = { ...action, ...(integration && { integration: integration.slice(0, 4) }) };
  return JSON.stringify({ ...rest, action: named, id: '', created_at: '', updated_at: '' });
}

/** Every command with the arguments of its examples, as the program knows them. */
function commandsOf(): Promise<{ path: string[]; examples: string[] }[]> {
  return evaluate(`
    import { makeProgram } from ${JSON.stringify(join(root, 'cli/program.ts'))};
    const leaves = (command, path) => command.commands.length > 0
      ? command.createHelp().visibleCommands(command).flatMap((one) => leaves(one, [...path, one.name()]))
      : [{ command, path }];
    const found = leaves(makeProgram('0'), []).map(({ command, path }) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => { help += text; } }).outputHelp();
      return { path, examples: (help.split('Examples:')[1] ?? '').match(/^  [^ #].*/gm) ?? [] };
    });
    console.log(JSON.stringify(found));`);
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

test('bin/signalbox.mjs is the command line as well, from any folder', async () => {
  const script = join(root, 'bin/signalbox.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--version'], {
    cwd: temporaryFolder(),
  });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  ['an unknown command', ['help'], ["error: unknown command 'help'", 'hint: see signalbox --help']],
  [
    'one that is nearly known',
    ['automations', 'lst'],
    ["error: unknown command 'lst'", 'hint: did you mean list?', 'hint: see signalbox automations --help'],
  ],
])('%s is answered by where to look', async (_, args, expected) => {
  const ended = await promisify(execFile)(process.execPath, [program, ...args]).catch((error) => error);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr.trimEnd().split('\n')).toEqual(expected);
});
