import { existsSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Figure, Section } from './figure.ts';
import { compilePattern } from './ours.ts';

const CORPUS = new URL('../test/corpora/regex.json', import.meta.url);
const V8_LIMIT_MS = 2_000;
const V8_PATTERNS = 3;

/** A pattern and a text to search; `repeat` is pieces, each a text or [text, times], to be joined. */
interface Case {
  pattern: string;
  text: string | { repeat: (string | [string, number])[] };
}

const BUILT_IN: Case[] = [
  { pattern: '^(a+)+$', text: { repeat: [['a', 32], '!'] } },
  { pattern: '^(\\w+\\s?)*$', text: { repeat: [['word ', 12], '!'] } },
  { pattern: '(x+x+)+y', text: { repeat: [['x', 32]] } },
];

/** Hostile patterns: ours must finish or refuse; V8's RegExp runs a few of them in a worker that is ended. */
export const regexSafety: Section = async ({ say, isQuick }) => {
  const cases = existsSync(CORPUS) ? (JSON.parse(readFileSync(CORPUS, 'utf8')) as Case[]) : BUILT_IN;
  if (cases === BUILT_IN) say('regex-safety: no test/corpora/regex.json: three built-in patterns only');
  for (const hostile of cases) timeOurs(hostile);
  const ours = cases.map(timeOurs);
  const refused = ours.filter((ms) => ms === undefined).length;
  const worst = Math.max(...ours.map((ms) => ms ?? 0));
  say(
    `regex-safety: ${cases.length} patterns, ${refused} refused when saved, worst of the others ${worst.toFixed(3)} ms`,
  );
  const figures: Figure[] = [
    {
      figure: 'regex-safety/worst',
      ours: worst,
      peer: 'bound of 20 ms',
      theirs: 20,
      ratio: 20 / worst,
      unit: 'ms',
    },
  ];
  for (const hostile of cases.slice(0, isQuick ? 1 : V8_PATTERNS)) figures.push(await againstV8(hostile));
  return figures;
};

function textOf({ text }: Case): string {
  if (typeof text === 'string') return text;
  return text.repeat.map((piece) => (typeof piece === 'string' ? piece : piece[0].repeat(piece[1]))).join('');
}

/** Compiling and one search, as when an automation is saved and its first event comes; undefined when refused. */
function timeOurs(hostile: Case): number | undefined {
  const text = textOf(hostile);
  const before = performance.now();
  const compiled = compilePattern(hostile.pattern);
  if ('problem' in compiled) return undefined;
  compiled.matches(text);
  return performance.now() - before;
}

async function againstV8(hostile: Case): Promise<Figure> {
  const ours = timeOurs(hostile) ?? 0;
  const { ms, isStopped } = await timeV8(hostile);
  const peer = `V8 RegExp${isStopped ? ' (stopped)' : ''}`;
  return { figure: `regex-safety/${hostile.pattern}`, ours, peer, theirs: ms, ratio: ms / ours, unit: 'ms' };
}

const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const before = performance.now();
try { new RegExp(workerData.pattern).test(workerData.text); } catch {}
parentPort.postMessage(performance.now() - before);`;

/** A search in V8 can't be interrupted from its own thread: it runs in a worker, which is ended at the limit. */
async function timeV8(hostile: Case): Promise<{ ms: number; isStopped: boolean }> {
  const workerData = { pattern: hostile.pattern, text: textOf(hostile) };
  const worker = new Worker(WORKER, { eval: true, workerData });
  const ms = await new Promise<number | undefined>((resolve, reject) => {
    const timer = setTimeout(resolve, V8_LIMIT_MS, undefined);
    worker.once('message', (taken: number) => {
      clearTimeout(timer);
      resolve(taken);
    });
    worker.once('error', reject);
  });
  await worker.terminate();
  return { ms: ms ?? V8_LIMIT_MS, isStopped: ms === undefined };
}
