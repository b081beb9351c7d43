import { join } from 'node:path';
import { parseArgs } from 'node:util';

const help = `npm start -- [options]    runs Signalbox on this machine

  --port <number>   where the API listens (8377; 0 takes any free port)
  --data <folder>   where the data stays (.signalbox in this project)
  --fresh           empties that folder first
  --demo            plays the demo, and stays up
  --json            prints one JSON object a line: first {"ready": …}, then what the functions log
  --bundles <dir>   takes the functions as built there by "npm run build" instead of building them
  --help            prints this`;

const defaultFolder = join(import.meta.dirname, '..', '.signalbox');

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8377' },
      data: { type: 'string', default: defaultFolder },
      fresh: { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      bundles: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port must be 0 to 65535, not ${values.port}`);
  return { ...values, port };
}

type Arguments = ReturnType<typeof readArguments>;

/** Says in one sentence what is in the way, and ends. */
function giveUp(sentence: string, exitCode: number): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(exitCode);
}

function parseOrExit(): Arguments {
  try {
    return readArguments();
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    return giveUp(`${sentence} (npm start -- --help lists the options).`, 2);
  }
}

/** What can go wrong while starting, in words: our own sentences, a missing install, and else the error's own. */
function sentenceOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  if (name === 'Trouble') return message;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return `A part of Signalbox is missing (${message.split('\n')[0]}): run "npm ci" in its folder.`;
  }
  return `Signalbox cannot start: ${message}`;
}

async function main(args: Arguments): Promise<void> {
  // Loaded only now, so that a missing install ends in a sentence.
  const { runLocally } = await import('./session.ts');
  await runLocally(args);
}

const args = parseOrExit();
if (args.help) process.stdout.write(`${help}\n`);
else await main(args).catch((error: unknown) => giveUp(sentenceOf(error), 1));
