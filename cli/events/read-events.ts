import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { parseJson } from '../../core/json.ts';
import { Problem } from '../../core/problem.ts';
import { unreadable } from '../configuration/sources.ts';
import { Trouble } from '../trouble.ts';
import { linesOf } from './lines.ts';

/** A file, or standard input where it is called `-`. */
export function openInput(file: string): Readable {
  return file === '-' ? process.stdin : createReadStream(file);
}

/** An error of the file's own in words; any other stays. */
export function fileError(error: unknown, file: string): unknown {
  return (error as { syscall?: string }).syscall === undefined ? error : unreadable(file, error);
}

/** An event of a file, and the line on which it begins. */
export interface ReadEvent {
  line: number;
  event: unknown;
}

/** All events of a file. What is no JSON ends it. */
export async function readEvents(file: string): Promise<ReadEvent[]> {
  const events: ReadEvent[] = [];
  try {
    for await (const lines of linesOf(openInput(file))) {
      events.push(...lines.map(({ number, text }) => ({ line: number, event: parsed(text, number) })));
    }
  } catch (error) {
    throw fileError(error, file);
  }
  return events;
}

function parsed(text: string, line: number): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Trouble(`line ${line}: ${error.details.detail}`, {
      hint: 'each line is one JSON object',
      cause: error,
    });
  }
}
