import type { Readable } from 'node:stream';
import type { CommandInput, CommandSpec } from '../command.ts';
import type { Posted } from '../events/post.ts';
import type { RefusedEvent } from '../events/prepare.ts';
import { fileError, openInput } from '../events/read-events.ts';
import { type Sent, sendEvents } from '../events/send.ts';
import { ownHint } from '../failure.ts';
import type { Session } from '../session.ts';
import { plain } from '../terminal/plain-text.ts';
import { type Progress, startProgress } from '../terminal/progress.ts';
import type { Screen } from '../terminal/screen.ts';
import { shortDuration } from '../terminal/time.ts';
import { Trouble } from '../trouble.ts';

export const eventCommands: CommandSpec[] = [
  {
    usage: 'send [file]',
    summary: 'post events from a file or standard input',
    details: `One JSON object a line (NDJSON); one object or array over several lines will do as well. Events go
out in their order, in batches of up to 1,000, and at the latest a second after they came in.
A request that fails is sent again with the same ids. Refused events are listed with their lines,
and the exit code is 1 if there were any.`,
    output: 'text',
    examples: [
      ['a file', 'events send events.ndjson'],
      ['one event', `echo '{"type": "custom.hello", "team": "vision"}' | signalbox events send`],
      ['a log as it grows', 'tail -F events.ndjson | signalbox events send'],
    ],
    run: send,
  },
];

const INTERRUPTED = 130;

async function send({ connection, screen }: Session, { args: [file = '-'] }: CommandInput): Promise<void> {
  const input = openInput(file);
  if (file === '-' && process.stdin.isTTY) screen.note('Type events, one a line; ctrl-D ends.');
  const progress = startProgress();
  const stopper = stopOnInterrupt(input, () => {
    progress.clear();
    screen.note('Stopping after what was read; ctrl-C again stops at once.');
  });
  const report = reporter(screen, progress);
  const sent = await sendEvents(input, { connection, signal: stopper.signal, ...report });
  progress.clear();
  if (sent.requests > 0 || sent.error === undefined) summarize(sent, screen);
  if (stopper.signal.aborted)
    throw new Trouble('stopped', { hint: resumeHint(sent, file), exitCode: INTERRUPTED });
  if (sent.error !== undefined) {
    if (sent.lastLine > 0) screen.note(resumeHint(sent, file));
    throw fileError(sent.error, file);
  }
  if (sent.refused > 0) throw new Trouble(`${counted(sent.refused, 'event')} refused`);
}

function stopOnInterrupt(input: Readable, onFirst: () => void): AbortController {
  const stopper = new AbortController();
  process.on('SIGINT', () => {
    if (stopper.signal.aborted) process.exit(INTERRUPTED);
    stopper.abort();
    onFirst();
    input.destroy();
  });
  return stopper;
}

const LISTED_REFUSALS = 50;

/** Says while it goes on what became of the events. */
function reporter({ format, print, note }: Screen, progress: Progress) {
  const startedAtMs = Date.now();
  let listed = 0;
  const sayRefused = ({ line, problem }: RefusedEvent) => {
    listed += 1;
    if (listed <= LISTED_REFUSALS) note(refusalText(line, problem));
    if (listed === LISTED_REFUSALS + 1) note('more refused events are only counted; --json lists them all');
  };
  return {
    onTaken: (taken: Posted['taken']) => {
      if (format === 'json') for (const one of taken) print(JSON.stringify(one));
    },
    onRefused: (refused: RefusedEvent[]) => {
      progress.clear();
      if (format === 'text') refused.forEach(sayRefused);
      else for (const { line, problem } of refused) print(JSON.stringify({ line, refused: problem ?? {} }));
    },
    onProgress: ({ taken, refused }: Sent) => {
      const seconds = (Date.now() - startedAtMs) / 1000;
      progress.show(
        `${counted(taken, 'event')} sent, ${grouped(refused)} refused, ${grouped(Math.round(taken / seconds))} a second`,
      );
    },
    onRetry: (waitMs: number, reason: string) => {
      progress.clear();
      note(`${plain(reason)}; trying again in ${shortDuration(waitMs)}`);
    },
  };
}

function refusalText(line: number, problem: RefusedEvent['problem']): string {
  if (!problem) return `line ${line}: refused (the server lists the reasons of the first 100 of a request)`;
  const { field, detail } = problem;
  const hint = ownHint(problem.hint);
  return plain(`line ${line}: ${field ? `${field}: ` : ''}${detail}${hint ? ` (${hint})` : ''}`);
}

function summarize({ requests, taken, refused, perhapsTwice }: Sent, { format, print, note }: Screen): void {
  if (format === 'json') {
    print(JSON.stringify({ requests, taken, refused, perhaps_twice: perhapsTwice }));
    return;
  }
  print(`${counted(taken, 'event')} taken, ${grouped(refused)} refused, in ${counted(requests, 'request')}`);
  if (perhapsTwice === 0) return;
  note(
    `${counted(perhapsTwice, 'event')} with points without steps had to be sent again: their points may count twice`,
  );
}

function resumeHint({ lastLine }: Sent, file: string): string {
  const next = lastLine + 1;
  return file === '-'
    ? `lines before ${next} were sent`
    : `go on with: tail -n +${next} ${file} | signalbox events send`;
}

const grouped = (count: number) => count.toLocaleString('en-US');
const counted = (count: number, noun: string) => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
