import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A command of a document, and what the document says that it prints. */
export interface ShownCommand {
  command: string;
  output: string;
}

/** The commands of a document's console blocks, in order. */
export function shownCommands(markdown: string): ShownCommand[] {
  const blocks = [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((entry) => {
        const [command = '', ...output] = entry.split('\n');
        return { command, output: output.join('\n').trimEnd() };
      }),
  );
}

/** Writes the files that a document shows, each in a block whose first line ends in its path. */
export function writeShownFiles(markdown: string, folder: string): void {
  for (const [, path = '', content = ''] of markdown.matchAll(/^```\w+ ([\w./-]+\.\w+)\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Makes a command believe that its output is a terminal of 80 columns, without colours. */
const onATerminal = `Object.defineProperties(process.stdout, {
  isTTY: { value: true }, columns: { value: 80 }, getColorDepth: { value: () => 1 },
});`;
const preload = `--import=data:text/javascript,${encodeURIComponent(onATerminal)}`;

const beginning = (program: string, folder: string) => `
signalbox() { NODE_OPTIONS=${JSON.stringify(preload)} ${JSON.stringify(process.execPath)} ${JSON.stringify(program)} "$@"; }
cd ${JSON.stringify(folder)}
`;

interface ConsoleOptions {
  /** The file that `signalbox` runs. */
  program: string;
  folder: string;
  environment: Record<string, string>;
}

/**
 * Runs commands in one shell in which `signalbox` is the command line, as if on a terminal of 80 columns; answers
 * what each printed, to both outputs.
 */
export async function runCommands(
  commands: string[],
  { program, folder, environment }: ConsoleOptions,
): Promise<string[]> {
  const MARK = '\u0001';
  const child = spawn('bash', ['-s'], { env: { ...process.env, ...environment, NO_COLOR: '1' } });
  const steps = commands.map((command) => `{ ${command}\n} < /dev/null 2>&1; printf '\\001'`);
  child.stdin.end(beginning(program, folder) + steps.join('\n'));
  const printed = await text(child.stdout);
  return printed
    .split(MARK)
    .slice(0, commands.length)
    .map((output) => output.trimEnd());
}
