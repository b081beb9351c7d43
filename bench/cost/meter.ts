/** To ask the system for a process's CPU time takes longer than a small invocation. */
const SAMPLED_EVERY = 16;

/** What is counted goes by names such as `write/run`; a bill asks for whole groups of them. */
export class Meter {
  #counts = new Map<string, number>();
  #harnessMs = 0;
  #waves = new Waves();
  #cpu = new Map<string, { seen: number; sampled: number; totalMs: number }>();

  reset(): void {
    this.#counts.clear();
    this.#cpu.clear();
  }

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** The sum of what was counted under a name, and under those that go on from it with a slash. */
  sum(name: string): number {
    let sum = 0;
    for (const [each, count] of this.#counts) {
      if (each === name || each.startsWith(`${name}/`)) sum += count;
    }
    return sum;
  }

  /** The last parts of the names under one, with their counts; largest first. */
  under(name: string): [part: string, count: number][] {
    const found = [...this.#counts].filter(([each]) => each.startsWith(`${name}/`));
    return found
      .map(([each, count]): [string, number] => [each.slice(name.length + 1), count])
      .sort((a, b) => b[1] - a[1]);
  }

  /** Does a client's work in no time of the function's own, then waits as long as the network might. */
  async serve<Answer>(waitMs: number, work: () => Answer): Promise<Answer> {
    const startedAt = performance.now();
    try {
      return work();
    } finally {
      this.#harnessMs += performance.now() - startedAt;
      await this.#waves.wait(waitMs);
    }
  }

  /** Runs one invocation: the CPU that it took on average so far, and how long its own calls kept it waiting. */
  async time(name: string, invoke: () => Promise<unknown>): Promise<{ cpuMs: number; waitedMs: number }> {
    const cpu = this.#cpu.get(name) ?? { seen: 0, sampled: 0, totalMs: 0 };
    this.#cpu.set(name, cpu);
    const isSampled = cpu.seen++ % SAMPLED_EVERY === 0;
    this.#harnessMs = 0;
    this.#waves.totalMs = 0;
    const before = isSampled ? process.cpuUsage() : undefined;
    await invoke();
    if (before) {
      const { user, system } = process.cpuUsage(before);
      cpu.sampled++;
      cpu.totalMs += Math.max(0, (user + system) / 1000 - this.#harnessMs);
    }
    return { cpuMs: cpu.totalMs / cpu.sampled, waitedMs: this.#waves.totalMs };
  }
}

/** Calls that are under way at the same time wait together, as long as the longest of them. */
class Waves {
  totalMs = 0;
  #longestMs = 0;
  #waiting: (() => void)[] = [];

  wait(ms: number): Promise<void> {
    this.#longestMs = Math.max(this.#longestMs, ms);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#break());
    });
  }

  #break(): void {
    const waiting = this.#waiting;
    this.totalMs += this.#longestMs;
    this.#longestMs = 0;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
