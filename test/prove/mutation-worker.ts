/** A process that runs the test files with one mutant after the other; its parent ends it when a mutant never ends. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { expect } from 'expect';
import type fc from 'fast-check';
import * as circus from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

/** Runs some tests of a test file, all of them where none are named; until the first failure if there is a mutant. */
export interface Errand {
  suite: string;
  tests?: number[];
  mutant?: string;
  /** More visits of the mutant than this are a loop without end. */
  hitLimit?: number;
}

export interface Ran {
  index: number;
  /** Of processor time, so that a busy machine changes little. */
  cpuMs: number;
  /** How often each mutant was passed. */
  covered: Record<string, number>;
}

export interface Answer {
  /** Why a test failed: the first one. */
  failure?: string;
  /** Which one it was; none where the file did not load. */
  failed?: number;
  ran: Ran[];
  /** What was passed while the file was loaded. */
  atLoad: Record<string, number>;
}

const [bundleFile = '', folder = ''] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
// That a random case fails is enough; looking for the smallest takes long.
(createRequire(import.meta.url)('fast-check') as typeof fc).configureGlobal({ endOnFailure: true });
const bundle = readFileSync(bundleFile, 'utf8');
/** With every mutant counted as it is passed: for runs without one. */
const startCounting = compiled('cover', 'cover($1)', 'false');
/** Without counts, as they make the product slow; a switch is as cheap as it can be. */
const startHunting = compiled('mutant, isActive', '0', '(mutant === $1 && isActive())');
const mocker = new ModuleMocker(globalThis);
const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
};
const { test, it, describe, beforeAll, beforeEach, afterAll, afterEach } = circus;
Object.assign(globalThis, { test, it, describe, beforeAll, beforeEach, afterAll, afterEach, expect, jest });

/** The bundle with its calls of Stryker's two functions, which take numbers as texts, in other words. */
function compiled(parameters: string, counting: string, switching: string) {
  const unquoted = bundle.replaceAll(/(?<=stry(?:Cov|MutAct)_9fa48\()[^)]*/g, (ids) =>
    ids.replaceAll('"', ''),
  );
  const code = unquoted
    .replaceAll(/stryCov_9fa48\(([^)]*)\)/g, counting)
    .replaceAll(/stryMutAct_9fa48\((\d+)\)/g, switching);
  const wrapped = `(function (require, module, performance, ${parameters}) {${code}\n})`;
  return new Script(wrapped, { filename: 'bundle.cjs' }).runInThisContext();
}

let errand: Errand = { suite: '' };
let answer: Answer;
const counters = new Float64Array(100_000);
let hits = 0;
let indexes = new Map<unknown, number>();
let cpuBefore = process.cpuUsage();
/** No test fails because the machine is busy. */
const stoppedClock = { now: () => 0 };

/** Called at every step of the product: an array of counters is what is fast enough. */
function cover(): void {
  // biome-ignore lint/complexity/noArguments: a rest parameter makes an array for every call
  for (let at = 0; at < arguments.length; at++) (counters[arguments[at]] as number)++;
}

function takeCounts(): Record<string, number> {
  const counts: Record<string, number> = {};
  if (errand.mutant !== undefined) return counts;
  for (let id = 0; id < counters.length; id++) {
    const count = counters[id] as number;
    if (count > 0) counts[id] = count;
  }
  counters.fill(0);
  return counts;
}

/** Called when the mutant is passed. */
function isActive(): boolean {
  hits += 1;
  if (hits > (errand.hitLimit ?? Number.POSITIVE_INFINITY)) throw new Error('a loop without end');
  return true;
}

type Block = ReturnType<typeof circus.getState>['rootDescribeBlock'];
type Entry = Block['children'][number];

function number(block: Block): void {
  for (const child of block.children as Entry[]) {
    if (child.type === 'describeBlock') number(child);
    else indexes.set(child, indexes.size);
  }
}

function nameOf(entry: Entry): string {
  const above = entry.parent && entry.parent.name !== 'ROOT_DESCRIBE_BLOCK' ? `${nameOf(entry.parent)} ` : '';
  return `${above}${entry.name}`;
}

function failWith(what: string, error: unknown, index?: number): void {
  if (answer.failure !== undefined) return;
  const first = Array.isArray(error) ? (error[0] ?? error[1]) : error;
  if (index !== undefined) answer.failed = index;
  answer.failure = `${what}: ${first instanceof Error ? first.message : String(first)}`.slice(0, 300);
}

/** A test that is not asked for is skipped, and all that come after a failure with a mutant. */
function begin(test: Entry): void {
  const index = indexes.get(test) ?? -1;
  const isOver = errand.mutant !== undefined && answer.failure !== undefined;
  const isLeftOut = errand.tests !== undefined && !errand.tests.includes(index);
  if (isOver || isLeftOut) test.mode = 'skip';
  cpuBefore = process.cpuUsage();
}

function end(test: Entry & { errors: unknown[] }): void {
  const index = indexes.get(test) ?? -1;
  for (const error of test.errors) failWith(nameOf(test), error, index);
  if (test.mode === 'skip' || test.mode === 'todo') return;
  const { user, system } = process.cpuUsage(cpuBefore);
  answer.ran.push({ index, cpuMs: (user + system) / 1_000, covered: takeCounts() });
}

circus.addEventHandler((event) => {
  if (event.name === 'test_start') begin(event.test);
  if (event.name === 'test_done') end(event.test);
});

async function go(): Promise<void> {
  answer = { ran: [], atLoad: {} };
  counters.fill(0);
  hits = 0;
  indexes = new Map();
  circus.resetState();
  circus.getState().testTimeout = 30_000;
  const module: { exports: { suites?: Record<string, () => void> } } = { exports: {} };
  if (errand.mutant === undefined) startCounting(require, module, stoppedClock, cover);
  else startHunting(require, module, stoppedClock, Number(errand.mutant), isActive);
  module.exports.suites?.[errand.suite]?.();
  answer.atLoad = takeCounts();
  number(circus.getState().rootDescribeBlock);
  await circus.run();
  for (const error of circus.getState().unhandledErrors) failWith('outside of a test', error);
}

process.on('unhandledRejection', (error) => failWith('outside of a test', error));
process.on('uncaughtException', (error) => failWith('outside of a test', error));
process.on('message', async (next: Errand) => {
  errand = next;
  try {
    await go();
  } catch (error) {
    failWith('loading', error);
  } finally {
    jest.restoreAllMocks();
  }
  process.send?.(answer);
});
process.send?.('ready');
