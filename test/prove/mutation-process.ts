import { type ChildProcess, fork } from 'node:child_process';
import type { Answer, Errand } from './mutation-worker.ts';

const WORKER = `${import.meta.dirname}/mutation-worker.ts`;
const START_MS = 120_000;

/** A worker that is started again whenever it had to be ended. */
export class Runner {
  readonly #bundle: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  constructor(bundle: string, folder: string) {
    this.#bundle = bundle;
    this.#folder = folder;
  }

  /** What came of an errand; nothing if it did not end in time, or ended the process. */
  async run(errand: Errand, limitMs: number): Promise<Answer | undefined> {
    const child = this.#child ?? (await this.#start());
    const answered = this.#next(child, limitMs);
    child?.send(errand);
    const answer = await answered;
    if (answer === undefined) this.end();
    return answer as Answer | undefined;
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(WORKER, [this.#bundle, this.#folder], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    if ((await this.#next(child, START_MS)) !== 'ready') throw new Error('a worker does not start');
    this.#child = child;
    return child;
  }

  #next(child: ChildProcess, limitMs: number): Promise<unknown> {
    return new Promise((resolve) => {
      const settle = (value: unknown) => {
        clearTimeout(timer);
        child.off('message', settle);
        child.off('exit', onExit);
        resolve(value);
      };
      const onExit = () => settle(undefined);
      const timer = setTimeout(settle, limitMs, undefined);
      child.on('message', settle);
      child.on('exit', onExit);
    });
  }
}

/** So many workers, each lent to one task at a time. */
export class Runners {
  readonly #all: Runner[];
  readonly #idle: Runner[];
  readonly #waiting: ((runner: Runner) => void)[] = [];

  constructor(count: number, bundle: string, folder: string) {
    this.#all = Array.from({ length: count }, () => new Runner(bundle, folder));
    this.#idle = [...this.#all];
  }

  readonly lend = async <Value>(work: (runner: Runner) => Promise<Value>): Promise<Value> => {
    const runner = this.#idle.pop() ?? (await new Promise<Runner>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(runner);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(runner);
      else this.#idle.push(runner);
    }
  };

  end(): void {
    for (const runner of this.#all) runner.end();
  }
}
