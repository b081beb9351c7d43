import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Errand, Tidings } from './shard.ts';

/** Sends a worker on its errand; resolves with all it told, added up. */
export function sendOff(errand: Errand, onNews: (news: Tidings) => void = () => undefined): Promise<Tidings> {
  const worker = new Worker(new URL('./shard.ts', import.meta.url), { workerData: errand });
  const total: Tidings = { done: 0, counts: {}, virtualMs: 0, wrong: [], hashes: [], isOver: false };
  return new Promise((resolve, reject) => {
    worker.on('message', (news: Tidings) => {
      addUp(total, news);
      onNews(news);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (total.isOver) resolve(total);
      else reject(new Error(`a worker ended with ${code} before its work was done`));
    });
  });
}

export function addUp(total: Tidings, news: Tidings): void {
  total.done += news.done;
  total.virtualMs += news.virtualMs;
  total.wrong.push(...news.wrong);
  total.hashes.push(...news.hashes);
  total.isOver ||= news.isOver;
  for (const [what, count] of Object.entries(news.counts))
    total.counts[what] = (total.counts[what] ?? 0) + count;
}

/** A folder for bundles, for as long as `work` takes. */
export async function withFolder<Value>(work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-simulator-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Works through a list, a few at a time. */
export async function eachOf<Thing>(
  things: readonly Thing[],
  atOnce: number,
  work: (thing: Thing) => Promise<void>,
): Promise<void> {
  const queue = [...things];
  const next = async (): Promise<void> => {
    for (let thing = queue.shift(); thing !== undefined; thing = queue.shift()) await work(thing);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}
