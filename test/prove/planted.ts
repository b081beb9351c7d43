/**
 * `npm run prove:planted -- --worlds N --seed S --only TEXT`: plants one bug after the other in a copy of the product,
 * and fails unless the comparison with the oracle finds each: in cases worked out by hand or in random worlds.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Hunted } from './hunt.ts';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const root = resolve(import.meta.dirname, '../..');
const COPIED = ['package.json', 'bin', 'core', 'lambdas', 'store', 'test/oracle', 'test/prove'];
const AT_ONCE = 2;

type Outcome = Hunted & { fault?: string };

/** The tree with one edit, for as long as `work` takes; without one for comparison. */
async function withCopy<Value>(bug: PlantedBug | undefined, work: (folder: string) => Promise<Value>) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-planted-'));
  try {
    for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    if (bug) plant(bug, folder);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function plant({ file, from, to }: PlantedBug, folder: string): void {
  const text = readFileSync(join(folder, file), 'utf8');
  const count = text.split(from).length - 1;
  if (count !== 1) throw new Error(`${file} holds the text to edit ${count} times`);
  writeFileSync(
    join(folder, file),
    text.replace(from, () => to),
  );
}

function hunt(folder: string): Promise<Outcome> {
  const args = ['test/prove/hunt.ts', '--worlds', values.worlds, '--seed', values.seed];
  const child = spawn(process.execPath, ['bin/node.mjs', ...args], { cwd: folder, timeout: 1_800_000 });
  const said = { out: '', error: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.error += chunk;
  });
  return new Promise((settle) => {
    child.on('close', (code) => {
      if (code === 0) settle(JSON.parse(said.out));
      else settle({ fault: `does not run: ${said.error.trim().split('\n').slice(0, 6).join(' ')}` });
    });
  });
}

async function find(bug: PlantedBug | undefined): Promise<Outcome> {
  try {
    return await withCopy(bug, hunt);
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

const wanted = plantedBugs.filter(({ name }) => name.includes(values.only));
const outcomes = new Map<PlantedBug, Outcome>();
const queue = [...wanted];
const startedAt = performance.now();
async function work(): Promise<void> {
  for (let bug = queue.shift(); bug; bug = queue.shift()) {
    outcomes.set(bug, await find(bug));
    if (process.stdout.isTTY) process.stdout.write(`\r${outcomes.size} of ${wanted.length} bugs `);
  }
}

const untouched = await find(undefined);
await Promise.all(Array.from({ length: AT_ONCE }, work));
if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');

const isFound = ({ handCase, world }: Outcome) => handCase !== undefined || world !== undefined;
let failures = 0;
console.log('| planted bug | found by random world | found by hand in |\n|---|---|---|');
for (const bug of wanted) {
  const outcome = outcomes.get(bug) ?? {};
  const { fault, world, handCase } = outcome;
  if (!isFound(outcome)) failures++;
  const inWorld = world === undefined ? '–' : String(world);
  console.log(`| ${bug.name} | ${fault ?? (isFound(outcome) ? inWorld : 'SURVIVES')} | ${handCase ?? '–'} |`);
}
if (isFound(untouched) || untouched.fault !== undefined) {
  failures++;
  console.log(`without any bug there is a difference: ${JSON.stringify(untouched)}`);
}
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(`${wanted.length - failures} of ${wanted.length} found, seed ${values.seed}, ${seconds} s`);
process.exitCode = failures === 0 ? 0 : 1;
