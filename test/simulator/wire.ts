import { type Command, type Host, isRead, type Service } from './ambient.ts';
import { NO_FAULTS, type Odd } from './faults.ts';
import type { Functions, Task } from './functions.ts';
import { wordsOf } from './names.ts';
import type { Nature } from './nature.ts';
import type { Post, Receivers } from './receivers.ts';
import type { Services } from './services.ts';

/** What a function asks of the world around it. */
export interface Call {
  task: Task;
  service: Service;
  command: Command;
  settle: { resolve: (value: unknown) => void; reject: (error: Error) => void };
}

/** Between functions and services: calls travel, fail and get lost here. */
export class Wire {
  readonly host: Host;
  readonly #nature: Nature;
  readonly #services: Services;
  readonly #functions: Functions;
  #issued: Call[] = [];

  constructor(nature: Nature, services: Services, functions: Functions) {
    this.#nature = nature;
    this.#services = services;
    this.#functions = functions;
    this.host = {
      now: () => nature.nowMs + (functions.current?.container.skewMs ?? 0),
      random: () => nature.random.next(),
      bytes: (count) => functions.bytes(count),
      sleep: (ms) => {
        const task = functions.current as Task;
        return new Promise((resolve) => this.#planFor(task, ms, 'sleeps', () => resolve()));
      },
      call: (service, command) => this.#call(service, command),
      log: (text) => {
        nature.trace.lines?.push(`    ${text.trimEnd()}`);
      },
    };
  }

  #call(service: Service, command: Command): Promise<unknown> {
    this.#nature.count(IO[service]);
    if (this.#functions.isInstant) return instant(() => this.#services.answer(service, command));
    const task = this.#functions.current;
    return new Promise((resolve, reject) => {
      if (task && !task.isOver) this.#issued.push({ task, service, command, settle: { resolve, reject } });
    });
  }

  /** The calls that were made since this was asked last. */
  takeIssued(): Call[] {
    const issued = this.#issued;
    this.#issued = [];
    return issued;
  }

  /** Sends off what was called. What was called side by side mostly travels together, and sometimes overtakes. */
  sendOff(): void {
    if (this.#issued.length === 0) return;
    const issued = this.takeIssued();
    const { random, nowMs } = this.#nature;
    if (issued.length > 1 && random.chance(0.7)) {
      this.#nature.plan(nowMs + this.#travelMs(issued[0]), () => {
        for (const call of issued) this.#perform(call);
      });
      return;
    }
    for (const call of issued) {
      this.#nature.plan(nowMs + this.#travelMs(call), () => this.#perform(call));
    }
  }

  /** How long a request takes is its receiver's part: of that there is a deadline. */
  #travelMs(call: Call | undefined): number {
    const { random, faults } = this.#nature;
    const mayStall = call && call.service !== 'http' && faults.stalled.includes(call.task.name);
    if (mayStall && this.#nature.happens('stall')) return random.between(1_000, faults.longestStallMs);
    return this.#nature.happens('slow') ? random.between(20, 1_000) : random.between(1, 9);
  }

  #perform(call: Call): void {
    const { task, service, command } = call;
    if (task.isOver) {
      this.#performForNobody(call);
      return;
    }
    const fault = this.#drawFault(call);
    this.#nature.trace.note(this.#nature.nowMs, task.name, task.number, ...wordsOf(service, command), fault);
    if (fault !== '' && !fault.startsWith('kill')) this.#nature.count(`fault ${fault}`);
    this.settle(call, fault);
  }

  /** Does what was called, with something that goes wrong or nothing (''), and lets the function know. */
  settle(call: Call, fault: string): void {
    if (fault === 'kill before') this.#functions.kill(call.task, 'kill');
    else if (call.service === 'http') this.#deliver(call, fault);
    else this.#answer(call, fault);
  }

  #answer({ task, service, command, settle }: Call, fault: string): void {
    const fail = (name: string) => this.#functions.resume(task, () => settle.reject(failure(name)));
    if (fault === 'throttle') {
      fail('ThrottlingException');
      return;
    }
    let outcome = this.#services.outcome(service, command);
    if (fault === 'repeated') outcome = this.#services.outcome(service, command);
    if (fault === 'kill after') this.#functions.kill(task, 'kill');
    else if (fault === 'lost') fail('TimeoutError');
    else {
      this.#functions.sees(task, 'error' in outcome ? outcome.error.name : outcome.value);
      this.#functions.resume(task, () =>
        'error' in outcome ? settle.reject(outcome.error) : settle.resolve(outcome.value),
      );
    }
  }

  /** What a dead function had on the wire may still arrive. */
  #performForNobody({ service, command }: Call): void {
    const { random, trace, nowMs } = this.#nature;
    if (!random.chance(0.5)) return;
    trace.note(nowMs, 'nobody', ...wordsOf(service, command));
    if (service === 'http') this.#services.receivers.take(command.input, nowMs);
    else this.#services.outcome(service, command);
  }

  #drawFault({ service, command }: Call): string {
    const { faults, nowMs, random } = this.#nature;
    if (faults === NO_FAULTS) return '';
    const isOut = faults.outages.some(
      (one) => one.service === service && one.fromMs <= nowMs && nowMs < one.toMs,
    );
    if (isOut) return 'throttle';
    let dice = random.next();
    const isSpared = faults.sparesReads && isRead(command);
    const kinds = service === 'http' ? ODDS_OF_HTTP : isSpared ? ODDS_OF_SPARED : ODDS_OF_CALLS;
    for (const [name, kind, share] of kinds) {
      dice -= faults[kind] * share;
      if (dice < 0) return name;
    }
    return '';
  }

  #deliver({ task, command, settle }: Call, fault: string): void {
    const nature = this.#nature;
    if (fault === 'unreachable' || fault === 'throttle') {
      this.#functions.resume(task, () => settle.resolve({ errorCode: 'connect' }));
      return;
    }
    const { post, answer } = this.#services.receivers.take(command.input, nature.nowMs);
    nature.count('posts');
    if (fault === 'kill after') this.#functions.kill(task, 'kill');
    this.#planFor(task, answer.durationMs, 'is answered', () => {
      this.#functions.sees(task, answer);
      settle.resolve(heard(post, answer, fault));
    });
  }

  /** Lets a function go on after a time, unless it is over by then. */
  #planFor(task: Task, ms: number, what: string, go: () => void): void {
    this.#nature.plan(this.#nature.nowMs + ms, () => this.#functions.resume(task, go), { task, what });
  }
}

function heard(post: Post, answer: ReturnType<Receivers['take']>['answer'], fault: string) {
  const { status, retryAfter } = answer;
  if (fault === 'deaf') return { errorCode: 'reset' };
  if (status === undefined) return { errorCode: 'timeout' };
  post.isHeard = true;
  return { status, ...(retryAfter !== undefined && { retryAfter }) };
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

const IO: Record<Service, string> = {
  dynamodb: 'io dynamodb',
  sqs: 'io sqs',
  secrets: 'io secrets',
  http: 'io http',
};

async function instant(work: () => unknown): Promise<unknown> {
  return work();
}

function failure(name: string): Error {
  return Object.assign(new Error('simulated'), { name });
}
