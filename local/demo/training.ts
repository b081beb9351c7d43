import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export type Twin = 'python' | 'typescript';

/** A training script and the program that runs it. */
export interface Trainer {
  script: string;
  program: string;
  language: string;
}

/** What a training script is told: where and as whom to post, and the places it posts to. */
export interface TrainingOrder {
  url: string;
  key: string;
  team: string;
  project: string;
  registry: string;
  collection: string;
  run: string;
}

export interface TrainingResult {
  exitCode: number | null;
  errors: string;
}

const EXAMPLES = resolve(import.meta.dirname, '../../examples');
const PROBE_MS = 5_000;
const TRAINING_MS = 25_000;
const PROBE = 'import sys, urllib.request; assert sys.version_info >= (3, 9); print(sys.version.split()[0])';

/** The trainer for a twin; with none named, Python where one works, else TypeScript. Undefined: not on this machine. */
export function findTrainer(twin?: Twin): Trainer | undefined {
  return twin === 'typescript'
    ? typescriptTrainer()
    : (pythonTrainer() ?? (twin ? undefined : typescriptTrainer()));
}

function typescriptTrainer(): Trainer {
  return { script: 'train.ts', program: process.execPath, language: `Node ${process.versions.node}` };
}

function pythonTrainer(): Trainer | undefined {
  for (const program of ['python3', 'python']) {
    const version = probePython(program);
    if (version) return { script: 'train.py', program, language: `Python ${version}` };
  }
  return undefined;
}

/** The version of a Python that runs, found out by running it: names on the PATH promise nothing. */
function probePython(program: string): string | undefined {
  if (isAppleStub(program)) return undefined;
  const { status, stdout } = spawnSync(program, ['-c', PROBE], {
    encoding: 'utf8',
    timeout: PROBE_MS,
    killSignal: 'SIGKILL',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Without the developer tools, macOS's own python3 only opens a window that offers to install them. */
function isAppleStub(program: string): boolean {
  if (process.platform !== 'darwin') return false;
  const path = spawnSync('/usr/bin/which', [program], { encoding: 'utf8' }).stdout.trim();
  return path === `/usr/bin/${program}` && spawnSync('/usr/bin/xcode-select', ['-p']).status !== 0;
}

/** Runs the training script to its end and hands over every line that it prints. */
export async function runTraining(
  { script, program }: Trainer,
  { url, key, ...places }: TrainingOrder,
  onLine: (line: string) => void,
): Promise<TrainingResult> {
  const names = Object.entries(places).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(program, [resolve(EXAMPLES, script), '--print-every', '1', ...names], {
    // A company's proxy must not be asked for 127.0.0.1.
    env: { ...process.env, SIGNALBOX_URL: url, SIGNALBOX_API_KEY: key, NO_PROXY: '*', no_proxy: '*' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TRAINING_MS,
    killSignal: 'SIGKILL',
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  createInterface({ input: child.stdout }).on('line', onLine);
  return new Promise((resolved, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolved({ exitCode, errors: errors.trim() }));
  });
}

/** A step's loss as a training script prints it: `step  945  loss 0.248879  accuracy 0.870000`. */
export function parseStep(line: string): { step: number; loss: number } | undefined {
  const match = /^step +(\d+) +loss ([-+.\deE]+)/.exec(line);
  return match ? { step: Number(match[1]), loss: Number(match[2]) } : undefined;
}
