import { ambient, type Command } from './ambient.ts';
import type { Task } from './functions.ts';
import { placesRead, placesWritten, wordsOf } from './names.ts';
import type { Call } from './wire.ts';
import { drained, type World } from './world.ts';

/** Decides, in the place of chance, what happens next. */
export interface Chooser {
  /** One of several things that could happen next; undefined when that way was gone before. */
  next: (options: number, state: () => string) => number | undefined;
  /** Whether the function dies before or after a call. */
  crash: (state: () => string) => '' | 'kill before' | 'kill after' | undefined;
  /** Whether nothing ever writes what is read there. */
  isNeverWritten: (place: string) => boolean;
}

const isRead = ({ kind }: Command) => /^(Get|BatchGet|Query|GetSecretValue)$/.test(kind);

/** Whatever is planned so near may as well come before a call that is under way. */
const SOON_MS = 5;

/** One way through a world: nothing happens by chance, what happens next is chosen. */
export class Exploration {
  /** All places that functions wrote to. */
  readonly written = new Set<string>();
  readonly #world: World;
  readonly #chooser: Chooser;
  readonly #outside: () => string;
  #ready: Call[] = [];

  /** `outside` describes what the users know. */
  constructor(world: World, chooser: Chooser, outside: () => string) {
    this.#world = world;
    this.#chooser = chooser;
    this.#outside = outside;
  }

  /** Goes on until nothing is left to do. False when that way was gone before. */
  async go(): Promise<boolean> {
    ambient.host = this.#world.wire.host;
    let isOn: boolean | undefined = true;
    while (isOn) {
      await drained();
      this.#ready.push(...this.#world.wire.takeIssued().filter(({ task }) => !task.isOver));
      this.#world.sources.planPolls();
      isOn = this.#goOn();
    }
    return isOn !== undefined;
  }

  /** True when something happened, false when nothing is left to do, undefined for a way that was gone before. */
  #goOn(): boolean | undefined {
    const settled = this.#ready.find((call) => this.#commutes(call));
    if (settled) return this.#perform(settled) || undefined;
    // Of a function's calls that were made side by side, the first goes first.
    const first = new Map(this.#ready.toReversed().map((call) => [call.task, call]));
    const calls = [...first.values()].reverse();
    const options = calls.length + (this.#mayTimePass(calls.length > 0) ? 1 : 0);
    if (options === 0) return false;
    const taken = options === 1 ? 0 : this.#chooser.next(options, this.#describe);
    if (taken === undefined) return undefined;
    const call = calls[taken];
    if (call) return this.#perform(call) || undefined;
    this.#world.passTime();
    return true;
  }

  /**
   * Whether a call, with all that its function asks for beside it, reads what nothing ever writes: then it makes no
   * difference when it is done, and it is done at once. At a function's first call it may still choose to die.
   */
  #commutes({ task }: Call): boolean {
    if (!task.hasCalled) return false;
    const isFixed = ({ service, command }: Call) =>
      isRead(command) && placesRead(service, command).every(this.#chooser.isNeverWritten);
    return this.#ready.every((call) => call.task !== task || isFixed(call));
  }

  /** While calls are under way, only what comes very soon may come before them. */
  #mayTimePass(areCallsUnderWay: boolean): boolean {
    const { agenda, nowMs } = this.#world;
    return agenda.nextMs !== undefined && (!areCallsUnderWay || agenda.nextMs - nowMs <= SOON_MS);
  }

  #perform(call: Call): boolean {
    const { task, service, command } = call;
    const crash = this.#chooseCrash(call);
    if (crash === undefined) return false;
    const { trace, nowMs } = this.#world;
    this.#ready = this.#ready.filter((other) => other !== call);
    trace.note(nowMs, task.name, ...wordsOf(service, command), crash);
    this.#settle(call, crash);
    if (!task.isOver) {
      if (isRead(command)) this.#readOthers(task);
      return true;
    }
    this.#ready = this.#ready.filter((other) => other.task !== task);
    return this.#chooser.next(1, this.#describe) !== undefined;
  }

  #settle(call: Call, crash: string): void {
    const { service, command } = call;
    if (crash !== 'kill before' && !isRead(command)) {
      for (const place of placesWritten(service, command)) this.written.add(place);
    }
    this.#world.wire.settle(call, crash);
  }

  /** Reads that a function makes side by side are one step: each is of something else. */
  #readOthers(task: Task): void {
    const others = this.#ready.filter((call) => call.task === task);
    if (!others.every(({ command }) => isRead(command))) return;
    this.#ready = this.#ready.filter((call) => call.task !== task);
    for (const call of others) this.#settle(call, '');
  }

  /** A function that dies at a read dies, for all that anybody can see, after its last write: that is tried there. */
  #chooseCrash({ task, command }: Call): ReturnType<Chooser['crash']> {
    const isFirst = !task.hasCalled;
    task.hasCalled = true;
    if (isRead(command) && !isFirst) return '';
    const crash = this.#chooser.crash(this.#describe);
    return isFirst || crash !== 'kill before' ? crash : undefined;
  }

  /** Everything that what comes next depends on. */
  readonly #describe = (): string => {
    const { table, queues, functions, receivers, agenda, nowMs } = this.#world;
    const items = [...table.items()].map((item) => JSON.stringify(item, withSets)).sort();
    const { events, deliveries } = queues;
    const waiting = [events, deliveries].map((queue) => [queue.describe(), queue.deadLetters?.describe()]);
    const ready = this.#ready.map(
      ({ task, command, service }) => `${task.name} ${wordsOf(service, command).join(' ')}`,
    );
    const busy = [...functions.underWay].map(({ name, container }) => `${name} ${container.seen}`).sort();
    const posts = receivers.posts.map(({ arrivedAtMs, body, status }) => [arrivedAtMs, body, status]);
    const rest = [nowMs, waiting, ready.sort(), busy, posts, this.#outside(), agenda.describe(nowMs)];
    return JSON.stringify([items, rest], withSets);
  };
}

const withSets = (_name: string, value: unknown) => (value instanceof Set ? [...value].sort() : value);
