import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Settings } from './figure.ts';
import { type Dialect, toPatterns } from './patterns.ts';
import type { Automation } from './workload.ts';

/** A peer in another language, as a process that works when it is told to. */
export interface Ruled {
  name: string;
  /** Matches events for this long; ns an event. The first time it also shows that it finds as many as we do. */
  round(budgetMs: number, wantedMatches: number): Promise<number>;
  close(): Promise<void>;
}

interface Workload {
  label: string;
  automations: Automation[];
  lines: string[];
}

const builds: Record<Dialect, () => string[]> = { 'event-ruler': buildJava, quamina: buildGo };
const built = new Map<Dialect, string[]>();

/** Builds the peer once and loads the workload; undefined, with a sentence, when this machine can't. */
export async function openRuled(
  dialect: Dialect,
  { label, automations, lines }: Workload,
  { say }: Settings,
): Promise<Ruled | undefined> {
  try {
    const command = built.get(dialect) ?? builds[dialect]();
    built.set(dialect, command);
    const folder = temporaryFolder();
    const rules = automations.flatMap((automation) =>
      toPatterns(automation, dialect).map((pattern) => `${automation.id}\t${pattern}`),
    );
    writeFileSync(join(folder, 'rules.tsv'), rules.join('\n'));
    writeFileSync(join(folder, 'events.ndjson'), lines.join('\n'));
    const peer = await start(command, folder);
    say(`${label}: ${dialect} loaded ${rules.length} rules in ${peer.loadMs.toFixed(0)} ms`);
    return toRuled(dialect, label, peer);
  } catch (error) {
    say(`${label}: skipped ${dialect}: ${(error as Error).message}`);
    return undefined;
  }
}

function toRuled(name: string, label: string, { ask, child }: Peer): Ruled {
  let isChecked = false;
  return {
    name,
    round: async (budgetMs, wantedMatches) => {
      const matches = isChecked ? wantedMatches : await ask('check');
      if (matches !== wantedMatches)
        throw new Error(`${label}: ${name} matches ${matches}, ours ${wantedMatches}`);
      isChecked = true;
      return ask(`round ${budgetMs}`);
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.stdin?.end();
      await ended;
    },
  };
}

interface Peer {
  child: ChildProcess;
  loadMs: number;
  /** Sends a line and reads the number that the peer answers with. */
  ask(line: string): Promise<number>;
}

async function start([program = '', ...args]: string[], folder: string): Promise<Peer> {
  const files = [join(folder, 'rules.tsv'), join(folder, 'events.ndjson')];
  const child = spawn(program, [...args, ...files], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${program} ended early`);
    return Number(value);
  };
  const ask = (line: string) => {
    child.stdin.write(`${line}\n`);
    return read();
  };
  child.on('error', () => {});
  return { child, loadMs: await read(), ask };
}

function buildJava(): string[] {
  const folder = temporaryFolder();
  const pom = resolve('bench/java/pom.xml');
  run('java', ['-version']);
  run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]);
  const source = resolve('bench/java/Ruler.java');
  return ['java', '-Xmx2g', '-cp', join(folder, '*'), source];
}

/** Built beside a copy, so that go.sum and the binary stay out of the work tree. */
function buildGo(): string[] {
  const folder = temporaryFolder();
  cpSync(resolve('bench/go'), folder, { recursive: true });
  run('go', ['build', '-mod=mod', '-o', 'quamina-bench', '.'], folder);
  return [join(folder, 'quamina-bench')];
}

function run(program: string, args: string[], cwd?: string): void {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: 180_000,
  });
  if (error) throw new Error(`${program} does not run here (${error.message})`);
  if (status === 0) return;
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? `status ${status}`;
  throw new Error(`${program} failed: ${reason.trim()}`);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
