import { CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { failureOf } from './failure.ts';
import { makeProgram } from './program.ts';

/** Runs one command line; answers its exit code. */
async function run(args: string[]): Promise<number> {
  try {
    await makeProgram(manifest.version).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has said by itself what it had to say; asked for help, it throws as well.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { lines, exitCode } = failureOf(error);
    for (const line of lines) process.stderr.write(`${line}\n`);
    return exitCode;
  }
}

// Whoever reads our output may have read enough, as `head` does: that is no error.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: the output can not be written: ${message}\n`);
  process.exit(1);
});

void run(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
