import { ambient, isRead } from './ambient.ts';
import type { QueueName } from './event-sources.ts';
import { type Footprint, footprintOf, joined, type Touched } from './footprint.ts';
import type { Task } from './functions.ts';
import { wordsOf } from './names.ts';
import type { About } from './nature.ts';
import { NoChance } from './no-chance.ts';
import { type FunctionName, type Product, urls } from './product.ts';
import { Trace } from './trace.ts';
import type { Call } from './wire.ts';
import { drained, World } from './world.ts';
import { type Planned, stateOf } from './world-state.ts';

/** Something that may happen next, in one of several ways. One actor's steps keep their order. */
export interface Option {
  actor: string;
  ways: readonly string[];
}

interface ExploredParts {
  product: Product;
  startMs: number;
  crashes: number;
  soonMs: number;
}

/** What is about no function is the users'. */
interface Item extends Planned {
  number: number;
  run: () => void;
}

const BATCH = 10;
const MINUTE_MS = 60_000;

const QUEUES = ['events', 'deliveries'] as const;

/** What the end of an invocation touches: its messages leave the queue, or its caller goes on. */
const TOUCHED_BY_END: Partial<Record<FunctionName, Touched>> = {
  matcher: ['groups', 'add'],
  ingest: ['users', 'write'],
  admin: ['users', 'write'],
};

/**
 * A world in which nothing happens by chance: it says what may happen next, and does what it is told. Calls take no
 * time, and time passes when nothing else can happen. A function dies before its first call, or right after a write: to
 * die later, at a read or before the next write, leaves the same behind. It sweeps in minutes that find something.
 */
export class ExploredWorld extends World {
  /** Which step made an actor appear; none did before the first. */
  readonly madeBy = new Map<string, number>();
  #step = -1;
  crashesLeft: number;
  readonly #parts: ExploredParts;
  #sweepAtMs: number | undefined;
  #items: Item[] = [];
  #pending = new Map<Task, Call[]>();
  #numbers = 0;
  #usersSteps = 0;

  constructor(parts: ExploredParts) {
    const { product, startMs, crashes } = parts;
    super({
      products: [product],
      random: new NoChance(0),
      trace: new Trace(false),
      startMs,
      notesWhatIsSeen: true,
    });
    this.crashesLeft = crashes;
    this.#parts = parts;
  }

  /** Nothing is under way, and nobody outside waits for anything. */
  get isQuiet(): boolean {
    return this.functions.underWay.size === 0 && this.#items.length === 0;
  }

  /** A world in the same state. Only what is quiet has one: what a function is about can't be copied. */
  copy(): ExploredWorld {
    if (!this.isQuiet) throw new Error('something is under way');
    const copy = new ExploredWorld({ ...this.#parts, startMs: this.nowMs, crashes: this.crashesLeft });
    copy.services.become(this.services);
    copy.#sweepAtMs = this.#sweepAtMs;
    return copy;
  }

  override plan(atMs: number, run: () => void, about?: About): void {
    const number = this.#numbers++;
    const isSoon = atMs - this.nowMs <= this.#parts.soonMs && about === undefined;
    this.madeBy.set(`item ${number}`, this.#step);
    this.#items.push({ atMs: isSoon ? this.nowMs : atMs, number, run, about });
  }

  /** All that may happen now; nothing when it is time that has to pass. */
  options(): Option[] {
    const tasks = [...this.functions.underWay]
      .map((task) => ({ actor: `task ${task.number}`, ways: this.#waysOf(task) }))
      .filter(({ ways }) => ways.length > 0);
    const polls = QUEUES.filter((name) => this.sources.canPoll(name)).map((name) => ({
      actor: `poll ${name}`,
      ways: [''],
    }));
    const items = this.#items
      .filter(({ atMs, about }) => atMs <= this.nowMs && about === undefined)
      .map(({ number }) => ({ actor: `item ${number}`, ways: [''] }));
    const sweeps = this.#sweepAtMs === this.nowMs ? [{ actor: 'sweep', ways: [''] }] : [];
    return [...tasks, ...polls, ...items, ...sweeps];
  }

  /**
   * How a function may go on: none where it waits. One that dies at a read dies, for all that anybody can see, after its
   * last write: that is tried there.
   */
  #waysOf(task: Task): string[] {
    if (this.#dueOf(task)) return [''];
    const call = this.#pending.get(task)?.[0];
    if (!call) return [];
    if (this.crashesLeft === 0) return [''];
    const before = task.hasCalled ? [] : ['kill before'];
    return isRead(call.command) ? ['', ...before] : ['', 'kill after', ...before];
  }

  /** What a function waited for comes before what it calls then. */
  #dueOf(task: Task): Item | undefined {
    return this.#items.find(({ atMs, about }) => about?.task === task && atMs <= this.nowMs);
  }

  /** Makes a step, and lets everything go on that goes on by itself. */
  async make(actor: string, way: string): Promise<Footprint> {
    ambient.host = this.wire.host;
    this.#step++;
    this.functions.current = undefined;
    this.table.changes = [];
    const [kind = '', which = ''] = actor.split(' ');
    const touched = this.#start(kind, which, way);
    await drained();
    this.#takeIssued();
    touched.push(...this.#touchedIndexes());
    const current = this.functions.current as Task | undefined;
    if (current) {
      touched.push([`task ${current.number}`, 'write']);
      const end = TOUCHED_BY_END[current.name];
      if (current.isOver && end) touched.push(end);
    }
    return touched.reduce<Footprint>((all, one) => joined(all, new Map([one])), new Map());
  }

  /** Who looks for what is due looks for nothing that is due later. */
  #touchedIndexes(): Touched[] {
    const seen = (this.table.changes ?? []).filter(
      ({ index, range }) => index !== 'due' || Number(range) <= this.nowMs,
    );
    return seen.map(({ index, hash }) => [`index ${index} ${hash}`, 'add']);
  }

  #start(kind: string, which: string, way: string): Touched[] {
    if (kind === 'task') return this.#perform(Number(which), way);
    if (kind === 'poll') return this.#poll(which as QueueName);
    if (kind === 'sweep') return this.#sweep();
    this.#usersSteps++;
    this.#run(this.#items.find(({ number }) => number === Number(which)) as Item);
    return [['users', 'write']];
  }

  #run(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item);
    item.run();
  }

  #sweep(): Touched[] {
    this.#sweepAtMs = undefined;
    this.functions.invoke('sweeper', {}, () => undefined);
    return [];
  }

  #perform(number: number, way: string): Touched[] {
    const task = [...this.functions.underWay].find((one) => one.number === number) as Task;
    const due = this.#dueOf(task);
    if (due) {
      this.#run(due);
      return [];
    }
    const calls = this.#pending.get(task) as Call[];
    const call = calls.shift() as Call;
    if (calls.length === 0) this.#pending.delete(task);
    task.hasCalled = true;
    this.functions.current = task;
    this.trace.note(this.nowMs, task.name, ...wordsOf(call.service, call.command), way);
    if (way !== '') this.crashesLeft--;
    const { writes } = this.table;
    this.wire.settle(call, way);
    if (way === 'kill before') return [];
    const touched = footprintOf(call.service, call.command);
    // A write that is refused has read its item, and that is all.
    const isRefused = call.service === 'dynamodb' && !isRead(call.command) && this.table.writes === writes;
    return isRefused ? touched.map(([place]) => [place, 'read']) : touched;
  }

  #poll(name: QueueName): Touched[] {
    const { deadLetters } = this.queues[name];
    const dead = deadLetters?.size;
    this.sources.poll(name, BATCH);
    const touched: Touched[] = [[`queue ${urls[name]}`, 'write']];
    if (name === 'events') touched.push(['groups', 'write']);
    if (deadLetters?.size !== dead) touched.push([`queue ${urls[`${name}DeadLetters`]}`, 'write']);
    return touched;
  }

  #takeIssued(): void {
    for (const call of this.wire.takeIssued()) {
      const { task } = call;
      const calls = this.#pending.get(task);
      if (calls) calls.push(call);
      else this.#pending.set(task, [call]);
      const actor = `task ${task.number}`;
      if (!this.madeBy.has(actor)) this.madeBy.set(actor, this.#step);
    }
    for (const task of this.#pending.keys()) if (task.isOver) this.#pending.delete(task);
    this.#items = this.#items.filter(({ about }) => !about?.task.isOver);
  }

  /** Goes on to the next moment at which something may happen; false when there is none. */
  passTime(): boolean {
    const sweepAtMs = this.#nextSweepMs();
    const moments = [
      sweepAtMs,
      ...this.#items.map(({ atMs }) => atMs),
      ...QUEUES.map((name) => this.queues[name].nextMs() ?? Number.POSITIVE_INFINITY),
    ];
    const nextMs = Math.min(...moments);
    if (nextMs === Number.POSITIVE_INFINITY) return false;
    this.nowMs = nextMs;
    this.#sweepAtMs = sweepAtMs === nextMs ? sweepAtMs : undefined;
    return true;
  }

  /** The first minute in which a sweep finds something: in any other it changes nothing. */
  #nextSweepMs(): number {
    const dueMs = Math.min(this.table.least('due') ?? Number.POSITIVE_INFINITY, this.services.deadMs);
    return Math.ceil(Math.max(dueMs, this.nowMs + 1) / MINUTE_MS) * MINUTE_MS;
  }

  protected override onDue(): void {
    // Each time before time passes, it is asked what is due.
  }

  /** Everything that what comes next depends on, but for how many crashes are left. */
  state(outside: string): string {
    // Users wait for one thing after the other: how many came tells for which.
    const usersAre = this.isQuiet ? 'done' : this.#usersSteps;
    return stateOf(this, this.#items, [this.#sweepAtMs === this.nowMs, usersAre, outside]);
  }
}
