import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

const CLIENT = join(import.meta.dirname, '../../clients/python');
/** What stands in for other people's packages. */
const STAND_INS = join(import.meta.dirname, 'python');

/** Where a script sends to, as its environment tells it. */
export interface ScriptPlace {
  url: string;
  key: string;
  team: string;
}

/** A Python script that runs, and what it has printed so far. */
export interface RunningScript {
  process: ChildProcess;
  lines: string[];
  /** Its exit code (null when a signal ended it), and what it said to stderr. */
  ended: Promise<{ exitCode: number | null; errors: string }>;
}

/** Starts a script that may `from signalbox import Signalbox`; no proxy stands between it and 127.0.0.1. */
export function startPython(
  script: string,
  { url, key, team }: ScriptPlace,
  ...more: string[]
): RunningScript {
  const child = spawn('python3', ['-u', '-c', script, ...more], {
    env: {
      ...process.env,
      PYTHONPATH: [CLIENT, STAND_INS].join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      SIGNALBOX_URL: url,
      SIGNALBOX_API_KEY: key,
      SIGNALBOX_TEAM: team,
      no_proxy: '*',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, errors }));
  return { process: child, lines, ended };
}
