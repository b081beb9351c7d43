import { setImmediate } from 'node:timers/promises';
import type { AutomationDefinition } from '../../core/automation.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { WebhookIntegration } from '../../core/integration.ts';
import type { Outcome } from '../../core/retry.ts';
import { type DispatchDeps, dispatch } from '../../lambdas/dispatcher/dispatch.ts';
import type { OutboundRequest } from '../../lambdas/dispatcher/send.ts';
import { wiredTo } from '../../lambdas/dispatcher/wiring.ts';
import type { StageLine } from '../../lambdas/shared/log.ts';
import { deliveryMessage, type QueueMessage } from '../../lambdas/shared/queue.ts';
import { advanceResend, type ResendDeps } from '../../lambdas/sweeper/advance-resend.ts';
import { sweep } from '../../lambdas/sweeper/sweep.ts';
import { createAutomation, readHead } from '../../store/automations.ts';
import type { Table } from '../../store/client.ts';
import { putDelivery, reopenDelivery, stampDelivery } from '../../store/deliveries.ts';
import { type DueItem, readDue } from '../../store/due.ts';
import { readFlow } from '../../store/health.ts';
import { listDeliveries } from '../../store/history.ts';
import { createIntegration, readIntegration } from '../../store/integrations.ts';
import { readResend, saveResend } from '../../store/resends.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { readPace } from '../../store/turns.ts';
import { aDefinition, aWebhookIntegration } from './builders.ts';

export interface Post {
  delivery: string;
  integration: string;
  body: string;
  startMs: number;
  endMs: number;
  outcome: Outcome;
}

/** How a receiver answers, and after how long. */
export type Answer = (atMs: number, request: OutboundRequest) => { outcome: Outcome; durationMs: number };

/** A fault at a call of one dispatch: the function dies before the call, or after it was done. */
export interface Fault {
  call: number;
  when: 'before' | 'after';
}

type AnyCall = (...args: unknown[]) => Promise<unknown>;

type Dying = (name: string, work: AnyCall) => AnyCall;

/** These calls, any of which may be the last. */
function mortal<Deps, Name extends keyof Deps & string>(
  deps: Deps,
  names: readonly Name[],
  dying: Dying,
): Pick<Deps, Name> {
  return Object.fromEntries(names.map((name) => [name, dying(name, deps[name] as AnyCall)])) as never;
}

const resendCalls = [
  'readResend',
  'saveResend',
  'listDeliveries',
  'reopen',
  'readHead',
  'readFlow',
  'readIntegration',
  'readPace',
  'send',
] as const satisfies (keyof ResendDeps)[];

const dispatchCalls = [
  'lease',
  'settle',
  'putAttempt',
  'readAttempts',
  'putDelivery',
  'requeue',
  'announce',
  'keepTurns',
  'claimSubject',
  'releaseSubject',
  'admitToMinute',
  'putHeldBack',
  'countHeldBack',
  'takePlace',
  'leavePlace',
  'reserveTurn',
  'reservePace',
  'readPace',
  'openCircuit',
  'readHealth',
  'disableIntegration',
  'readHead',
  'readRevision',
  'readIntegration',
  'listIntegrations',
] as const satisfies (keyof DispatchDeps)[];

class Dead extends Error {}

export const delivered: Outcome = { kind: 'delivered', status: 200 };
export const down: Outcome = { kind: 'failed', code: 'http_status', status: 503 };
export const timedOut: Outcome = { kind: 'failed', code: 'timeout' };

const MINUTE_MS = 60_000;
const VISIBILITY_MS = 6 * MINUTE_MS;

let worlds = 0;

/**
 * The real dispatch and sweep over a real store, on a clock that jumps: from one message, time-out or minute to the
 * next, once all work on the store has come to rest.
 */
export class VirtualDelivery {
  nowMs: number;
  readonly posts: Post[] = [];
  readonly lines: StageLine[] = [];
  readonly problems: unknown[] = [];
  /** The names of the calls that the latest dispatch with a fault plan made. */
  calls: string[] = [];
  readonly table: Table;
  readonly answers = new Map<string, Answer>();
  /** How many batches of ten the function works on at a time. */
  concurrency = 50;
  change: (deps: DispatchDeps) => DispatchDeps = (deps) => deps;
  /** Prefix of all ids, so that worlds share a table. */
  readonly name = `w${++worlds}`;

  #queue: { id: string; atMs: number }[] = [];
  #timers: { atMs: number; wake: () => void }[] = [];
  #io = 0;
  #busy = 0;
  #nextSweepMs: number;
  #randomState = 1;
  #tokens = 0;

  constructor(table: Table, nowMs = Date.UTC(2026, 0, 1)) {
    this.table = table;
    this.nowMs = nowMs;
    this.#nextSweepMs = nowMs + MINUTE_MS;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** A repeatable number from 0 to 1. */
  random = (): number => {
    this.#randomState = (this.#randomState * 16_807) % 2_147_483_647;
    return this.#randomState / 2_147_483_647;
  };

  async integration(id: string, answer: Answer, change: Partial<WebhookIntegration> = {}): Promise<string> {
    const full = `${this.name}_${id}`;
    this.answers.set(full, answer);
    await createIntegration(this.table, {
      ...aWebhookIntegration({
        id: full,
        team: `team-${this.name}`,
        name: full,
        url: 'https://example.com/',
      }),
      ...{ createdAtMs: this.nowMs, updatedAtMs: this.nowMs },
      ...change,
    });
    return full;
  }

  async automation(id: string, integration: string, change: Partial<AutomationDefinition> = {}) {
    const full = `${this.name}_${id}`;
    const team = `team-${this.name}`;
    const definition = aDefinition({
      ...{ name: full, team, scope: { kind: 'team', team } },
      action: { type: 'webhook', integration, payload: { id: '${delivery_id}' } },
      ...change,
    });
    const times = { createdAtMs: this.nowMs, updatedAtMs: this.nowMs };
    const saved = { savedAtMs: this.nowMs, triggerSavedAtMs: this.nowMs, savedBy: 'k' };
    await createAutomation(this.table, {
      head: { id: full, team, revision: 1, enabled: true, version: 1, ...times },
      revision: { automationId: full, revision: 1, definition, ...saved },
    });
    return full;
  }

  /** Writes a delivery and sends its id, as the matcher does. */
  async fire(id: string, automationId: string, integrationId: string, change: Partial<Delivery> = {}) {
    const delivery = this.delivery(id, automationId, integrationId, change);
    await putDelivery(this.table, delivery, this.nowMs);
    this.enqueue([deliveryMessage(delivery)]);
    return delivery.id;
  }

  delivery(
    id: string,
    automationId: string,
    integrationId: string,
    change: Partial<Delivery> = {},
  ): Delivery {
    const full = `${this.name}_${id}`;
    return {
      ...{ id: full, automationId, revision: 1, team: `team-${this.name}`, action: 'webhook', integrationId },
      facts: { delivery_id: full },
      ...{ receivedAtMs: this.nowMs, createdAtMs: this.nowMs, depth: 0 },
      ...change,
    };
  }

  enqueue(messages: QueueMessage[]): void {
    for (const { body, delaySeconds = 0 } of messages) {
      this.#queue.push({ id: JSON.parse(body).deliveryId, atMs: this.nowMs + delaySeconds * 1_000 });
    }
  }

  /** Drops every message that waits, as an emulator does that forgets its queues. */
  loseMessages(): void {
    this.#queue = [];
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#timers.push({ atMs: this.nowMs + ms, wake }));
  }

  /** Lets time pass until a moment, or until there is nothing to do but sweep. */
  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      await this.#rest();
      this.#startBatches();
      await this.#rest();
      const times = [...this.#timers.map(({ atMs }) => atMs), ...this.#queue.map(({ atMs }) => atMs)];
      const next = Math.min(
        this.#nextSweepMs,
        ...(this.#isFull() ? this.#timers.map(({ atMs }) => atMs) : times),
      );
      if (next > endMs) break;
      this.nowMs = Math.max(this.nowMs, next);
      if (this.#nextSweepMs <= this.nowMs) this.#sweep();
      const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
      this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs);
      for (const { wake } of due) wake();
    }
    this.nowMs = endMs;
  }

  /** Lets time pass in which nobody works. */
  skip(ms: number): void {
    this.nowMs += ms;
    this.#nextSweepMs = this.nowMs + 1;
  }

  runFor(ms: number): Promise<void> {
    return this.runUntil(this.nowMs + ms);
  }

  /** One dispatch by itself, with a fault in it; sends take no time. */
  dispatchOnce(id: string, fault?: Fault): Promise<void> {
    return this.#untilDead(() => dispatch(id, this.deps(fault)));
  }

  /** One sweep's work on a resend, with a fault in it. */
  resendOnce(id: string, fault?: Fault): Promise<void> {
    return this.#untilDead(() => advanceResend(id, this.resendDeps(fault)));
  }

  async #untilDead(work: () => Promise<void>): Promise<void> {
    this.calls = [];
    await work().catch((error) => {
      if (!(error instanceof Dead)) throw error;
    });
  }

  #isFull(): boolean {
    return this.#busy >= this.concurrency;
  }

  async #rest(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await setImmediate();
      quiet = this.#io === 0 ? quiet + 1 : 0;
    }
  }

  #startBatches(): void {
    while (!this.#isFull()) {
      const batch = this.#queue.filter(({ atMs }) => atMs <= this.nowMs).slice(0, 10);
      if (batch.length === 0) return;
      this.#queue = this.#queue.filter((message) => !batch.includes(message));
      this.#busy++;
      const deps = this.deps();
      const work = batch.map(({ id }) =>
        dispatch(id, deps).catch((error) => {
          this.problems.push(error);
          this.#queue.push({ id, atMs: this.nowMs + VISIBILITY_MS });
        }),
      );
      void Promise.all(work).then(() => this.#busy--);
    }
  }

  #sweep(): void {
    this.#nextSweepMs += MINUTE_MS;
    const { table } = this;
    const io = this.#real;
    const mine = (item: DueItem) =>
      (item.kind === 'delivery' || item.kind === 'resend') &&
      (item.id.startsWith(`${this.name}_`) || item.id.startsWith('dlv_'));
    void sweep({
      readDue: io('readDue', async (nowMs: number, limit: number) =>
        (await readDue(table, nowMs, limit)).filter(mine),
      ),
      advanceResend: io('advanceResend', (id: string) => advanceResend(id, this.resendDeps())),
      stamp: io('stamp', (id: string, times: { nowMs: number; nextSweepMs: number }) =>
        stampDelivery(table, id, times),
      ),
      send: async (messages) => this.enqueue(messages),
      sendEvents: async () => undefined,
      finishChange: async () => undefined,
      loadRun: (name) => loadRun(table, name, this.nowMs),
      saveRun: (name, memory) => saveRun(table, name, memory, this.nowMs),
      putDelivery: (delivery) => putDelivery(table, delivery, this.nowMs),
      sendDeliveries: async () => undefined,
      now: () => this.nowMs,
      stopAtMs: Number.POSITIVE_INFINITY,
      log: (line) => this.lines.push(line),
    });
  }

  /** What a sweep works a resend off with; a fault may be planned as for a dispatch. */
  resendDeps(fault?: Fault): ResendDeps {
    const { table } = this;
    const deps: ResendDeps = {
      readResend: (id) => readResend(table, id),
      saveResend: (resend, dueAtMs) => saveResend(table, resend, dueAtMs),
      listDeliveries: (range, page) => listDeliveries(table, range, page),
      reopen: (id, times) => reopenDelivery(table, id, times),
      readHead: (id) => readHead(table, id),
      readFlow: (id) => readFlow(table, id, this.nowMs),
      readIntegration: (id) => readIntegration(table, id),
      readPace: (channel) => readPace(table, channel),
      send: async (messages) => this.enqueue(messages),
      now: () => this.nowMs,
      log: (line) => this.lines.push(line),
    };
    return { ...deps, ...mortal(deps, resendCalls, this.#dying(fault)) };
  }

  /** Counts work on the store, which takes real time and no virtual time. */
  #real =
    <A extends unknown[], T>(_name: string, work: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      this.#io++;
      try {
        return await work(...args);
      } finally {
        this.#io--;
      }
    };

  async #send(request: OutboundRequest) {
    const startMs = this.nowMs;
    const { outcome, durationMs } = this.answers.get(request.integrationId)?.(startMs, request) ?? {
      outcome: delivered,
      durationMs: 50,
    };
    if (durationMs > 0) await this.sleep(durationMs);
    const delivery = request.headers['webhook-id'] ?? '';
    const { integrationId: integration, body } = request;
    this.posts.push({ delivery, integration, body, startMs, endMs: this.nowMs, outcome });
    return { outcome, durationMs, ...('status' in outcome && { status: outcome.status }) };
  }

  /** Runs calls of one function until it dies at one of them. */
  #dying(fault?: Fault) {
    let isDead = false;
    return <A extends unknown[], T>(name: string, work: (...args: A) => Promise<T>) =>
      this.#real(name, async (...args: A): Promise<T> => {
        const call = this.calls.push(name) - 1;
        if (isDead || (fault?.call === call && fault.when === 'before')) {
          isDead = true;
          throw new Dead(`before ${name}`);
        }
        const result = await work(...args);
        if (fault?.call === call) {
          isDead = true;
          throw new Dead(`after ${name}`);
        }
        return result;
      });
  }

  deps(fault?: Fault): DispatchDeps {
    const io = this.#dying(fault);
    const send = async (request: OutboundRequest) => {
      if (!fault) return this.#send(request);
      return io('send', () => this.#send(request))();
    };
    const requeue = async (message: QueueMessage) => this.enqueue([message]);
    const deps = wiredTo(this.table, { send, requeue }, () => this.nowMs);
    return this.change({
      ...deps,
      ...mortal(deps, dispatchCalls, io),
      flows: { ...deps.flows, read: io('readFlow', deps.flows.read) },
      readSecret: async () => undefined,
      newToken: () => `token-${++this.#tokens}`,
      random: this.random,
      sleep: (ms) => this.sleep(ms),
      log: (line) => this.lines.push(line),
    });
  }
}
