/**
 * A real training loop that tells Signalbox about itself; the TypeScript twin of train.py.
 * Same data, same arithmetic, same numbers, and no package either:
 *
 *     SIGNALBOX_URL=http://127.0.0.1:8787 SIGNALBOX_API_KEY=sbx_... node examples/train.ts
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

const FEATURES = 4;
const TRAINING_ROWS = 600;
const VALIDATION_ROWS = 100;
const BATCH_ROWS = 16;
const LEARNING_RATE = 0.02;

interface Row {
  label: 0 | 1;
  features: number[];
}

interface Progress {
  step: number;
  loss: number;
  score: number;
}

/** Numbers in [0, 1). Every product stays below 2**53, so Python computes the same ones. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

/** Nearly a standard normal value, by sums alone: no library's cosine to disagree about. */
function normal(next: () => number): number {
  let total = 0;
  for (let index = 0; index < 12; index += 1) total += next();
  return total - 6;
}

/** Rows from two clouds that overlap: their centres lie 1.4 apart on each axis. */
function makeRows(count: number, next: () => number): Row[] {
  return Array.from({ length: count }, (_, index) => {
    const label = index % 2 === 1 ? 1 : 0;
    const centre = label === 1 ? 1.9 : 0.5;
    return { label, features: Array.from({ length: FEATURES }, () => centre + normal(next)) };
  });
}

/** How likely the model finds label 1; the last weight is the bias. */
function probability(weights: number[], features: number[]): number {
  let score = weights[FEATURES] ?? 0;
  features.forEach((feature, index) => {
    score += (weights[index] ?? 0) * feature;
  });
  return 1 / (1 + Math.exp(-score));
}

/** One step down the gradient, in place; returns the batch's mean loss before the step. */
function learn(weights: number[], batch: Row[]): number {
  const gradient = new Array<number>(FEATURES + 1).fill(0);
  let loss = 0;
  for (const { label, features } of batch) {
    const guess = probability(weights, features);
    loss -= Math.log(label === 1 ? guess : 1 - guess);
    [...features, 1].forEach((feature, index) => {
      gradient[index] = (gradient[index] ?? 0) + (guess - label) * feature;
    });
  }
  gradient.forEach((slope, index) => {
    weights[index] = (weights[index] ?? 0) - (LEARNING_RATE * slope) / batch.length;
  });
  return loss / batch.length;
}

/** The share of rows that the model labels right. */
function accuracy(weights: number[], rows: Row[]): number {
  const right = rows.filter(({ label, features }) => probability(weights, features) >= 0.5 === (label === 1));
  return right.length / rows.length;
}

/** Yields once per step, with the numbers rounded as they are printed and posted. */
function* train(steps: number): Generator<Progress> {
  const next = randomNumbers(20261123);
  const rows = makeRows(TRAINING_ROWS, next);
  const unseen = makeRows(VALIDATION_ROWS, next);
  const weights = new Array<number>(FEATURES + 1).fill(0);
  for (let step = 0; step < steps; step += 1) {
    const picks = Array.from({ length: BATCH_ROWS }, () => Math.floor(next() * TRAINING_ROWS));
    const batch = picks.flatMap((pick) => rows[pick] ?? []);
    const score = accuracy(weights, unseen);
    yield { step, loss: Number(learn(weights, batch).toFixed(6)), score: Number(score.toFixed(6)) };
  }
}

type Post = (event: Record<string, unknown>) => Promise<void>;

/** The few lines a script needs to post events; it ends with a sentence if Signalbox does not take one. */
function connect(url: string, key: string): Post {
  return async (event) => {
    const response = await fetch(`${url.replace(/\/+$/, '')}/v1/events`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(20_000),
    }).catch((error: Error) =>
      stop(`Signalbox cannot be reached at ${url}: ${error.cause ?? error.message}`),
    );
    const body = await response.text();
    if (!response.ok) stop(`Signalbox refused the event (HTTP ${response.status}): ${reason(body)}`);
  };
}

/** What an error answer says, in its own words. */
function reason(body: string): string {
  try {
    const answer = JSON.parse(body);
    const refused: Record<string, string>[] = answer.refused?.length > 0 ? answer.refused : [answer];
    return refused.map(({ field, code, detail }) => `${field ?? code}: ${detail}`).join('; ');
  } catch {
    return body.slice(0, 200);
  }
}

function stop(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

interface Options {
  team: string;
  project: string;
  registry: string;
  collection: string;
  user: string;
  run: string;
  steps: number;
  points: number;
  printEvery: number;
}

/** Links the model to the registry, then moves its aliases as a release process would. */
async function publish(post: Post, options: Options, metadata: Record<string, number>): Promise<void> {
  const { team, registry, user, collection } = options;
  const model = {
    team,
    registry,
    user,
    collection: { name: collection, type: 'model' },
    version: 'v0',
    index: 0,
    tags: [],
    metadata,
  };
  // A time makes a repeated post the same event, not a new one.
  const now = () => new Date().toISOString();
  await post({ type: 'artifact.linked', time: now(), aliases: ['latest'], ...model });
  console.log(`linked  ${registry}/${collection}:v0`);
  let aliases = ['latest'];
  for (const alias of ['staging', 'production']) {
    aliases = [...aliases, alias];
    await post({ type: 'artifact.alias_added', time: now(), alias, aliases, ...model });
    console.log(`alias   ${alias}`);
  }
}

function readOptions(): Options {
  const text = (value: string) => ({ type: 'string' as const, default: value });
  const { values } = parseArgs({
    options: {
      team: text('demo'),
      project: text('two-clouds'),
      registry: text('models'),
      collection: text('two-clouds'),
      user: text(process.env['USER'] || 'ada'),
      run: text(randomBytes(4).toString('hex')),
      steps: text('2000'),
      points: text('100'),
      'print-every': text('100'),
    },
  });
  const { steps, points, 'print-every': printEvery, ...names } = values;
  return { ...names, steps: Number(steps), points: Number(points), printEvery: Number(printEvery) };
}

async function main(): Promise<void> {
  const options = readOptions();
  const { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: key } = process.env;
  if (!url || !key) stop('Set SIGNALBOX_URL and SIGNALBOX_API_KEY to where and as whom to post.');
  const post = connect(url, key);
  const run = {
    id: options.run,
    name: `two-clouds-${options.run}`,
    config: { learning_rate: LEARNING_RATE },
  };
  const source = { type: 'run.metrics', team: options.team, project: options.project, user: options.user };

  let points: object[] = [];
  let last = { loss: Number.NaN, score: Number.NaN };
  for (const { step, loss, score } of train(options.steps)) {
    last = { loss, score };
    points.push({ step, metrics: { loss, accuracy: score } });
    if (step % options.printEvery === 0) {
      const place = String(step).padStart(4);
      console.log(`step ${place}  loss ${loss.toFixed(6)}  accuracy ${score.toFixed(6)}`);
    }
    if (points.length === options.points || step === options.steps - 1) {
      await post({ ...source, run, points });
      points = [];
    }
  }
  console.log(`posted  ${options.steps} points`);
  await publish(post, options, { loss: last.loss, accuracy: last.score, steps: options.steps });
}

await main();
