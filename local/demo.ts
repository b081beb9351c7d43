import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Twin } from './demo/training.ts';

const help = `npm run demo -- [options]    plays the demo on a Signalbox of its own, and ends

  --twin <python|typescript>   which training script runs; Python where it works, if not said
  --help                       prints this`;

const twins: readonly string[] = ['python', 'typescript'] satisfies Twin[];
const isTwin = (name: string | undefined): name is Twin | undefined =>
  name === undefined || twins.includes(name);

function readTwin(): Twin | undefined {
  const { values } = parseArgs({ options: { twin: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(help);
    process.exit(0);
  }
  if (isTwin(values.twin)) return values.twin;
  throw new Error(`--twin is python or typescript, not ${values.twin}`);
}

function readTwinOrExit(): Twin | undefined {
  try {
    return readTwin();
  } catch (error) {
    return giveUp(`${(error as Error).message} (npm run demo -- --help lists the options).`, 2);
  }
}

function giveUp(sentence: string, exitCode: number): never {
  console.error(sentence);
  process.exit(exitCode);
}

/** Plays the demo on a fresh Signalbox, in a folder that is gone afterwards; resolves with what was wrong. */
async function main(twin: Twin | undefined): Promise<string[]> {
  // Loaded only now, so that a missing install ends in a sentence.
  const { startRuntime } = await import('./runtime.ts');
  const { playDemo } = await import('./demo/play.ts');
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-demo-'));
  process.on('exit', () => rmSync(dataFolder, { recursive: true, force: true }));
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  const runtime = await startRuntime({ dataFolder, print: showErrors });
  try {
    const { problems, stop } = await playDemo(runtime, twin);
    await stop();
    return problems;
  } finally {
    await runtime.stop();
  }
}

/** The story is told from outside; of what the functions log, only errors belong to it. */
function showErrors(line: string): void {
  if (line.startsWith('{"stage":"error"')) console.error(line);
}

/** What can go wrong before the story begins, in words. */
function sentenceOf(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  if (code !== 'ERR_MODULE_NOT_FOUND') return `The demo cannot run: ${message}`;
  return `A part of Signalbox is missing (${message.split('\n')[0]}): run "npm ci" in its folder.`;
}

const twin = readTwinOrExit();
const problems = await main(twin).catch((error: unknown) => giveUp(sentenceOf(error), 1));
process.exit(problems.length === 0 ? 0 : 1);
