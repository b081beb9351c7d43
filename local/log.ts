import { format, styleText } from 'node:util';
import { outsideFunctions, runningFunction } from './functions.ts';
import { type StageLine, stageText } from './stage-text.ts';

/** Where lines for the reader go. */
export type Print = (line: string) => void;

const LABEL_WIDTH = 9;
const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;

/** Hands on every line that a function writes, by its standard output or the console, until the answer is called. */
export function captureOutput(print: Print): () => void {
  const originals = methods.map((method) => [method, console[method]] as const);
  for (const [method, original] of originals) {
    console[method] = (...values: unknown[]) => {
      // Only the functions' lines: whoever else writes to this console means this console.
      if (runningFunction() === undefined) original(...values);
      else outsideFunctions(() => print(format(...values)));
    };
  }
  const write = process.stdout.write;
  process.stdout.write = ((chunk: string, ...rest: []) => {
    if (runningFunction() === undefined) return write.call(process.stdout, chunk, ...rest);
    outsideFunctions(() => print(chunk.trimEnd()));
    return true;
  }) as typeof write;
  return () => {
    for (const [method, original] of originals) console[method] = original;
    process.stdout.write = write;
  };
}

/** Turns a stage's JSON into a line for a reader; undefined when it is not worth one. Other lines stay as they are. */
export function readable(line: string, { colour = false, now = new Date() } = {}): string | undefined {
  const stage = parseStage(line);
  if (!stage) return line;
  const said = stageText(stage);
  if (!said) return undefined;
  const paint = (tone: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(tone, text, { validateStream: false }) : text;
  const time = paint('gray', now.toTimeString().slice(0, 8) + now.toISOString().slice(19, 23));
  const took = stage.durationMs === undefined ? '' : paint('gray', ` (${stage.durationMs} ms)`);
  return `${time} ${paint(said.tone, said.label.padEnd(LABEL_WIDTH))} ${said.text}${took}`;
}

function parseStage(line: string): StageLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(line) as StageLine;
    return typeof parsed.stage === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The line of an error that no function could log, in the form of their own. */
export function errorLine(error: unknown, fields: Record<string, unknown>): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return JSON.stringify({ stage: 'error', name, message, stack, ...fields });
}
