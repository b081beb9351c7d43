import { Agenda } from './agenda.ts';
import { type Faults, NO_FAULTS, type Odd } from './faults.ts';
import type { Task } from './functions.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';

/** Something that is planned for an invocation: void once that is over. */
export interface About {
  task: Task;
  what: string;
}

/** Time, chance and faults: what all parts of a world share. Its clock jumps. */
export class Nature {
  nowMs: number;
  faults: Faults = NO_FAULTS;
  /** How often each thing happened. */
  readonly counts: Record<string, number> = {};
  readonly random: Random;
  readonly trace: Trace;
  readonly agenda = new Agenda();

  constructor({ random, trace, startMs }: { random: Random; trace: Trace; startMs: number }) {
    this.random = random;
    this.trace = trace;
    this.nowMs = startMs;
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  /** Whether a fault happens now. */
  happens(kind: Odd): boolean {
    const probability = this.faults[kind];
    if (probability === 0 || !this.random.chance(probability)) return false;
    this.count(`fault ${kind}`);
    return true;
  }

  /** Has something done at a moment. `about` tells those who explore a world what it is. */
  plan(atMs: number, run: () => void, _about?: About): void {
    this.agenda.plan(Math.max(atMs, this.nowMs), run);
  }

  /** Resolves after a time, for what is outside of the product. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.plan(this.nowMs + ms, resolve));
  }
}
