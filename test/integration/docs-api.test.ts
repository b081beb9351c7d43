import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Ability, Role, roleMay } from '../../core/key.ts';
import { Problem } from '../../core/problem.ts';
import { statusOf } from '../../lambdas/shared/http.ts';
import { cleanUp, type LocalRuntime, startLocalRuntime } from '../support/local-runtime.ts';
import { testNeeding } from '../support/needs.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
const [setup = ''] = [...page.matchAll(/```sh setup\n(.*?)```/gs)].map(([, text]) => text);
const examples = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);

/** The rows of the table under a mark, without its heading. */
function tableUnder(mark: string): string[][] {
  const [, table = ''] = new RegExp(`<!-- ${mark} -->\\n((?:\\|.*\\n)+)`).exec(page) ?? [];
  return table
    .trim()
    .split('\n')
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

test('the table of roles is the code’s', () => {
  const [[, ...roles] = [], , ...rows] = tableUnder('roles');
  expect(roles.sort()).toEqual([...Role.options].sort());
  const [heading = []] = tableUnder('roles');
  for (const [ability = '', ...cells] of rows) {
    const said = cells.map((cell, at) => [heading[at + 1], cell === 'yes']);
    const true_ = said.map(([role]) => [role, roleMay(role as Role, ability as Ability)]);
    expect([ability, ...said]).toEqual([ability, ...true_]);
  }
  const abilities = rows.map(([ability]) => ability);
  // Whoever may do all is in the table with all.
  expect(abilities.length).toBe(9);
  expect(new Set(abilities).size).toBe(9);
});

test('the table of codes is the code’s', () => {
  const [, , ...rows] = tableUnder('codes');
  const said = Object.fromEntries(rows.map(([code = '', status]) => [code, Number(status)]));
  expect(said).toEqual({ ...statusOf, internal: 500 });
});

test('the refusal that is shown is one', () => {
  const [, text = ''] = /```json problem\n(.*?)```/s.exec(page) ?? [];
  const { type, title, status, ...details } = JSON.parse(text);
  const { code } = new Problem(details).details;
  expect({ type, title, status }).toEqual({
    type: `urn:signalbox:problem:${code}`,
    title: code.replaceAll('_', ' '),
    status: statusOf[code],
  });
});

testNeeding('curl')(
  'README’s first event fires, as it stands',
  async () => {
    const root = join(import.meta.dirname, '../..');
    const [, block = ''] =
      /## Post your own first event\n.*?```sh\n(.*?)```/s.exec(
        readFileSync(join(root, 'README.md'), 'utf8'),
      ) ?? [];
    const { url, key, request } = await startLocalRuntime();
    const env = { ...process.env, SIGNALBOX_URL: url, SIGNALBOX_API_KEY: key };
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', block], {
      cwd: root,
      env,
    });
    const [team, automation, posted] = stdout.split('\n', 3).map((line) => JSON.parse(line));
    expect([team, automation]).toMatchObject([{ name: 'vision' }, { name: 'loss is low' }]);
    expect(posted).toMatchObject({ events: [{ deduplicated: true }], refused_count: 0 });
    // A machine may be slower than who reads on.
    const fired = async () => (await request('GET', '/v1/deliveries?team=vision')).body as object;
    while (!JSON.stringify(await fired()).includes('"delivered"')) await sleep(100);
    expect(await fired()).toMatchObject({ deliveries: [{ automation: automation.id }] });
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toHaveProperty('sentences');
    await cleanUp();
  },
  60_000,
);

describe('the examples', () => {
  let runtime: LocalRuntime;
  afterAll(cleanUp);

  testNeeding('curl')(
    'do what the page says, from the first to the last',
    async () => {
      runtime = await startLocalRuntime();
      const run = async (text: string) => {
        const env = { ...process.env, SIGNALBOX_URL: runtime.url, SIGNALBOX_API_KEY: runtime.key };
        const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', setup + text], {
          env,
        });
        return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
      };
      expect(examples).toHaveLength(6);
      const answers = [];
      for (const example of examples) answers.push(await run(example));
      const [organization, keys, automations, [team] = [], [first, second] = [], [audit] = []] = answers;
      expect(organization![2]).toMatchObject({ name: 'models', roles: [{ team: 'vision', role: 'member' }] });
      expect(keys![0]).toMatchObject({
        key: expect.stringMatching(/^sbx_/),
        owner: 'Ada',
        projects: ['mnist'],
      });
      expect(keys![1]).toMatchObject({ keys: [{ id: keys![0].id }], next: null });
      expect(automations).toEqual([{ automations: [], next: null }]);
      expect(team).toMatchObject({ description: 'all that sees' });
      expect(second).toEqual(first);
      expect(audit.changes).toMatchObject([{ action: 'created', target: first.id }]);
    },
    60_000,
  );
});
