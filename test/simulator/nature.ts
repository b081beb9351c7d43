import { Agenda } from './agenda.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';

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
  happens(kind: Exclude<keyof Faults, 'outages'>): boolean {
    const probability = this.faults[kind];
    if (probability === 0 || !this.random.chance(probability)) return false;
    this.count(`fault ${kind}`);
    return true;
  }

  /** Has something done at a moment. Where worlds are explored, `label` says what it is, or nothing once it is void. */
  plan(atMs: number, run: () => void, _label?: () => string): void {
    this.agenda.plan(Math.max(atMs, this.nowMs), run);
  }

  /** Resolves after a time, for what is outside of the product. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.plan(this.nowMs + ms, resolve));
  }
}
