import { createHash } from 'node:crypto';
import { Agenda } from './agenda.ts';
import { ambient, type Command, type Host, type Service } from './ambient.ts';
import { type Faults, NO_FAULTS, type Odd } from './faults.ts';
import { placesRead, placesWritten, wordsOf } from './names.ts';
import { type FunctionName, type Handler, type Product, urls } from './product.ts';
import { SimulatedQueue } from './queue.ts';
import type { Random } from './random.ts';
import { type Post, Receivers } from './receivers.ts';
import { SimulatedTable } from './table.ts';
import type { Trace } from './trace.ts';
import { SimulatedVault } from './vault.ts';

/** A started function: one invocation at a time, its clock, and what it keeps in memory. */
interface Container {
  product: Product;
  handler: Handler;
  skewMs: number;
  /** All that it ever saw, as one number: the same code that saw the same is in the same state. */
  seen: string;
}

/** One invocation under way. A killed one never goes on. */
export interface Task {
  name: FunctionName;
  number: number;
  container: Container;
  isOver: boolean;
  hasCalled: boolean;
  end: (ending: Ending) => void;
}

export type Ending = { answer: unknown } | { error: unknown } | { killed: true };

interface Call {
  task: Task;
  service: Service;
  command: Command;
  settle: { resolve: (value: unknown) => void; reject: (error: Error) => void };
}

/** Decides, in the place of chance, what happens next. */
export interface Chooser {
  /** One of several things that could happen next; undefined when that way was gone before. */
  next: (options: number, state: () => string) => number | undefined;
  /** Whether the function dies before or after a call. */
  crash: (state: () => string) => '' | 'kill before' | 'kill after' | undefined;
  /** Whether nothing ever writes what is read there. */
  isNeverWritten: (place: string) => boolean;
}

export interface WorldParts {
  /** Containers start from one of these: several during a deployment. */
  products: readonly Product[];
  random: Random;
  trace: Trace;
  startMs: number;
  /** A world in which messages die sooner shows sooner what becomes of them. */
  mostReceives?: number | undefined;
  /** For worlds that are explored, state by state. */
  notesWhatIsSeen?: boolean;
}

type Mapping = Product['topology']['mappings'][number];

const MINUTE_MS = 60_000;

/** AWS and the rest of the world around the product's functions, on a clock that jumps. */
export class World {
  nowMs: number;
  faults: Faults = NO_FAULTS;
  /** How often each thing happened. */
  readonly counts: Record<string, number> = {};
  readonly random: Random;
  readonly table: SimulatedTable;
  readonly vault: SimulatedVault;
  readonly receivers: Receivers;
  readonly queues: { events: SimulatedQueue; deliveries: SimulatedQueue };
  readonly trace: Trace;
  #products: readonly Product[];
  readonly #agenda = new Agenda();
  readonly #warm = new Map<FunctionName, Container[]>();
  readonly #busy = { events: 0, deliveries: 0 };
  readonly #mappings: Record<'events' | 'deliveries', Mapping>;
  readonly #polls = { events: Number.POSITIVE_INFINITY, deliveries: Number.POSITIVE_INFINITY };
  #sweepAtMs = Number.POSITIVE_INFINITY;
  #current: Task | undefined;
  #isInstant = false;
  readonly #notesWhatIsSeen: boolean;
  /** All places that functions wrote to, where worlds are explored. */
  readonly written = new Set<string>();
  #issued: Call[] = [];
  #tasks = 0;

  constructor({ products, random, trace, startMs, mostReceives, notesWhatIsSeen = false }: WorldParts) {
    this.#notesWhatIsSeen = notesWhatIsSeen;
    this.#products = products;
    this.random = random;
    this.trace = trace;
    this.nowMs = startMs;
    const [product] = products as [Product];
    this.receivers = new Receivers(random);
    this.vault = new SimulatedVault(random, () => new product.ResourceNotFoundException());
    const chance = (kind: Odd) => () => this.#happens(kind);
    this.table = new SimulatedTable(
      this,
      {
        indexDelayMs: () => (this.faults.indexDelayMs === 0 ? 0 : random.below(this.faults.indexDelayMs)),
        readsOld: chance('oldReads'),
        hasExpired: () => !random.chance(this.faults.outlives),
        pageSize: () => (this.#happens('shortPages') ? random.between(1, 3) : 1_000),
        processed: (keys) => (keys > 1 && this.#happens('unprocessed') ? random.below(keys) : keys),
      },
      {
        indexes: product.topology.table.indexes,
        refuse: () => new product.ConditionalCheckFailedException(),
        onDue: (atMs) => this.#planSweep(atMs),
      },
    );
    const mappingOf = (name: string) =>
      product.topology.mappings.find(({ queue }) => queue === name) as Mapping;
    this.#mappings = { events: mappingOf('events'), deliveries: mappingOf('deliveries') };
    const { events, deliveries } = product.topology.queues;
    const most = () => mostReceives ?? random.pick([10, 10, 10, 4, 2]);
    this.queues = {
      events: this.#queueOf(events, most()),
      deliveries: this.#queueOf(deliveries, most()),
    };
  }

  #queueOf(
    given: Product['topology']['queues']['events' | 'deliveries'],
    mostReceives: number,
  ): SimulatedQueue {
    const whims = {
      doubles: () => this.#happens('doubles'),
      receivesTwice: () => this.#happens('receivesTwice'),
    };
    const parts = { clock: this, whims, random: this.random };
    const settings = (attributes: Record<string, string>, maxReceives: number) => ({
      isFifo: attributes['FifoQueue'] === 'true',
      visibilityMs: Number(attributes['VisibilityTimeout'] ?? 30) * 1000,
      retentionMs: Number(attributes['MessageRetentionPeriod']) * 1000,
      maxReceives,
    });
    const deadLetters = new SimulatedQueue(
      settings(given.deadLetters.attributes, Number.POSITIVE_INFINITY),
      parts,
    );
    const maxReceives = Math.min(given.maxReceiveCount, mostReceives);
    return new SimulatedQueue(settings(given.attributes, maxReceives), { ...parts, deadLetters });
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  /** From now on functions start from the first version only, and none of another one is left waiting. */
  endDeployment(): void {
    if (this.#products.length === 1) return;
    this.#products = this.#products.slice(0, 1);
    this.#warm.clear();
  }

  #happens(kind: Odd): boolean {
    const probability = this.faults[kind];
    if (probability === 0 || !this.random.chance(probability)) return false;
    this.count(`fault ${kind}`);
    return true;
  }

  /** Has something done at a moment. */
  plan(atMs: number, run: () => void, label: () => string = something): void {
    this.#agenda.plan(Math.max(atMs, this.nowMs), run, label);
  }

  /** Resolves after a time, for what is outside of the product. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.plan(this.nowMs + ms, resolve));
  }

  /** Lets things happen until nothing is left to do. False when there is no end to it. */
  run(most = 150_000): Promise<boolean> {
    ambient.host = this.#host;
    let steps = 0;
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          this.#issue();
          this.#planPolls();
          if (this.#agenda.nextMs === undefined) resolve(true);
          else if (steps++ === most) resolve(false);
          else {
            this.#passTime();
            whenDrained(step);
          }
        } catch (error) {
          reject(error);
        }
      };
      whenDrained(step);
    });
  }

  /** As `run`, but nothing happens by chance: what happens next is chosen. False when that way was gone before. */
  async explore(chooser: Chooser, outside: () => string): Promise<boolean> {
    ambient.host = this.#host;
    const state = () => this.#describe(outside());
    let isOn: boolean | undefined = true;
    while (isOn) {
      await drained();
      this.#ready.push(...this.#issued.splice(0).filter(({ task }) => !task.isOver));
      this.#planPolls();
      isOn = this.#goOn(chooser, state);
    }
    return isOn !== undefined;
  }

  /** True when something happened, false when nothing is left to do, undefined for a way that was gone before. */
  #goOn(chooser: Chooser, state: () => string): boolean | undefined {
    const settled = this.#ready.find((call) => this.#commutes(call, chooser));
    if (settled) return this.#performChosen(settled, chooser, state) || undefined;
    // Of a function's calls that were made side by side, the first goes first.
    const first = new Map(this.#ready.toReversed().map((call) => [call.task, call]));
    const calls = [...first.values()].reverse();
    const options = calls.length + (this.#mayTimePass(calls.length > 0) ? 1 : 0);
    if (options === 0) return false;
    const taken = options === 1 ? 0 : chooser.next(options, state);
    if (taken === undefined) return undefined;
    const call = calls[taken];
    if (call) return this.#performChosen(call, chooser, state) || undefined;
    this.#passTime();
    return true;
  }

  /**
   * Whether a call, with all that its function asks for beside it, reads what nothing ever writes: then it makes no
   * difference when it is done, and it is done at once. At a function's first call it may still choose to die.
   */
  #commutes({ task }: Call, chooser: Chooser): boolean {
    if (!task.hasCalled) return false;
    const isFixed = ({ service, command }: Call) =>
      isRead(command) && placesRead(service, command).every(chooser.isNeverWritten);
    return this.#ready.every((call) => call.task !== task || isFixed(call));
  }

  /** While calls are under way, only what comes very soon may come before them. */
  #mayTimePass(areCallsUnderWay: boolean): boolean {
    const { nextMs } = this.#agenda;
    return nextMs !== undefined && (!areCallsUnderWay || nextMs - this.nowMs <= SOON_MS);
  }

  readonly #ready: Call[] = [];

  #performChosen(call: Call, chooser: Chooser, state: () => string): boolean {
    const { task } = call;
    const crash = this.#chooseCrash(call, chooser, state);
    if (crash === undefined) return false;
    this.#ready.splice(this.#ready.indexOf(call), 1);
    this.trace.note(this.nowMs, task.name, ...wordsOf(call.service, call.command), crash);
    if (crash === 'kill before') this.#kill(task, 'kill');
    else if (call.service === 'http') this.#deliver(call, crash);
    else this.#settle(call, crash);
    if (!task.isOver) {
      if (isRead(call.command)) this.#readOthers(task);
      return true;
    }
    this.#ready.splice(0, Number.POSITIVE_INFINITY, ...this.#ready.filter((other) => other.task !== task));
    return chooser.next(1, state) !== undefined;
  }

  /** Reads that a function makes side by side are one step: each is of something else. */
  #readOthers(task: Task): void {
    const others = this.#ready.filter((call) => call.task === task);
    if (!others.every(({ command }) => isRead(command))) return;
    this.#ready.splice(0, Number.POSITIVE_INFINITY, ...this.#ready.filter((call) => call.task !== task));
    for (const call of others) this.#settle(call, '');
  }

  /** A function that dies at a read dies, for all that anybody can see, after its last write: that is tried there. */
  #chooseCrash({ task, command }: Call, chooser: Chooser, state: () => string): ReturnType<Chooser['crash']> {
    const isFirst = !task.hasCalled;
    task.hasCalled = true;
    if (isRead(command) && !isFirst) return '';
    const crash = chooser.crash(state);
    return isFirst || crash !== 'kill before' ? crash : undefined;
  }

  /** Everything that what comes next depends on. */
  #describe(outside: string): string {
    const items = [...this.table.items()].map((item) => JSON.stringify(item, withSets)).sort();
    const { events, deliveries } = this.queues;
    const queues = [events, deliveries].map((queue) => [queue.describe(), queue.deadLetters?.describe()]);
    const ready = this.#ready.map(
      ({ task, command, service }) => `${task.name} ${wordsOf(service, command).join(' ')}`,
    );
    const seen = [...this.#warm].map(([name, containers]) => [
      name,
      containers.map((one) => one.seen).sort(),
    ]);
    const busy = [...this.#tasksUnderWay].map(({ name, container }) => `${name} ${container.seen}`).sort();
    const posts = this.receivers.posts.map(({ arrivedAtMs, body, status }) => [arrivedAtMs, body, status]);
    const rest = [
      this.nowMs,
      queues,
      ready.sort(),
      seen,
      busy,
      posts,
      outside,
      this.#agenda.describe(this.nowMs),
    ];
    return JSON.stringify([items, rest], withSets);
  }

  readonly #tasksUnderWay = new Set<Task>();

  #passTime(): void {
    this.nowMs = Math.max(this.nowMs, this.#agenda.nextMs ?? this.nowMs);
    this.#current = undefined;
    this.#agenda.take()?.run();
  }

  /** Invokes a function at once and without faults, while nothing else happens. */
  async instantly(name: FunctionName, event: unknown): Promise<unknown> {
    ambient.host = this.#host;
    const [product] = this.#products as [Product];
    this.#isInstant = true;
    this.#current = this.#taskOf(
      name,
      this.#warm.get(name)?.[0] ?? { product, handler: product[name](), skewMs: 0, seen: '' },
    );
    const { container } = this.#current;
    if (!this.#warm.has(name)) this.#warm.set(name, [container]);
    try {
      return await container.handler(event, {});
    } finally {
      this.#isInstant = false;
    }
  }

  #taskOf(name: FunctionName, container: Container): Task {
    return { name, number: ++this.#tasks, container, isOver: false, hasCalled: false, end: () => undefined };
  }

  /** Starts an invocation, and says how it ended. */
  invoke(name: FunctionName, event: unknown, onEnd: (ending: Ending) => void): void {
    const task = this.#taskOf(name, this.#containerOf(name));
    const timeoutMs = this.#products[0]?.topology.functions[name].timeoutSeconds as number;
    const deadlineMs = this.nowMs + timeoutMs * 1000;
    task.end = (ending) => {
      if (task.isOver) return;
      task.isOver = true;
      this.#tasksUnderWay.delete(task);
      this.trace.note(this.nowMs, name, task.number, howItEnded(ending));
      // Where states are compared every start is a cold one: what a warm function remembers would tell them apart.
      const isReplaced = !this.#products.includes(task.container.product);
      const isKept = !('killed' in ending) && !this.#notesWhatIsSeen && !isReplaced;
      if (isKept) this.#warm.get(name)?.push(task.container);
      onEnd(ending);
    };
    this.count(`invocations ${name}`);
    this.#tasksUnderWay.add(task);
    this.#current = task;
    this.#sees(task, ['begins', event, this.nowMs]);
    this.trace.note(this.nowMs, name, task.number, 'begins');
    const context = { getRemainingTimeInMillis: () => deadlineMs - this.nowMs };
    task.container.handler(event, context).then(
      (answer) => task.end({ answer }),
      (error) => task.end({ error }),
    );
    const timeOut = () => {
      if (!task.isOver) this.#kill(task, 'timeouts');
    };
    this.plan(deadlineMs, timeOut, () => (task.isOver ? '' : `${name} times out`));
  }

  #kill(task: Task, why: string): void {
    this.count(`fault ${why}`);
    task.end({ killed: true });
  }

  #containerOf(name: FunctionName): Container {
    const warm = this.#warm.get(name) ?? [];
    this.#warm.set(name, warm);
    const known = this.#happens('cold') ? undefined : warm.pop();
    if (known) return known;
    const { skewMs } = this.faults;
    const product = (
      this.#products.length === 1 ? this.#products[0] : this.random.pick(this.#products)
    ) as Product;
    return {
      product,
      handler: product[name](),
      skewMs: skewMs === 0 ? 0 : this.random.between(-skewMs, skewMs),
      seen: '',
    };
  }

  readonly #host: Host = {
    now: () => this.nowMs + (this.#current?.container.skewMs ?? 0),
    random: () => this.random.next(),
    bytes: (count) => this.#bytes(count),
    sleep: (ms) => {
      const task = this.#current as Task;
      return new Promise((resolve) => this.plan(this.nowMs + ms, () => this.#resume(task, resolve)));
    },
    call: (service, command) => this.#call(service, command),
    log: (text) => {
      this.trace.lines?.push(`    ${text.trimEnd()}`);
    },
  };

  /** Where states are compared, what a function makes up must depend on nothing but what it saw. */
  #bytes(count: number): Buffer {
    if (!this.#notesWhatIsSeen || !this.#current) return this.random.bytes(count);
    this.#sees(this.#current, 'bytes');
    return Buffer.from(this.#current.container.seen.padEnd(count, '0').slice(0, count));
  }

  #call(service: Service, command: Command): Promise<unknown> {
    this.count(IO[service]);
    if (this.#isInstant) return instant(() => this.#answer(service, command));
    const task = this.#current;
    return new Promise((resolve, reject) => {
      if (task && !task.isOver) this.#issued.push({ task, service, command, settle: { resolve, reject } });
    });
  }

  /** Calls that were made side by side mostly travel together, and sometimes overtake each other. */
  #issue(): void {
    const issued = this.#issued;
    if (issued.length === 0) return;
    this.#issued = [];
    if (issued.length > 1 && this.random.chance(0.7)) {
      this.plan(this.nowMs + this.#travelMs(issued[0]), () => {
        for (const call of issued) this.#perform(call);
      });
      return;
    }
    for (const call of issued) {
      this.plan(this.nowMs + this.#travelMs(call), () => this.#perform(call));
    }
  }

  /** How long a request takes is its receiver's part: of that there is a deadline. */
  #travelMs(call: Call | undefined): number {
    const mayStall = call && call.service !== 'http' && this.faults.stalled.includes(call.task.name);
    if (mayStall && this.#happens('stall')) return this.random.between(1_000, this.faults.longestStallMs);
    return this.#happens('slow') ? this.random.between(20, 1_000) : this.random.between(1, 9);
  }

  /** Notes what a function got to know, where that is of interest. */
  #sees(task: Task, what: unknown): void {
    if (!this.#notesWhatIsSeen) return;
    task.container.seen = hashOf(task.container.seen + JSON.stringify([this.nowMs, what], withSets));
  }

  #resume(task: Task, go: () => void): void {
    if (task.isOver) return;
    this.#current = task;
    go();
  }

  #perform(call: Call): void {
    const { task, service, command } = call;
    if (task.isOver) {
      this.#performForNobody(call);
      return;
    }
    const fault = this.#drawFault(call);
    this.trace.note(this.nowMs, task.name, task.number, ...wordsOf(service, command), fault);
    if (fault !== '' && !fault.startsWith('kill')) this.count(`fault ${fault}`);
    if (fault === 'kill before') this.#kill(task, 'kill');
    else if (service === 'http') this.#deliver(call, fault);
    else this.#settle(call, fault);
  }

  #settle({ task, service, command, settle }: Call, fault: string): void {
    const fail = (name: string) => this.#resume(task, () => settle.reject(failure(name)));
    if (fault === 'throttle') {
      fail('ThrottlingException');
      return;
    }
    let outcome = this.#outcome(service, command);
    if (fault === 'repeated') outcome = this.#outcome(service, command);
    if (fault === 'kill after') this.#kill(task, 'kill');
    else if (fault === 'lost') fail('TimeoutError');
    else {
      this.#sees(task, 'error' in outcome ? outcome.error.name : outcome.value);
      this.#resume(task, () =>
        'error' in outcome ? settle.reject(outcome.error) : settle.resolve(outcome.value),
      );
    }
  }

  /** What a dead function had on the wire may still arrive. */
  #performForNobody({ service, command }: Call): void {
    if (!this.random.chance(0.5)) return;
    this.trace.note(this.nowMs, 'nobody', ...wordsOf(service, command));
    if (service === 'http') this.receivers.take(command.input, this.nowMs);
    else this.#outcome(service, command);
  }

  #drawFault({ service, command }: Call): string {
    const { faults } = this;
    if (faults === NO_FAULTS) return '';
    const isOut = faults.outages.some(
      (one) => one.service === service && one.fromMs <= this.nowMs && this.nowMs < one.toMs,
    );
    if (isOut) return 'throttle';
    let dice = this.random.next();
    const isSpared = faults.sparesReads && isRead(command);
    const kinds = service === 'http' ? ODDS_OF_HTTP : isSpared ? ODDS_OF_SPARED : ODDS_OF_CALLS;
    for (const [name, kind, share] of kinds) {
      dice -= faults[kind] * share;
      if (dice < 0) return name;
    }
    return '';
  }

  #outcome(service: Service, command: Command): { value: unknown } | { error: Error } {
    try {
      return { value: this.#answer(service, command) };
    } catch (error) {
      return { error: error as Error };
    }
  }

  #answer(service: Service, command: Command): unknown {
    if (this.#notesWhatIsSeen && !this.#isInstant && !isRead(command)) {
      for (const place of placesWritten(service, command)) this.written.add(place);
    }
    if (service === 'dynamodb') return this.table.answer(command);
    if (service === 'sqs') return this.#answerQueue(command);
    if (service === 'secrets') return this.vault.answer(command);
    throw new Error('no request goes out while everything else stands still');
  }

  #answerQueue({ kind, input }: Command): unknown {
    const queue = this.#queueAt(input.QueueUrl);
    if (kind === 'DeleteMessage') return queue.delete(input.ReceiptHandle);
    if (kind === 'ReceiveMessage') {
      const Messages = queue.receive(input.MaxNumberOfMessages).map((message) => ({
        MessageId: message.id,
        ReceiptHandle: message.id,
        Body: message.body,
        Attributes: { MessageGroupId: message.groupId },
        MessageAttributes: message.attributes,
      }));
      return Messages.length > 0 ? { Messages } : {};
    }
    const entries: Parameters<SimulatedQueue['send']>[0][] = input.Entries;
    const taken =
      entries.length > 1 && this.#happens('partial') ? this.random.below(entries.length) : entries.length;
    for (const entry of entries.slice(0, taken)) queue.send(entry);
    return { Failed: entries.slice(taken).map(({ Id }) => ({ Id, Message: 'internal error' })) };
  }

  #queueAt(url: string): SimulatedQueue {
    const { events, deliveries } = this.queues;
    if (url === urls.events) return events;
    if (url === urls.deliveries) return deliveries;
    const dead = url === urls.eventsDeadLetters ? events.deadLetters : deliveries.deadLetters;
    if (!dead || (dead === deliveries.deadLetters && url !== urls.deliveriesDeadLetters)) {
      throw new Error(`there is no queue ${url}`);
    }
    return dead;
  }

  /** When a dead-letter queue has something to receive. */
  get #deadMs(): number {
    const { events, deliveries } = this.queues;
    const [one, other] = [events.deadLetters?.nextMs(), deliveries.deadLetters?.nextMs()];
    return Math.min(one ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY);
  }

  #deliver({ task, command, settle }: Call, fault: string): void {
    if (fault === 'unreachable' || fault === 'throttle') {
      this.#resume(task, () => settle.resolve({ errorCode: 'connect', durationMs: 3 }));
      return;
    }
    const { post, answer } = this.receivers.take(command.input, this.nowMs);
    this.count('posts');
    if (fault === 'kill after') this.#kill(task, 'kill');
    this.plan(this.nowMs + answer.durationMs, () => {
      this.#sees(task, answer);
      this.#resume(task, () => settle.resolve(this.#heard(post, answer, fault)));
    });
  }

  #heard(post: Post, answer: ReturnType<Receivers['take']>['answer'], fault: string) {
    const { status, durationMs, retryAfter } = answer;
    if (fault === 'deaf') return { errorCode: 'reset', durationMs };
    if (status === undefined) return { errorCode: 'timeout', durationMs };
    post.isHeard = true;
    return { status, durationMs, ...(retryAfter !== undefined && { retryAfter }) };
  }

  #planPolls(): void {
    for (const name of ['events', 'deliveries'] as const) {
      const nextMs = this.queues[name].nextMs();
      if (nextMs === undefined || this.#busy[name] >= this.#mappings[name].maxConcurrency) continue;
      const atMs = Math.max(nextMs, this.nowMs) + 1;
      if (atMs >= this.#polls[name]) continue;
      this.#polls[name] = atMs;
      this.plan(atMs, () => this.#poll(name));
    }
    const deadMs = this.#deadMs;
    if (deadMs !== Number.POSITIVE_INFINITY) this.#planSweep(deadMs);
  }

  /** As Lambda's event source mapping: what the function does not report as failed is deleted. */
  #poll(name: 'events' | 'deliveries'): void {
    this.#polls[name] = Number.POSITIVE_INFINITY;
    const mapping = this.#mappings[name];
    const queue = this.queues[name];
    const messages = queue.receive(this.random.between(1, mapping.batchSize));
    if (messages.length === 0) return;
    const Records = messages.map(({ id, body }) => ({ messageId: id, body }));
    this.#busy[name]++;
    this.invoke(mapping.function as FunctionName, { Records }, (ending) => {
      this.#busy[name]--;
      if (!('answer' in ending)) return;
      const failed = mapping.reportBatchItemFailures ? failedOf(ending.answer) : new Set<string>();
      for (const { id } of messages) if (!failed.has(id) && !this.#happens('undeleted')) queue.delete(id);
    });
  }

  /** A sweep each minute, but for most of those that would find nothing. */
  #planSweep(dueMs: number): void {
    const atMs = Math.ceil(Math.max(dueMs, this.nowMs + 1) / MINUTE_MS) * MINUTE_MS;
    if (atMs >= this.#sweepAtMs) return;
    this.#sweepAtMs = atMs;
    this.plan(atMs, () => this.#sweep(atMs));
  }

  #sweep(atMs: number): void {
    if (atMs !== this.#sweepAtMs) return;
    this.#sweepAtMs = Number.POSITIVE_INFINITY;
    const again = () => {
      const dueMs = this.table.least('due');
      if (dueMs !== undefined) this.#planSweep(dueMs);
    };
    const isDue = (this.table.least('due') ?? Number.POSITIVE_INFINITY) <= this.nowMs;
    const isIdle = !isDue && this.#deadMs > this.nowMs && this.random.chance(0.9);
    if (isIdle || this.#happens('skipsSweep')) again();
    else this.invoke('sweeper', {}, again);
  }
}

type Odds = readonly (readonly [string, Odd, number])[];

const ODDS_OF_CALLS: Odds = [
  ['kill before', 'kill', 0.5],
  ['kill after', 'kill', 0.5],
  ['throttle', 'throttle', 1],
  ['lost', 'lost', 1],
  ['repeated', 'repeated', 1],
];
const ODDS_OF_SPARED = ODDS_OF_CALLS.filter(([, kind]) => kind !== 'kill');
const ODDS_OF_HTTP: Odds = [
  ['kill before', 'kill', 0.5],
  ['kill after', 'kill', 0.5],
  ['unreachable', 'unreachable', 1],
  ['deaf', 'deaf', 1],
];

const something = () => 'something';

const IO: Record<Service, string> = {
  dynamodb: 'io dynamodb',
  sqs: 'io sqs',
  secrets: 'io secrets',
  http: 'io http',
};

const isRead = ({ kind }: Command) => /^(Get|BatchGet|Query|GetSecretValue)$/.test(kind);

/** Whatever is planned so near may as well come before a call that is under way. */
const SOON_MS = 5;

const withSets = (_name: string, value: unknown) => (value instanceof Set ? [...value].sort() : value);

const hashOf = (text: string) => createHash('md5').update(text).digest('base64');

const settled = Promise.resolve();

const amongPromises = (go: () => void) => void settled.then(go);

/** When no promise of this process has anything left to do: Node empties that queue before the next tick. */
const whenDrained = (go: () => void) => process.nextTick(amongPromises, go);

const drained = () => new Promise<void>(whenDrained);

function howItEnded(ending: Ending): string {
  if ('answer' in ending) return 'answer';
  return 'error' in ending ? 'error' : 'killed';
}

async function instant(work: () => unknown): Promise<unknown> {
  return work();
}

function failure(name: string): Error {
  return Object.assign(new Error('simulated'), { name });
}

function failedOf(answer: unknown): Set<string> {
  const { batchItemFailures = [] } = (answer ?? {}) as { batchItemFailures?: { itemIdentifier: string }[] };
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}
