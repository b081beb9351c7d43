import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { badUsage, Trouble } from '../trouble.ts';
import { textOfUtf8 } from '../utf-8.ts';
import { plain } from './plain-text.ts';
import type { Screen } from './screen.ts';

/** Asks a question that only `y` or `yes` agrees to. */
async function confirm(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
  } catch (error) {
    process.stderr.write('\n');
    throw stopped(error);
  } finally {
    reader.close();
  }
}

/** Whether the user agrees: asked on a terminal, taken for granted with --yes and where nobody sits. */
export async function confirmed(
  screen: Screen,
  options: { yes?: boolean },
  question: string,
): Promise<boolean> {
  if (options.yes || !screen.isInteractive || (await confirm(plain(question)))) return true;
  screen.note('Nothing was changed.');
  return false;
}

/** A secret: typed without an echo on a terminal, else all of standard input but one line end. Never from argv. */
export async function readSecretValue(name: string): Promise<string> {
  const value = process.stdin.isTTY
    ? await typedUnseen(`Value of ${name} (not shown): `)
    : await pipedText(name);
  if (value !== '') return value;
  throw badUsage(
    `no value for ${name} came in`,
    `give it on standard input: signalbox secrets set ${name} < file`,
  );
}

async function pipedText(name: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  const hint = 'a value is text: of bytes give the base64 or the hex, as in head -c 32 /dev/urandom | base64';
  return textOfUtf8(Buffer.concat(chunks), `the value of ${name}`, hint).replace(/\r?\n$/, '');
}

async function typedUnseen(question: string): Promise<string> {
  process.stderr.write(question);
  // readline writes what is typed to its output: this one swallows it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await reader.question('');
  } catch (error) {
    throw stopped(error);
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}

/** ctrl-C and ctrl-D end a question. */
function stopped(cause: unknown): Trouble {
  return new Trouble('stopped; nothing was changed', { exitCode: 130, cause });
}
