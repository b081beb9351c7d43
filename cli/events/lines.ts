import { TextDecoder } from 'node:util';
import { parseJson, splitArray } from '../../core/json.ts';
import { Trouble } from '../trouble.ts';

/** A line of the input that holds something, with its number, which begins at 1. */
export interface Line {
  number: number;
  text: string;
}

/** What is no list of lines must fit into memory: one JSON text over several lines. */
const MAX_WHOLE_LENGTH = 64_000_000;

/**
 * The lines of an input as they come in. One JSON text over several lines is cut into its events instead. Of an input
 * that was stopped, what has not ended is left out.
 */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  isStopped = () => false,
): AsyncGenerator<Line[]> {
  const chunks = linesAsTheyCome(input, isStopped);
  for await (const lines of chunks) {
    const [first] = lines;
    if (!first) continue;
    if (!beginsWhole(first.text)) {
      yield lines;
      yield* chunks;
      return;
    }
    const all = await rest(lines, chunks);
    if (!isStopped()) yield cutWhole(first, all);
    return;
  }
}

async function* linesAsTheyCome(
  input: AsyncIterable<Uint8Array>,
  isStopped: () => boolean,
): AsyncGenerator<Line[]> {
  const [decoder, judge] = [new TextDecoder(), new TextDecoder('utf-8', { fatal: true })];
  let [open, number] = ['', 0];
  for await (const chunk of input) {
    const isText = takes(judge, chunk);
    const parts = (open + decoder.decode(chunk, { stream: true })).split('\n');
    open = parts.pop() ?? '';
    const lines = parts.map((text, at) => ({ number: number + at + 1, text: text.trim() }));
    number += parts.length;
    const good = isText ? lines : beforeSpoilt(lines);
    yield good.filter(({ text }) => text !== '');
    if (!isText) throw notUtf8(lines[good.length]?.number ?? number + 1);
  }
  if (isStopped()) return;
  if (!takes(judge)) throw notUtf8(number + 1);
  const last = (open + decoder.decode()).trim();
  if (last !== '') yield [{ number: number + 1, text: last }];
}

/** What a decoder that refuses nothing makes of bytes that are no UTF-8. */
const REPLACED = '\ufffd';

function beforeSpoilt(lines: Line[]): Line[] {
  const spoilt = lines.findIndex(({ text }) => text.includes(REPLACED));
  return spoilt < 0 ? lines : lines.slice(0, spoilt);
}

/** Whether it goes on as UTF-8; without a chunk, whether it may end here. */
function takes(judge: TextDecoder, chunk?: Uint8Array): boolean {
  try {
    judge.decode(chunk, { stream: chunk !== undefined });
    return true;
  } catch {
    return false;
  }
}

function notUtf8(line: number): Trouble {
  return new Trouble(`line ${line} is not UTF-8`, { hint: 'convert the input to UTF-8 and send the rest' });
}

/** An array, or an object whose first line does not end it. */
function beginsWhole(text: string): boolean {
  return text.startsWith('[') || (text.startsWith('{') && !text.endsWith('}'));
}

async function rest(lines: Line[], chunks: AsyncIterable<Line[]>): Promise<Line[]> {
  const all = [...lines];
  let length = 0;
  for await (const more of chunks) {
    length += more.reduce((sum, { text }) => sum + text.length, 0);
    if (length > MAX_WHOLE_LENGTH) break;
    all.push(...more);
  }
  return all;
}

/** The events of one JSON text; what is none stays the lines that it was. */
function cutWhole(first: Line, lines: Line[]): Line[] {
  const text = lines.map((line) => line.text).join('\n');
  try {
    const whole = parseJson(text);
    if (!Array.isArray(whole)) return [{ number: first.number, text: text.replaceAll('\n', ' ') }];
  } catch {
    return lines;
  }
  const starts = lines.flatMap((line) => Array<number>(line.text.length + 1).fill(line.number));
  let at = 0;
  return splitArray(text, Number.POSITIVE_INFINITY).map((element) => {
    at = text.indexOf(element, at);
    const start = at + element.length - element.trimStart().length;
    at += element.length;
    return { number: starts[start] ?? first.number, text: element.trim().replaceAll('\n', ' ') };
  });
}
