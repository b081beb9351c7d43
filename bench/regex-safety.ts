import { Worker } from 'node:worker_threads';
import { type Hostile, hostilePatterns, textOf } from '../test/support/hostile-patterns.ts';
import type { Figure, Section } from './figure.ts';
import { compilePattern } from './ours.ts';

const V8_LIMIT_MS = 2_000;

/** Three that V8 is known to hang on: it is not asked about all, at two seconds each. */
const FOR_V8 = ['^(a+)+$', '^(a|aa)+$', '^(a*)*$'];

const BOUND_MS = 20;

/** Hostile patterns: ours must finish or refuse; V8's RegExp runs a few of them in a worker that is ended. */
export const regexSafety: Section = async ({ say, isQuick }) => {
  // Warmed up with others than those that are timed: what was compiled and found before is remembered.
  for (const hostile of hostilePatterns) timeOurs({ ...hostile, pattern: `(?:${hostile.pattern})` });
  const timed = hostilePatterns.map((hostile) => ({ hostile, ...timeOurs(hostile) }));
  const refused = timed.filter(({ isRefused }) => isRefused).length;
  const slowest = timed.reduce((worst, one) => (one.ms > worst.ms ? one : worst));
  const worst = slowest.ms;
  say(
    `regex-safety: ${timed.length} patterns, ${refused} refused when saved; the slowest is ${slowest.hostile.pattern.slice(0, 60)}`,
  );
  const figures: Figure[] = [
    {
      figure: `regex-safety/worst of ${timed.length}, compiling and matching, or refusing`,
      ours: worst,
      peer: `bound of ${BOUND_MS} ms`,
      theirs: BOUND_MS,
      ratio: BOUND_MS / worst,
      unit: 'ms',
    },
  ];
  const forV8 = timed.filter(({ hostile }) => FOR_V8.includes(hostile.pattern));
  for (const { hostile, ms } of isQuick ? forV8.slice(0, 1) : forV8) {
    figures.push(await againstV8(hostile, ms));
  }
  return figures;
};

/** Compiling and one search, as when an automation is saved and its first event comes; or being refused. */
function timeOurs(hostile: Hostile): { ms: number; isRefused: boolean } {
  const text = textOf(hostile);
  const before = performance.now();
  const compiled = compilePattern(hostile.pattern);
  const isRefused = 'problem' in compiled;
  if (!isRefused) compiled.matches(text);
  return { ms: performance.now() - before, isRefused };
}

async function againstV8(hostile: Hostile, ours: number): Promise<Figure> {
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
async function timeV8(hostile: Hostile): Promise<{ ms: number; isStopped: boolean }> {
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
